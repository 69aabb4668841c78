// Package providers holds tests only: a delivery of each provider goes through the programs that people run, the Lambda binaries
// and the server. The ATC is a fake; package story uses a real one.
package providers
