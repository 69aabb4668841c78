package commands

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
	"github.com/dpb587/concourse-resource-endpoints/internal/panics"
	"github.com/dpb587/concourse-resource-endpoints/internal/pending"
	"github.com/dpb587/concourse-resource-endpoints/internal/read"
	"github.com/dpb587/concourse-resource-endpoints/internal/redeploy"
	"github.com/dpb587/concourse-resource-endpoints/internal/store"
	"github.com/dpb587/concourse-resource-endpoints/internal/syncing"
)

// follower keeps the config up to date with the pipelines while the server runs. A nil follower does nothing.
type follower struct {
	syncer *syncing.Syncer
	config *store.Buffered
	every  time.Duration
	logger *slog.Logger
	// first is the outcome of the first sync, to catch up with once the server receives deliveries; nil if it failed.
	first *syncing.Outcome
	// degraded says that the config may not be up to date with the pipelines.
	degraded atomic.Bool
}

// monitored is the receiver of a server that may also sync.
type monitored struct {
	http.Handler
	sync *follower
}

// health is what /healthz answers. The log has the reason: those who may ask need not know it.
func health(receiver http.Handler) string {
	if m, ok := receiver.(monitored); ok && m.sync != nil && m.sync.degraded.Load() {
		return "degraded"
	}
	return "ok"
}

// checkSync reports flags that do not go with --sync.
func (c *cli) checkSync() error {
	switch {
	case c.Sync == 0:
	case c.ConcourseURL == "":
		return errors.New("--sync needs the URL of the Concourse to read: give --concourse-url URL")
	case c.Sync < 0 || strings.Contains(c.Config, "://"):
		return errors.New("--sync needs an interval such as 1m, and a --config that is a file")
	}
	return nil
}

// follower makes the follower, and syncs once so that there is a config. If that fails, the server starts with the previous
// config, if there is one.
func (c *cli) follower(ctx context.Context, logger *slog.Logger) (*follower, error) {
	if c.Sync == 0 {
		return nil, nil
	}
	options, err := syncing.LoginOptions(ctx, c.ConcourseURL, c.Login)
	if err != nil {
		return nil, err
	}
	if options.Credentials == (concourse.Credentials{}) {
		return nil, errors.New("--sync needs a login: give --username and --password, --client-id and --client-secret, or --token")
	}
	f := &follower{every: c.Sync, logger: logger, config: &store.Buffered{Store: store.File(c.Config)}}
	if f.syncer, err = syncing.Connect(options, c.Pipelines, syncing.Flag, read.Options{}); err != nil {
		return nil, err
	}
	f.syncer.Store, f.syncer.Reporter = f.config, syncing.Log{Logger: logger}
	f.syncer.Options, f.syncer.ForceHint, f.syncer.ForgetHint = c.Publish, "To publish it anyway, use --force", "--forget-team"
	if f.syncer.RemovalDelay = c.RemovalDelay; c.RemovalDelay > 0 {
		f.syncer.ForceHint += "; else it is published when it has been seen for " + c.RemovalDelay.String()
	}
	f.syncer.CatchUpTime = max(c.Sync, time.Minute) // so that the next sync is not much later
	f.syncer.Options.NoCatchUp = f.syncer.Options.NoCatchUp || c.DryRun
	out, before, err := f.syncer.Plan(ctx)
	if err == nil {
		err = f.syncer.Publish(ctx, out, before)
	}
	if err == nil {
		f.first = out
		f.report(out)
		return f, nil
	}
	f.degraded.Store(true)
	if _, missing := f.config.Load(ctx, ""); missing != nil {
		return nil, fmt.Errorf("reading the pipelines for the first config: %w", err)
	}
	logger.Error("sync failed; serving the previous config", "error", err)
	return f, nil
}

// store holds the config; nil if the server does not sync.
func (f *follower) store() store.Store {
	if f == nil {
		return nil
	}
	return f.config
}

// catchUpBy lets a queue keep and post the checks that a sync owes.
func (f *follower) catchUpBy(queue *pending.Queue) {
	if f == nil {
		return
	}
	f.syncer.CatchUpBy = func(_ context.Context, owed []notify.Target) (taken []string, err error) {
		if err := queue.CatchUp(owed); err != nil {
			return nil, err
		}
		for _, t := range owed {
			taken = append(taken, t.Ref.String())
		}
		return taken, nil
	}
}

// report logs and notes why the config may not be up to date, or not in its file.
func (f *follower) report(out *syncing.Outcome) {
	unwritten := f.config.Unwritten()
	f.degraded.Store(unwritten != nil || out.Degraded != nil)
	if unwritten != nil {
		f.logger.Error("the config can't be written; serving it from memory", "error", unwritten)
	}
	if out.Degraded != nil {
		f.logger.Error("sync degraded", "error", out.Degraded)
	}
}

// follow syncs at each interval until ctx ends. A sync loads the new config before it catches up, so that no event in between is
// missed.
func (f *follower) follow(ctx context.Context, reload func(context.Context) error) {
	if f == nil {
		return
	}
	if f.first != nil {
		if err := f.syncer.CatchUp(ctx, f.first); err != nil {
			f.logger.Error("not caught up; the next sync goes on", "error", err)
		}
	}
	f.syncer.Redeploy = func(ctx context.Context, _ string) ([]redeploy.Result, error) {
		if err := reload(ctx); err != nil {
			return nil, fmt.Errorf("the server did not load it: %w", err)
		}
		return nil, nil
	}
	tick := time.NewTicker(f.every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := f.sync(ctx); err != nil && ctx.Err() == nil {
			f.logger.LogAttrs(ctx, slog.LevelError, "sync failed; serving the last good config",
				append(panics.Attrs(err), slog.String("error", err.Error()))...)
		}
	}
}

// sync syncs once. A panic is an error of this sync only.
func (f *follower) sync(ctx context.Context) (err error) {
	defer panics.Recover(&err)
	out, err := f.syncer.Sync(ctx)
	if degraded := (*syncing.DegradedError)(nil); err == nil || errors.As(err, &degraded) {
		f.report(out)
		return nil
	}
	f.degraded.Store(true)
	return err
}
