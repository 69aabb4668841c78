// Package commands is the server program, with both flows in one process: deliveries over plain HTTP, and the sync that keeps
// their config up to date.
package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/alecthomas/kong"

	"github.com/dpb587/concourse-resource-endpoints/internal/endpoint"
	"github.com/dpb587/concourse-resource-endpoints/internal/logline"
	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
	"github.com/dpb587/concourse-resource-endpoints/internal/pending"
	"github.com/dpb587/concourse-resource-endpoints/internal/receiver"
	"github.com/dpb587/concourse-resource-endpoints/internal/secret"
	"github.com/dpb587/concourse-resource-endpoints/internal/secret/awssecret"
	"github.com/dpb587/concourse-resource-endpoints/internal/store/s3store"
	"github.com/dpb587/concourse-resource-endpoints/internal/syncing"
	"github.com/dpb587/concourse-resource-endpoints/internal/version"
)

type cli struct {
	endpoint.Settings
	Version kong.VersionFlag `help:"Print the version."`
	Listen  string           `default:"127.0.0.1:8080" env:"LISTEN" help:"The address and port to listen on. A socket that systemd passes is used instead."`

	stateFlags   `group:"Reliability:"`
	AnswerWithin time.Duration `group:"Reliability:" default:"2s" env:"ANSWER_WITHIN" help:"How long a delivery waits for Concourse to take its checks, before it is answered that they are pending. At most 64 deliveries wait, and none while Concourse fails."`

	Sync         time.Duration           `group:"Sync:" env:"SYNC" placeholder:"INTERVAL" help:"Read the pipelines from Concourse this often, such as 1m, and write the config, which must be a file. Needs --concourse-url and a login."`
	Pipelines    syncing.PipelineOptions `embed:"" group:"Sync:"`
	Publish      syncing.PublishOptions  `embed:"" group:"Sync:"`
	RemovalDelay time.Duration           `group:"Sync:" default:"1h" env:"REMOVAL_DELAY" help:"Remove checks as with --force once every sync has wanted to remove them for this long; 0 for never."`

	DrainDelay time.Duration `default:"0s" env:"DRAIN_DELAY" help:"When told to stop (SIGTERM), fail /readyz but serve on for this long, so that a load balancer sends elsewhere before the port closes. 5s suits most."`
}

const description = `Receives deliveries over HTTP and asks Concourse to check the resources that they concern. Point webhooks at /github and so on, and the notifications of S3 servers at /s3. GET /healthz answers "ok", or "degraded" while the config may not be up to date: the log says why. GET /readyz answers "ok" until the server is told to stop.

Each provider needs a secret in an environment variable, NAME_WEBHOOK_SECRET: GITHUB_WEBHOOK_SECRET, S3_WEBHOOK_SECRET. While you replace one, keep the old one in NAME_WEBHOOK_SECRET_OLD. For a provider that does not sign deliveries, put the secret into the URL: /s3/SECRET.

A check that Concourse does not take at once is kept in the state file until it does, for up to 24 hours; then it is among the dead. These commands look after it; each has a --help:

    server pending                        what Concourse has not taken yet
    server dead list|retry|drop           what was given up, and why
    server check RESOURCE...              asks Concourse now, for after an incident
    server pause|resume                   keeps checks, and posts none meanwhile

Examples:

    GITHUB_WEBHOOK_SECRET=env:HOOK server --config s3://my-bucket/ci/config.json --concourse-url https://ci.example.com --username bot --password file:/run/secrets/ci
    server --config config.json --sync 1m --concourse-url https://ci.example.com --username bot --password env:CI_PASSWORD`

// Run serves until ctx ends, or runs the command that the first argument names. It writes the log to log, and what a command or
// the help prints to out.
func Run(ctx context.Context, args []string, out, log io.Writer) error {
	if len(args) > 0 && isCommand(args[0]) {
		return runCommand(ctx, args, out)
	}
	var c cli
	helped, err := parse(&c, "server", description, args, out)
	switch {
	case err != nil || helped:
		return err
	case c.Config == "":
		return errors.New("no config is given: give --config FILE or s3://BUCKET/KEY; see `server --help`")
	}
	return c.run(ctx, logline.New(log, c.LogLevel))
}

// parse reads flags; it reports true where it printed help or the version.
func parse(into any, name, description string, args []string, out io.Writer, options ...kong.Option) (helped bool, err error) {
	options = append(options, kong.Name(name), kong.Description(description), kong.Vars{"version": "server " + version.String()},
		kong.Writers(out, out), kong.Exit(func(int) { helped = true }), kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}))
	parser, err := kong.New(into, options...)
	if err != nil {
		return false, err
	}
	if _, err = parser.Parse(args); err != nil && !helped {
		return false, fmt.Errorf("%w; see `%s --help`", syncing.FlagError(err), name)
	}
	return helped, nil
}

func (c *cli) run(ctx context.Context, logger *slog.Logger) error {
	if err := c.checkSync(); err != nil {
		return err
	}
	state, path, err := c.openState(c.Config, c.DryRun, logger)
	if err != nil {
		return err
	}
	if state != nil {
		defer func() { _ = state.Close() }()
	}
	follower, err := c.follower(ctx, logger)
	if err != nil {
		return err
	}
	e, err := endpoint.New(ctx, endpoint.Parts{
		Settings: c.Settings, Secrets: &secret.Cache{Resolver: awssecret.Resolver()}, Logger: logger,
		Providers: endpoint.Providers(c.Settings), Store: follower.store(), S3: s3store.OpenObject,
	})
	if err != nil {
		return err
	}
	queue, err := pending.New(pending.Options{Find: e.Find, Post: e.Post, State: state, Logger: logger, AnswerWithin: c.AnswerWithin})
	if err != nil {
		return err
	}
	e.Ask = func(ctx context.Context, _ *receiver.Current, targets []notify.Target) notify.Report {
		return queue.Ask(ctx, targets)
	}
	follower.catchUpBy(queue)
	background, stop := context.WithCancel(context.WithoutCancel(ctx)) // what is accepted while the port closes is posted, too
	var ended sync.WaitGroup
	ended.Go(func() { follower.follow(background, e.Reload) })
	ended.Go(func() { queue.Run(background) })
	if path != "" {
		serveAdmin := listenAdmin(ctx, path+".sock", &admin{queue: queue, state: state, endpoint: e}, logger)
		ended.Go(func() { serveAdmin(background) })
	}
	err = serve(ctx, c.Listen, c.DrainDelay, monitored{e.Receiver, follower}, logger)
	stop()
	ended.Wait()
	return err
}
