# make demo   shows what the project does on a real Concourse: minutes the first time, less than one after that
# make test   runs all tests, also those that start real servers
# make help   lists all targets

SHELL := /bin/sh
GO ?= go

.DEFAULT_GOAL := help
.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## Show what the project does on a real Concourse, S3 and git server
	cd e2e && $(GO) run ./demo

.PHONY: test
test: test-unit test-e2e ## Run all tests

# These tests run programs, which start ten times slower with the race detector. The goroutines of those programs are in
# internal, where the race detector is on.
COMMANDS := ./syncer/... ./resource-type/... ./build/... ./ci/... ./deploy/...

.PHONY: test-unit
test-unit: ## Run the tests that start no servers
	$(GO) test -race ./internal/... ./server/... ./lambda/...
	$(GO) test $(COMMANDS)

.PHONY: test-e2e
test-e2e: ## Run the tests that start real servers
	cd e2e && $(GO) test -count=1 -p 1 -timeout 20m ./...

.PHONY: soak
soak: ## Measure what is lost under faults and load: half an hour (RUN=outage for the runs of that name, SHORT=yes for small numbers)
	cd e2e && $(GO) run ./soak -run '$(RUN)' $(if $(SHORT),-short)

.PHONY: fuzz
fuzz: ## Run every fuzz test for a while (FUZZTIME=30s each)
	@set -e; for target in $$(grep -rhoE --include='*_test.go' '^func Fuzz[A-Za-z0-9]+' internal | cut -d' ' -f2 | sort -u); do \
	  for dir in $$(grep -rlE --include='*_test.go' "^func $$target\(" internal | xargs -n1 dirname | sort -u); do \
	    echo "$$dir $$target"; $(GO) test "./$$dir" -run '^$$' -fuzz "^$$target\$$" -fuzztime $${FUZZTIME:-30s}; \
	  done; done

.PHONY: bench
bench: ## Run the benchmarks
	$(GO) test -run '^$$' -bench . -benchmem ./internal/...
	cd e2e && $(GO) test -run '^$$' -bench . ./atc ./page

.PHONY: real
real: ## Print how many resources of the pipelines in a folder have events (DIR=FOLDER; FLAGS="--uncovered" lists the others)
	GO=$(GO) build/real '$(DIR)' $(FLAGS)

.PHONY: lint
lint: ## Check the Go code, shell scripts, go.mod files, licenses and known vulnerabilities
	build/lint

.PHONY: licenses
licenses: ## Check the licenses of all that the programs are built from
	build/licenses

.PHONY: docs
docs: ## Write docs/support.md from the code's own tables
	$(GO) run ./build/docs

.PHONY: build
build: ## Build the programs in bin/
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags='-s -w' -o bin/ ./syncer ./server ./resource-type

.PHONY: lambda
lambda: ## Build the Lambda functions' zips in dist/lambda
	$(GO) run ./build/pack lambda
	build/sbom dist/lambda lambda/webhook lambda/notification

.PHONY: rootfs
rootfs: ## Build the worker's base resource type in dist/resource-type, without a container engine
	$(GO) run ./build/pack rootfs
	ARCHS=$$($(GO) env GOARCH) build/sbom dist/resource-type resource-type syncer

.PHONY: sbom
sbom: ## List the modules in each program in dist/sbom, in CycloneDX
	build/sbom

.PHONY: image
image: ## Build the images with docker, podman or buildah
	build/image

.PHONY: clean
clean: ## Remove bin and dist, not the cache of the real servers
	rm -rf bin dist
