package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
	"github.com/dpb587/concourse-resource-endpoints/internal/redeploy"
	"github.com/dpb587/concourse-resource-endpoints/internal/store"
	"github.com/dpb587/concourse-resource-endpoints/internal/sync"
)

type syncCommand struct {
	sourceFlags

	Config           string   `group:"Publishing:" env:"CONFIG" required:"" placeholder:"FILE|s3://BUCKET/KEY" help:"Where to publish. s3://BUCKET/KEY?region=R&endpoint=URL for other servers than AWS's."`
	NonInteractive   bool     `short:"n" group:"Publishing:" help:"Publish without question."`
	DryRun           bool     `group:"Publishing:" help:"Show the plan, publish nothing."`
	DetailedExitcode bool     `group:"Publishing:" help:"Exit with 0 where there were no changes, 2 where there were, 1 on an error."`
	Force            bool     `group:"Publishing:" help:"Publish even where more than half of the checks would vanish."`
	Redeploy         []string `group:"Publishing:" sep:"none" placeholder:"FUNCTION[:ALIAS]" help:"Make a Lambda function start afresh with the config, by its name or ARN. Repeatable."`
	Smoke            bool     `group:"Publishing:" help:"Invoke each redeployed function; lead its alias back where it does not work."`
	NoCatchUp        bool     `name:"no-catch-up" group:"Publishing:" help:"Do not ask what was added or changed to check once."`
}

// Help teaches the command by examples.
func (syncCommand) Help() string {
	return `Shows what changes, one line per check: + added, - removed, ~ changed. After publishing, each check that was added or changed is asked to check once, so that nothing that happened in between is missed.

Only the pipelines that were set since the last sync are read again, and what the config leaves out of them is listed then; ` + "`syncer coverage`" + ` lists all.

Examples:

    syncer sync -t ci --config s3://my-bucket/ci/config.json
    syncer sync -t ci --config config.json --dry-run --detailed-exitcode`
}

func (c *syncCommand) Run(ctx context.Context, s streams) error {
	settings, err := c.Pipelines.Settings()
	if err != nil {
		return err
	}
	functions, err := redeploy.ParseAll(c.Redeploy)
	if err != nil {
		return fmt.Errorf("--redeploy %w", err)
	}
	location, err := store.Open(ctx, c.Config)
	if err != nil {
		return err
	}
	from, err := c.open(ctx, settings, progress(s))
	if err != nil {
		return err
	}
	syncer := &sync.Syncer{
		Read: from.read, Store: location, Settings: settings, Force: c.Force, DryRun: c.DryRun,
		Approve: func(out sync.Outcome) (bool, error) {
			showPlan(s, out)
			return c.ask(ctx, s)
		},
	}
	if from.client != nil && !c.NoCatchUp {
		syncer.Notifier = notify.New(from.client, notify.Options{Deadline: sync.CatchUpTime})
	}
	if len(functions) > 0 {
		if syncer.Redeploy, err = c.redeployer(ctx, s, functions); err != nil {
			return err
		}
	}
	out, err := syncer.Sync(ctx)
	if err == nil && (c.DryRun || out.Plan.Empty()) {
		showPlan(s, out)
	}
	showOutcome(s, out, location) // an error may come after the publish
	var drastic *sync.DrasticError
	switch {
	case errors.As(err, &drastic):
		return fmt.Errorf("%w. See it with --dry-run, publish it nevertheless with --force", err)
	case err != nil:
		return err
	}
	if c.DetailedExitcode && !out.Plan.Empty() {
		return exitCode(2)
	}
	return nil
}

// redeployer makes the functions start afresh, and prints what each runs then.
func (c *syncCommand) redeployer(ctx context.Context, s streams, functions []redeploy.Function) (func(context.Context, string) error, error) {
	awsConfig, err := awsconfig.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the AWS settings: %w", err)
	}
	r := &redeploy.Redeployer{Client: lambda.NewFromConfig(awsConfig), Smoke: c.Smoke}
	return func(ctx context.Context, digest string) error {
		results, err := r.Run(ctx, digest, functions)
		for _, result := range results {
			fmt.Fprintln(s.out, result)
		}
		return err
	}, nil
}

// showPlan prints the plan, and what it rests on: Concourse silently shows less to those with less.
func showPlan(s streams, out sync.Outcome) {
	if teams := out.Reading.Teams; len(teams) > 0 {
		fmt.Fprintf(s.err, "read %d pipelines of %s\n", len(out.Reading.Pipelines), strings.Join(teams, ", "))
	}
	warnLeft(s.err, out.Left)
	for _, change := range out.Plan.Changes {
		fmt.Fprintln(s.out, change)
	}
	fmt.Fprintln(s.out, out.Plan.Summary())
}

func showOutcome(s streams, out sync.Outcome, location store.Store) {
	if !out.Published || out.Plan.Empty() {
		return
	}
	fmt.Fprintf(s.out, "published %s\n", location)
	if n := len(out.CatchUp.Success); n > 0 {
		fmt.Fprintf(s.out, "asked %d of them to check\n", n)
	}
	for _, f := range out.CatchUp.Failure {
		fmt.Fprintf(s.err, "warning: %s could not be asked to check once: %s\n", f.Check, f.Error)
	}
}

// ask waits for yes or no, until ctx ends.
func (c *syncCommand) ask(ctx context.Context, s streams) (bool, error) {
	if c.NonInteractive {
		return true, nil
	}
	if !s.terminal {
		return false, errors.New("nobody can be asked whether to publish, since the input is no terminal: give -n to publish without question, or --dry-run")
	}
	fmt.Fprint(s.err, "publish? [yN]: ")
	answered := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(s.in).ReadString('\n') // what was not finished is no
		answered <- line
	}()
	select {
	case line := <-answered:
		answer := strings.ToLower(strings.TrimSpace(line))
		return answer == "y" || answer == "yes", nil
	case <-ctx.Done():
		fmt.Fprintln(s.err)
		return false, nil
	}
}
