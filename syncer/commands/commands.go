// Package commands holds the syncer's commands, one file each: they run a sync, or some of its steps, and show what a delivery
// would check.
//
// Results go to stdout; progress, warnings and errors go to stderr. The exit status is 0 on success, 1 on an error, and 2 if there
// were changes and --detailed-exitcode is given. It is 3 after a sync that kept checks that it can't be sure of, and if the coverage is
// less than --fail-under.
package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/dpb587/concourse-resource-endpoints/internal/printable"
	"github.com/dpb587/concourse-resource-endpoints/internal/syncing"
	"github.com/dpb587/concourse-resource-endpoints/internal/version"
)

type cli struct {
	Version kong.VersionFlag `help:"Print the version."`

	Generate generateCommand `cmd:"" help:"Print the config for the pipelines."`
	Sync     syncCommand     `cmd:"" help:"Publish the config for the pipelines, after showing what changes."`
	Task     taskCommand     `cmd:"" help:"Run a sync as the task of a Concourse pipeline."`
	Coverage coverageCommand `cmd:"" help:"Show which resources have an event source, and why others have none."`
	Match    matchCommand    `cmd:"" help:"Show which checks a delivery would make, and why. It posts nothing."`
	Validate validateCommand `cmd:"" help:"Show what is wrong with a config."`
	Schema   schemaCommand   `cmd:"" help:"Print the config's JSON Schema."`
	Dead     deadCommand     `cmd:"" help:"Show what the Lambda functions gave up, or have them try it again."`
}

// Streams are the program's input and output.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	// Terminal says that In is a terminal.
	Terminal bool

	progress io.Writer // Err, for what rewrites a terminal's line
}

// exitCode ends the program with a status, without a message.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// Run runs the command that the arguments name, and returns the exit status.
func Run(ctx context.Context, args []string, s Streams) (status int) {
	// The last line of defence: names are printable already, but not what errors quote, nor JSON, which may have C1 controls.
	s.progress, s.Out, s.Err = s.Err, printable.Writer(s.Out), printable.Writer(s.Err)
	var c cli
	exited := false
	parser := kong.Must(&c,
		kong.Name("syncer"),
		kong.Vars{"version": "syncer " + version.String()},
		kong.Description("Keeps the checks config up to date with a Concourse's pipelines.\n\n"+
			"Try it without a Concourse:  syncer generate --pipeline app=pipeline.yml"),
		kong.Writers(s.Out, s.Err),
		kong.Exit(func(code int) { exited, status = true, code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}),
		kong.ValueFormatter(helpOf),
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
		err = fmt.Errorf("%w; see `%s --help`", syncing.FlagError(err), command(err))
	}
	var code exitCode
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	}
	fmt.Fprintln(s.Err, "syncer: error:", err)
	if degraded := (*syncing.DegradedError)(nil); errors.As(err, &degraded) {
		return 3
	}
	return 1
}

// helpOf is the help of a flag, with the environment variable that syncing.FromParams reads.
func helpOf(value *kong.Value) string {
	help := kong.DefaultHelpValueFormatter(value)
	if param := value.Tag.Get("param"); param != "" && len(value.Tag.Envs) == 0 {
		help = strings.TrimSuffix(help, ".") + " ($" + param + ")."
	}
	return help
}

// command is the program's name, with the command whose flags are wrong.
func command(err error) string {
	var mistake *kong.ParseError
	if errors.As(err, &mistake) && mistake.Context != nil && mistake.Context.Selected() != nil {
		return "syncer " + mistake.Context.Selected().Name
	}
	return "syncer"
}
