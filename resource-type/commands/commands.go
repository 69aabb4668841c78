// Package commands holds the steps of a sync as a Concourse resource's check, in and out
// (https://concourse-ci.org/implementing-resource-types.html): check reads the pipelines and generates the config, in also plans
// its publishing, and out publishes it.
//
// A version is a set of checks. Answers go to stdout, in JSON; messages for people go to stderr.
package commands

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/dpb587/concourse-resource-endpoints/internal/syncing"
)

// Command is one run of the program.
type Command struct {
	// Name is check, in or out.
	Name           string
	Args           []string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// errNoVersion says that a request for in lacks the version, which Concourse always sends.
var errNoVersion = errors.New("the request has no version to get")

// Run reads the request from stdin, runs the step with the program's name, and writes the answer.
func (c *Command) Run(ctx context.Context) error {
	var step func(context.Context, *request) (any, error)
	switch c.Name {
	case "check":
		step = c.check
	case "in":
		step = c.in
	case "out":
		step = c.out
	default:
		return fmt.Errorf("the program's name is %q; Concourse runs it as check, in or out", c.Name)
	}
	req, err := readRequest(c.Stdin)
	if err != nil {
		return err
	}
	answer, err := step(ctx, req)
	if err != nil {
		return err
	}
	e := json.NewEncoder(c.Stdout)
	e.SetEscapeHTML(false)
	if err := e.Encode(answer); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return nil
}

// dir is the argument of in and out: the folder to write to, or the folder with the build's artifacts.
func (c *Command) dir() (string, error) {
	if len(c.Args) != 1 {
		return "", fmt.Errorf("%s takes one argument, a folder, and was given %d", c.Name, len(c.Args))
	}
	return c.Args[0], nil
}

func (c *Command) logf(format string, args ...any) { fmt.Fprintf(c.Stderr, format+"\n", args...) }

// reporter writes to stderr only, since stdout is for the answer.
func (c *Command) reporter() syncing.Text { return syncing.Text{Out: c.Stderr, Err: c.Stderr} }
