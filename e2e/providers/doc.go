// Package providers holds tests only: a delivery of each provider through the programs that people run, the Lambda binaries
// and the server. The ATC that they ask is a fake one; package story has the real one.
package providers
