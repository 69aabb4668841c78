// Resource-type is the Concourse resource type of the checks config: one program under the three names that Concourse runs,
// /opt/resource/check, in and out. A version is a set of checks that the pipelines give; putting one publishes it.
//
// Answers go to stdout, in JSON; everything that is to be read by people goes to stderr. It exits with 1 on an error.
// See https://concourse-ci.org/implementing-resource-types.html.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c := command{name: filepath.Base(os.Args[0]), args: os.Args[1:], stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
	if err := c.run(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "%s: error: %v\n", c.name, err)
		os.Exit(1)
	}
}

// command is one run: the process's own, or a test's.
type command struct {
	name           string
	args           []string
	stdin          io.Reader
	stdout, stderr io.Writer
}

func (c *command) run(ctx context.Context) error {
	var step func(context.Context, *request) (any, error)
	switch c.name {
	case "check":
		step = c.check
	case "in":
		step = c.in
	case "out":
		step = c.out
	default:
		return fmt.Errorf("the program's name is %q; Concourse runs it as check, in or out", c.name)
	}
	req, err := readRequest(c.stdin)
	if err != nil {
		return err
	}
	answer, err := step(ctx, req)
	if err != nil {
		return err
	}
	return writeJSON(c.stdout, answer)
}

// dir is the one argument of in and out: the folder to write to, or the one that holds the build's artifacts.
func (c *command) dir() (string, error) {
	if len(c.args) != 1 {
		return "", fmt.Errorf("%s takes one argument, a folder, and was given %d", c.name, len(c.args))
	}
	return c.args[0], nil
}

func (c *command) logf(format string, args ...any) { fmt.Fprintf(c.stderr, format+"\n", args...) }
