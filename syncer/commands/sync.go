package commands

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/store/s3store"
	"github.com/dpb587/concourse-resource-endpoints/internal/syncing"
)

type syncCommand struct {
	sourceFlags
	Config           string                  `group:"Publishing:" env:"CONFIG" required:"" placeholder:"FILE|s3://BUCKET/KEY" help:"Where to publish. Use s3://BUCKET/KEY?region=R&endpoint=URL for a server other than AWS's."`
	NonInteractive   bool                    `short:"n" group:"Publishing:" help:"Publish without asking."`
	DryRun           bool                    `group:"Publishing:" help:"Show the plan, publish nothing."`
	DetailedExitcode bool                    `group:"Publishing:" help:"Exit with 0 if there were no changes, 2 if there were changes, 1 on an error, 3 if checks were kept as below."`
	Publish          syncing.PublishOptions  `embed:"" group:"Publishing:"`
	Redeploy         syncing.RedeployOptions `embed:"" group:"Publishing:"`
}

// Help shows examples.
func (syncCommand) Help() string {
	return `Shows what changes, one line per check: + added, - removed, ~ changed. After publishing, each check that was added or changed is asked to check once, so that no event in between is missed: after the functions are redeployed, or else when the endpoints have loaded the config. The config keeps what is still to be asked; the next sync goes on with it.

What is added or changed is published always. If the login can't read a team any more, its checks stay (--forget-team drops them), and so do all if more than ten checks, and more than half, would be removed (--force removes them; those of paused pipelines, and those for which no job waits, don't count). The exit status is then 3.

A sync reads only the pipelines that were set since the last one, and lists only their resources that the config leaves out; ` + "`syncer coverage --all`" + ` lists all.

Examples:

    syncer sync -t ci --config s3://my-bucket/ci/config.json
    syncer sync -t ci --config config.json --dry-run --detailed-exitcode`
}

func (c *syncCommand) Run(ctx context.Context, s Streams) error {
	syncer, err := c.prepare(ctx, s)
	if err != nil {
		return err
	}
	var out *syncing.Outcome
	if c.DryRun {
		if out, _, err = syncer.Plan(ctx); err == nil {
			syncer.Reporter.Planned(out)
			if out.Degraded != nil {
				return out.Degraded
			}
		}
	} else {
		out, err = syncer.Sync(ctx)
	}
	if err == nil && c.DetailedExitcode && !out.Plan.Empty() {
		return exitCode(2)
	}
	return err
}

// prepare makes the syncer for the flags.
func (c *syncCommand) prepare(ctx context.Context, s Streams) (*syncing.Syncer, error) {
	err := errors.Join(syncing.FromParams(&c.Publish, os.Getenv), syncing.FromParams(&c.Redeploy, os.Getenv))
	if err != nil {
		return nil, err
	}
	functions, err := c.Redeploy.Functions(syncing.Flag)
	if err != nil {
		return nil, err
	}
	refresh, err := c.Redeploy.Refresh(syncing.Flag)
	if err != nil {
		return nil, err
	}
	syncer, err := c.syncer(ctx, s)
	if err != nil {
		return nil, err
	}
	if _, err := config.ParseURL(c.ConcourseURL); err != nil && len(c.Pipeline) > 0 {
		return nil, fmt.Errorf("--concourse-url: it %w", err)
	}
	if syncer.Store, err = s3store.Open(ctx, c.Config); err != nil {
		return nil, err
	}
	syncer.Options, syncer.Refresh = c.Publish, refresh
	syncer.ForceHint, syncer.ForgetHint = "See the plan with --dry-run; to publish it anyway, use --force", "--forget-team"
	syncer.Reporter = syncing.Text{Out: s.Out, Err: s.Err}
	syncer.Approve = func() (bool, error) { return c.ask(ctx, s) }
	if len(functions) > 0 {
		awsConfig, err := s3store.AWSConfig(ctx, "", nil)
		if err != nil {
			return nil, err
		}
		syncer.RedeployTo(awsConfig, functions, c.Redeploy.Smoke)
	}
	return syncer, nil
}

// ask asks whether to publish, and waits for the answer until ctx ends.
func (c *syncCommand) ask(ctx context.Context, s Streams) (bool, error) {
	if c.NonInteractive {
		return true, nil
	}
	if !s.Terminal {
		return false, errors.New("cannot ask whether to publish, because the input is not a terminal: give -n to publish without asking, or --dry-run")
	}
	fmt.Fprint(s.Err, "publish? [yN]: ")
	answered := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(s.In).ReadString('\n') // an unfinished line may be an answer, too
		answered <- line
	}()
	select {
	case line := <-answered:
		answer := strings.ToLower(strings.TrimSpace(line))
		return answer == "y" || answer == "yes", nil
	case <-ctx.Done():
		fmt.Fprintln(s.Err)
		return false, nil
	}
}
