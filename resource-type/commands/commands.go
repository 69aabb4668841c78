// Package commands holds the resource type's check, in and out
// (https://concourse-ci.org/implementing-resource-types.html). They are a sync in steps: check reads the pipelines and generates
// their config, in plans it too, and out publishes it.
//
// A version is a set of checks. Answers go to stdout, in JSON; everything for people goes to stderr.
package commands

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/dpb587/concourse-resource-endpoints/internal/syncing"
)

// Command is one run: the process's own, or a test's.
type Command struct {
	// Name is check, in or out.
	Name           string
	Args           []string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// errNoVersion says that a request lacks what Concourse always gives.
var errNoVersion = errors.New("the request has no version to get")

// Run reads the request from stdin, does what the name says, and answers.
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

// dir is the one argument of in and out: the folder to write to, or the one that holds the build's artifacts.
func (c *Command) dir() (string, error) {
	if len(c.Args) != 1 {
		return "", fmt.Errorf("%s takes one argument, a folder, and was given %d", c.Name, len(c.Args))
	}
	return c.Args[0], nil
}

func (c *Command) logf(format string, args ...any) { fmt.Fprintf(c.Stderr, format+"\n", args...) }

// reporter reports to people alone: stdout is for the answer.
func (c *Command) reporter() syncing.Text { return syncing.Text{Out: c.Stderr, Err: c.Stderr} }
