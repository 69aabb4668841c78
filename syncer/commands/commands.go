// Package commands holds the syncer's commands, a file each. They stand beside the endpoints, at the start of a sync.
//
// What was asked for goes to stdout; progress, warnings and errors go to stderr. The exit status is 0 where all went well, 1 on
// an error, and 2 where --detailed-exitcode is given and there were changes.
package commands

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/alecthomas/kong"

	"github.com/dpb587/concourse-resource-endpoints/internal/version"
)

type cli struct {
	Version kong.VersionFlag `help:"Print the version."`

	Generate generateCommand `cmd:"" help:"Print the config that the pipelines give."`
	Sync     syncCommand     `cmd:"" help:"Publish the config that the pipelines give, after showing what changes."`
	Coverage coverageCommand `cmd:"" help:"Tell which resources have an event source, and why others have none."`
	Match    matchCommand    `cmd:"" help:"Tell which checks a delivery would make, and why. Posts nothing."`
	Validate validateCommand `cmd:"" help:"Tell what is wrong with a config."`
	Schema   schemaCommand   `cmd:"" help:"Print the config's JSON Schema."`
}

// Streams are the program's, or a test's.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	// Terminal says that somebody sits at In.
	Terminal bool
}

// exitCode ends the program with a status and no further words.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// Run runs the command that the arguments name, and gives the exit status.
func Run(ctx context.Context, args []string, s Streams) (status int) {
	var c cli
	exited := false
	parser := kong.Must(&c,
		kong.Name("syncer"),
		kong.Vars{"version": "syncer " + version.String()},
		kong.Description("Makes the checks config follow a Concourse's pipelines.\n\n"+
			"Try it without a Concourse:  syncer generate --pipeline app=pipeline.yml"),
		kong.Writers(s.Out, s.Err),
		kong.Exit(func(code int) { exited, status = true, code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(s),
	)
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if exited { // help was asked for
		return status
	}
	if err == nil {
		err = parsed.Run()
	} else {
		err = fmt.Errorf("%w; see `%s --help`", err, command(err))
	}
	var code exitCode
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	}
	fmt.Fprintln(s.Err, "syncer: error:", err)
	return 1
}

// command is the program, with the command that a mistake in its flags is about.
func command(err error) string {
	var mistake *kong.ParseError
	if errors.As(err, &mistake) && mistake.Context != nil && mistake.Context.Selected() != nil {
		return "syncer " + mistake.Context.Selected().Name
	}
	return "syncer"
}
