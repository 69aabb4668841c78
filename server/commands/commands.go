// Package commands is the server program, with both flows in one process: deliveries over plain HTTP, and the sync that keeps
// their config up to date.
package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/alecthomas/kong"

	"github.com/dpb587/concourse-resource-endpoints/internal/endpoint"
	"github.com/dpb587/concourse-resource-endpoints/internal/secret"
	"github.com/dpb587/concourse-resource-endpoints/internal/secret/awssecret"
	"github.com/dpb587/concourse-resource-endpoints/internal/syncing"
	"github.com/dpb587/concourse-resource-endpoints/internal/version"
)

type cli struct {
	endpoint.Settings
	Version kong.VersionFlag `help:"Print the version."`
	Listen  string           `default:"127.0.0.1:8080" env:"LISTEN" help:"The address and port to listen on."`

	Sync         time.Duration           `group:"Sync:" env:"SYNC" placeholder:"INTERVAL" help:"Read the pipelines from Concourse this often, such as 1m, and write the config, which must be a file. Needs --concourse-url and a login."`
	ConcourseURL string                  `group:"Sync:" env:"CONCOURSE_URL" placeholder:"URL" help:"Concourse's external URL, such as https://ci.example.com, for --sync."`
	Pipelines    syncing.PipelineOptions `embed:"" group:"Sync:"`
	Publish      syncing.PublishOptions  `embed:"" group:"Sync:"`
	RemovalDelay time.Duration           `group:"Sync:" default:"1h" env:"REMOVAL_DELAY" help:"Remove checks as with --force once every sync has wanted to remove them for this long; 0 for never."`
}

const description = `Receives deliveries over HTTP and asks Concourse to check the resources that they concern. Point webhooks at /github and so on, and the notifications of S3 servers at /s3. GET /healthz answers "ok", or "degraded" while the config may not be up to date: the log says why.

Each provider needs a secret in an environment variable, NAME_WEBHOOK_SECRET: GITHUB_WEBHOOK_SECRET, S3_WEBHOOK_SECRET. While you replace one, keep the old one in NAME_WEBHOOK_SECRET_OLD. For a provider that does not sign deliveries, put the secret into the URL: /s3/SECRET.

Examples:

    GITHUB_WEBHOOK_SECRET=env:HOOK server --config s3://my-bucket/ci/config.json --username bot --password file:/run/secrets/ci
    server --config config.json --sync 1m --concourse-url https://ci.example.com --username bot --password env:CI_PASSWORD`

// Run serves until ctx ends. It writes the log to log, and help to out.
func Run(ctx context.Context, args []string, out, log io.Writer) error {
	var c cli
	helped := false
	parser, err := kong.New(&c, kong.Name("server"), kong.Description(description), kong.Vars{"version": "server " + version.String()},
		kong.Writers(out, log), kong.Exit(func(int) { helped = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}))
	if err != nil {
		return err
	}
	_, err = parser.Parse(args)
	switch {
	case helped:
		return nil
	case err != nil:
		return fmt.Errorf("%w; see `server --help`", err)
	case c.Config == "":
		return errors.New("no config is given: give --config FILE or s3://BUCKET/KEY; see `server --help`")
	}
	logger := slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: c.LogLevel}))
	follower, err := c.follower(ctx, logger)
	if err != nil {
		return err
	}
	e, err := endpoint.New(ctx, endpoint.Parts{
		Settings: c.Settings, Secrets: &secret.Cache{Resolver: awssecret.Resolver()}, Logger: logger,
		Providers: endpoint.Providers(c.Settings), Store: follower.store(),
	})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		follower.follow(ctx, e.Reload)
	}()
	err = serve(ctx, c.Listen, monitored{e.Receiver, follower}, logger)
	stop()
	<-ended
	return err
}

// handler serves /healthz and the deliveries. It is not a ServeMux, which answers a path such as //github/SECRET with a redirect:
// that would lose the delivery and show the secret.
func handler(receiver http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/healthz" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			_, _ = io.WriteString(w, health(receiver)+"\n")
			return
		}
		receiver.ServeHTTP(w, r)
	})
}

// newServer limits the size and duration of requests. WriteTimeout starts with the request, so it includes the time to read the
// body, load the config, call SNS and notify.
func newServer(receiver http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler(receiver),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      90 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
}

// serve answers requests until ctx ends, and then finishes the current ones.
func serve(ctx context.Context, address string, receiver http.Handler, logger *slog.Logger) error {
	server := newServer(receiver, logger)
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listening on %s: %w", address, err)
	}
	logger.Info("serving", "address", listener.Addr().String())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serving on %s: %w", address, err)
	case <-ctx.Done():
	}
	logger.Info("shutting down")
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return fmt.Errorf("shutting down: %w", err)
	}
	return nil
}
