# Builds the programs as images. Concourse runs the last stage, resource-type: it has the resource type, and the syncer for
# tasks. The stage server is the HTTP endpoint. The stage lambda has the zips of the Lambda functions and nothing else.
#
#   make image                                              both images, with docker, podman or buildah
#   docker build -t concourse-resource-endpoints .
#   docker build --target server -t concourse-resource-endpoints-server .
#   docker build --target lambda --output dist/lambda .
#
# You can replace both base images, for example by those of a mirror. The final one must have certificate authorities. What you
# build and run is what these tags name on that day, unless you pin them by digest; `docker buildx imagetools inspect IMAGE` prints it:
#
#   build/image --build-arg BUILDER_IMAGE=docker.io/library/golang@sha256:... --build-arg BASE_IMAGE=docker.io/library/alpine@sha256:...
ARG BUILDER_IMAGE=docker.io/library/golang:1.26.8
ARG BASE_IMAGE=docker.io/library/alpine:3.22

# --- the programs, compiled on the build's platform for the image's -------------------------------------------------------
FROM --platform=$BUILDPLATFORM ${BUILDER_IMAGE} AS build
ARG TARGETARCH
ARG GOPROXY
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=linux GOARCH="$TARGETARCH" go build -trimpath -buildvcs=false -ldflags='-s -w' -o /out/bin/ \
        ./syncer ./server ./resource-type && \
    go run ./build/pack lambda --output /out/lambda && \
    go run ./build/pack notices --output /out/licenses/THIRD-PARTY-NOTICES.txt && \
    cp LICENSE /out/licenses/ && \
    mkdir -p /out/resource /out/state && \
    mv /out/bin/resource-type /out/resource/check && \
    ln -s check /out/resource/in && \
    ln -s check /out/resource/out

# --- the Lambda functions' zips, for --output ------------------------------------------------------------------------------
FROM scratch AS lambda
COPY --from=build /out/lambda/ /

# --- what the images have in common --------------------------------------------------------------------------------------
FROM ${BASE_IMAGE} AS base
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="concourse-resource-endpoints" \
      org.opencontainers.image.description="Webhooks and notifications make the resources of Concourse check" \
      org.opencontainers.image.source="https://github.com/dpb587/concourse-resource-endpoints" \
      org.opencontainers.image.url="https://github.com/dpb587/concourse-resource-endpoints" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /out/licenses/ /usr/local/share/licenses/concourse-resource-endpoints/
COPY --from=build /out/bin/syncer /usr/local/bin/

# --- the HTTP endpoint: an unprivileged user, who owns only the folder of the state file ------------------------------------
FROM base AS server
COPY --from=build /out/bin/server /usr/local/bin/
COPY --from=build --chown=65532:65532 /out/state/ /var/lib/concourse-resource-endpoints/
ENV LISTEN=:8080 STATE=/var/lib/concourse-resource-endpoints/pending
VOLUME /var/lib/concourse-resource-endpoints
EXPOSE 8080
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/server"]

# --- the resource type, and the task image -------------------------------------------------------------------------------
# The folders that a get, a put or a task writes to belong to root, and Concourse runs the image's user
# (https://github.com/concourse/concourse/issues/403), so that user must be root. The container itself is not privileged.
FROM base AS resource-type
COPY --from=build /out/resource/ /opt/resource/
COPY --from=build /out/lambda/ /opt/lambda/
USER root
CMD ["/usr/local/bin/syncer", "--help"]
