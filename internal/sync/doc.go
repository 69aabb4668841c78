// Package sync makes the config follow the pipelines: it reads them from Concourse, generates the checks from their
// resources' sources, plans what changes, publishes the document, and asks what is new to check once.
//
// It is the only package that knows go-concourse.
package sync
