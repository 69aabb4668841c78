// Package selfsync tests ci/: the pipelines that keep the config up to date run on a real Concourse, in containers of the
// Dockerfile's image.
package selfsync
