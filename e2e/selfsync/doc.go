// Package selfsync holds the tests of ci/: the pipelines that keep the config in step run on a real Concourse, in
// containers of the image that the Dockerfile gives.
package selfsync
