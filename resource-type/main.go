// Resource-type is the Concourse resource type that syncs the checks config: one program with the three names that Concourse
// runs, /opt/resource/check, in and out. Package commands implements them.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/dpb587/concourse-resource-endpoints/internal/printable"
	"github.com/dpb587/concourse-resource-endpoints/resource-type/commands"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	stderr := printable.Writer(os.Stderr) // errors quote what others wrote
	c := commands.Command{Name: filepath.Base(os.Args[0]), Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: stderr}
	if err := c.Run(ctx); err != nil {
		fmt.Fprintf(stderr, "%s: error: %v\n", c.Name, err)
		os.Exit(1)
	}
}
