package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
	"github.com/dpb587/concourse-resource-endpoints/internal/secret/awssecret"
	"github.com/dpb587/concourse-resource-endpoints/internal/store"
	"github.com/dpb587/concourse-resource-endpoints/internal/sync"
)

// embedded is the sync that the server does itself; its zero value does nothing.
type embedded struct {
	sync.Syncer
	every  time.Duration
	logger *slog.Logger
	// due is what the first sync leaves to ask once deliveries are served.
	due []notify.Target
}

// syncer makes the embedded sync and runs it once, so that there is a config to serve. Where one was there before, a
// Concourse that does not answer is no reason not to serve it.
func (c *cli) syncer(ctx context.Context, logger *slog.Logger) (*embedded, error) {
	if c.Sync == 0 {
		return new(embedded), nil
	}
	if c.ConcourseURL == "" {
		return nil, errors.New("--sync needs the Concourse to read: --concourse-url URL")
	}
	if c.Sync < 0 || strings.Contains(c.Config, "://") {
		return nil, errors.New("--sync takes an interval such as 1m, and keeps a --config that is a file")
	}
	settings, err := c.Pipelines.Settings()
	if err != nil {
		return nil, err
	}
	client, err := c.client(ctx)
	if err != nil {
		return nil, err
	}
	atc := &sync.ATC{URL: c.ConcourseURL, Transport: client.Transport()}
	location := store.File(c.Config)
	s := &embedded{every: c.Sync, logger: logger, Syncer: sync.Syncer{
		Store: location, Settings: settings,
		Read: func(ctx context.Context, previous []config.Pipeline) (*sync.Reading, error) {
			options := c.Pipelines.ReadOptions(settings)
			options.Previous = previous
			return atc.Read(ctx, options)
		},
		Notifier: notify.New(client, notify.Options{Deadline: sync.CatchUpTime}),
		AskLater: true,
	}}
	if c.DryRun {
		s.Notifier = nil
	}
	if err := s.once(ctx); err != nil {
		if _, missing := location.Load(ctx, ""); missing != nil {
			return nil, fmt.Errorf("reading the pipelines for the first config: %w", err)
		}
		logger.Error("sync failed; what was there before serves on", "error", err)
	}
	return s, nil
}

func (c *cli) client(ctx context.Context) (*concourse.Client, error) {
	resolver := awssecret.Resolver()
	options, err := c.Login.Options(func(reference string) (string, error) {
		value, _, err := resolver.Resolve(ctx, reference)
		return value, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the Concourse login: %w", err)
	}
	options.URL = c.ConcourseURL
	client, err := concourse.New(options)
	if err == nil && !client.HasLogin() {
		err = errors.New("--sync needs a login: --username and --password, --client-id and --client-secret, or --token")
	}
	return client, err
}

// follow syncs at each interval until ctx ends. What was published is served before what is new is asked to check once, so
// that nothing that happens until then is missed.
func (s *embedded) follow(ctx context.Context, reload func(context.Context) error) {
	if s.every == 0 {
		return
	}
	if s.Notifier != nil {
		s.told(s.Notifier.Notify(ctx, s.due))
	}
	s.AskLater, s.due = false, nil
	s.Redeploy = func(ctx context.Context, _ string) error { return reload(ctx) }
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := s.once(ctx); err != nil && ctx.Err() == nil {
			s.logger.Error("sync failed; the last good config serves on", "error", err)
		}
	}
}

func (s *embedded) once(ctx context.Context) error {
	out, err := s.Sync(ctx)
	if err != nil {
		return err
	}
	for _, l := range out.Left {
		s.logger.Warn("left out", "resource", l.Name, "reason", l.Reason)
	}
	for _, change := range out.Plan.Changes {
		s.logger.Info("synced", "change", change.String())
	}
	s.due = out.Due
	s.told(out.CatchUp)
	s.logger.Info("sync", "teams", out.Reading.Teams, "pipelines", len(out.Reading.Pipelines), "plan", out.Plan.Summary())
	return nil
}

// told logs what could not be caught up with.
func (s *embedded) told(r notify.Report) {
	for _, f := range r.Failure {
		s.logger.Warn("could not be asked to check once", "resource", f.Check, "error", f.Error)
	}
}
