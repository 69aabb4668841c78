# make demo   shows the main job on a real Concourse; the first time takes some minutes, later ones less than one
# make test   runs all tests, those on the real servers too
# make help   lists the rest

SHELL := /bin/sh
GO ?= go

.DEFAULT_GOAL := help
.PHONY: help
help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## Show the main job on a real Concourse, S3 and git server
	cd e2e && $(GO) run ./demo

.PHONY: test
test: test-unit test-e2e ## Run all tests

# The command lines are tested as processes, which take ten times as long to start with the race detector; what they run in
# goroutines is tested with it in internal.
COMMANDS := ./syncer/... ./resource-type/... ./build/... ./deploy/...

.PHONY: test-unit
test-unit: ## Run the tests that need no servers
	$(GO) test -race ./internal/... ./server/... ./lambda/...
	$(GO) test $(COMMANDS)

.PHONY: test-e2e
test-e2e: ## Run the tests on the real servers
	cd e2e && $(GO) test -count=1 -p 1 -timeout 20m ./...

.PHONY: fuzz
fuzz: ## Fuzz every parser for a while (FUZZTIME=30s each)
	@set -e; for target in $$(grep -rhoE --include='*_test.go' '^func Fuzz[A-Za-z0-9]+' internal | cut -d' ' -f2 | sort -u); do \
	  for dir in $$(grep -rlE --include='*_test.go' "^func $$target\(" internal | xargs -n1 dirname | sort -u); do \
	    echo "$$dir $$target"; $(GO) test "./$$dir" -run '^$$' -fuzz "^$$target\$$" -fuzztime $${FUZZTIME:-30s}; \
	  done; done

.PHONY: bench
bench: ## Measure
	$(GO) test -run '^$$' -bench . -benchmem ./internal/...
	cd e2e && $(GO) test -run '^$$' -bench . ./atc

.PHONY: lint
lint: ## Check formatting, vet, lint, tidy and known vulnerabilities
	build/lint

.PHONY: build
build: ## Build the programs into bin/
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags='-s -w' -o bin/ ./syncer ./server ./resource-type

.PHONY: lambda
lambda: ## Make the Lambda functions' zips in dist/lambda
	$(GO) run ./build/pack lambda

.PHONY: rootfs
rootfs: ## Make the base resource type for workers in dist/resource-type, without a container engine
	$(GO) run ./build/pack rootfs

.PHONY: image
image: ## Build the images with docker, podman or buildah, whichever is there
	build/image

.PHONY: clean
clean: ## Remove what was built (not the cache of the real servers)
	rm -rf bin dist
