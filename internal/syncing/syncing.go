// Package syncing brings the published config up to date with a Concourse. It is the one place that composes the steps: read,
// generate, plan, publish, redeploy, catch up. A program that needs fewer of them calls those alone.
//
// It stands above them in a sync, and below the mains: Concourse's pipelines -> read -> generate -> publish.
package syncing

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/generate"
	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
	"github.com/dpb587/concourse-resource-endpoints/internal/publish"
	"github.com/dpb587/concourse-resource-endpoints/internal/redeploy"
	"github.com/dpb587/concourse-resource-endpoints/internal/store"
)

// ErrDeclined says that the operator did not want the plan.
var ErrDeclined = errors.New("nothing was published")

// Syncer syncs one Concourse, or pipelines on disk, with one store.
type Syncer struct {
	// Read reads the pipelines. Those that previous knows as they are need not be read again.
	Read func(ctx context.Context, previous []config.Pipeline) (*pipeline.Reading, error)
	// Settings are how checks are made.
	Settings generate.Settings
	// Fresh reads every pipeline, whatever is known of it.
	Fresh bool
	// Store is where the config is published; nil where it is not.
	Store store.Store
	// Options say how to publish there.
	Options PublishOptions
	// ForceHint tells the operator how to set Options.Force, in a sentence.
	ForceHint string
	// Approve is asked before a plan with changes is published; false declines it. Nil approves.
	Approve func() (bool, error)
	// Redeploy makes what serves the config take it up, by the config's digest. Nil for nothing. It is called where nothing
	// changed, too: a function may have been missed before.
	Redeploy func(ctx context.Context, digest string) ([]redeploy.Result, error)
	// Notifier asks what was added or changed to check once. Nil where pipelines come from disk.
	Notifier *notify.Notifier
	// Reporter is told of each step.
	Reporter Reporter
}

// Outcome is what a sync found and did.
type Outcome struct {
	generate.Generated
	// Reading is nil where the config was given rather than generated.
	Reading *pipeline.Reading
	Plan    publish.Plan
	// Published says that the store has a new config, though it may have the same checks.
	Published bool
	// Owed are the checks to catch up with.
	Owed []notify.Target
	// Redeployed are the functions that take up the config, in the order in which they were given.
	Redeployed []redeploy.Result
}

// Generate reads the pipelines and generates their config. It reads again only what changed since the config before; nil for
// none.
func (s *Syncer) Generate(ctx context.Context, before *config.Config) (*Outcome, error) {
	previous := publish.Unread(before)
	if s.Fresh {
		previous = nil
	}
	reading, err := s.Read(ctx, previous)
	if err != nil {
		return nil, err
	}
	generated, err := generate.Generate(reading, s.Settings, before)
	if err != nil {
		return nil, err
	}
	return &Outcome{Generated: *generated, Reading: reading}, nil
}

// Plan generates the config, and plans what publishing it in place of what is published changes.
func (s *Syncer) Plan(ctx context.Context) (out *Outcome, before publish.Published, err error) {
	if s.Store != nil {
		if before, err = publish.Load(ctx, s.Store); err != nil {
			return nil, before, err
		}
	}
	if out, err = s.Generate(ctx, before.Config); err != nil {
		return nil, before, err
	}
	out.Plan = publish.NewPlan(before.Config, out.Config)
	return out, before, nil
}

// Sync takes all steps. Its outcome tells how far it came, with an error too; it is nil where there was no plan.
func (s *Syncer) Sync(ctx context.Context) (*Outcome, error) {
	out, before, err := s.Plan(ctx)
	if err != nil {
		return nil, err
	}
	return out, s.finish(ctx, out, before)
}

// SyncTo takes the steps that follow generating, with a config that was generated before.
func (s *Syncer) SyncTo(ctx context.Context, c *config.Config) (*Outcome, error) {
	before, err := publish.Load(ctx, s.Store)
	if err != nil {
		return nil, err
	}
	out := &Outcome{Generated: generate.Generated{Config: c}, Plan: publish.NewPlan(before.Config, c)}
	return out, s.finish(ctx, out, before)
}

// finish publishes, redeploys and catches up. Catching up comes last, so that it covers what happens while a function still
// runs with the old config, and comes in any case.
func (s *Syncer) finish(ctx context.Context, out *Outcome, before publish.Published) error {
	if err := s.Publish(ctx, out, before); err != nil {
		return err
	}
	err := s.redeploy(ctx, out)
	s.CatchUp(ctx, out)
	return err
}

// Publish guards the plan, asks for approval, and replaces what was published before.
func (s *Syncer) Publish(ctx context.Context, out *Outcome, before publish.Published) (err error) {
	if err := s.guard(out); err != nil {
		return err
	}
	s.Reporter.Planned(out)
	if err := s.approve(out); err != nil {
		return err
	}
	if out.Published, err = before.Put(ctx, s.Store, out.Config); err != nil || !out.Published {
		return err
	}
	out.Owed = publish.Owed(before.Config, out.Config, out.Plan)
	s.Reporter.Published(out, s.Store)
	return nil
}

func (s *Syncer) guard(out *Outcome) error {
	if s.Options.Force || !out.Plan.Drastic() {
		return nil
	}
	e := &publish.DrasticError{Plan: out.Plan, Force: s.ForceHint}
	if out.Reading != nil {
		e.Teams = out.Reading.Teams
	}
	return e
}

func (s *Syncer) approve(out *Outcome) error {
	if s.Approve == nil || out.Plan.Empty() {
		return nil
	}
	ok, err := s.Approve()
	if err == nil && !ok {
		err = ErrDeclined
	}
	return err
}

func (s *Syncer) redeploy(ctx context.Context, out *Outcome) (err error) {
	if s.Redeploy == nil {
		return nil
	}
	out.Redeployed, err = s.Redeploy(ctx, out.Config.Digest)
	s.Reporter.Redeployed(out.Redeployed)
	if err != nil {
		return fmt.Errorf("redeploying: %s is published, but %w", s.Store, err)
	}
	return nil
}

// RedeployTo makes Lambda functions take up what is published.
func (s *Syncer) RedeployTo(awsConfig aws.Config, functions []redeploy.Function, smoke bool) {
	r := &redeploy.Redeployer{Client: lambda.NewFromConfig(awsConfig), Smoke: smoke}
	s.Redeploy = func(ctx context.Context, digest string) ([]redeploy.Result, error) {
		results, err := r.Run(ctx, digest, functions)
		if err != nil {
			err = fmt.Errorf("not all functions run it: %w", err)
		}
		return results, err
	}
}

// CatchUp asks the checks once that are owed a request.
func (s *Syncer) CatchUp(ctx context.Context, out *Outcome) {
	if s.Notifier != nil && !s.Options.NoCatchUp && len(out.Owed) > 0 {
		s.Reporter.CaughtUp(s.Notifier.Notify(ctx, out.Owed))
	}
}
