// Syncer keeps the checks config up to date with a Concourse's pipelines, and shows what a delivery would check. Package commands
// implements its commands.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/dpb587/concourse-resource-endpoints/syncer/commands"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	info, err := os.Stdin.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0
	os.Exit(commands.Run(ctx, os.Args[1:], commands.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Terminal: terminal}))
}
