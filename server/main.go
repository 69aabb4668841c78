// Server receives deliveries over plain HTTP, without AWS, and hands them to the receiver. With --sync it also reads the
// pipelines from Concourse, and needs no syncer. Package commands implements it.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/dpb587/concourse-resource-endpoints/internal/printable"
	"github.com/dpb587/concourse-resource-endpoints/server/commands"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := commands.Run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(printable.Writer(os.Stderr), "server: error:", err)
		os.Exit(1)
	}
}
