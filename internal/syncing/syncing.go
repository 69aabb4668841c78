// Package syncing is the sync itself, between the programs and its steps: it reads the pipelines, generates the config, plans
// and publishes it, redeploys, and catches up. A program that needs fewer steps calls only those.
package syncing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

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

// ErrDeclined says that the operator declined the plan.
var ErrDeclined = errors.New("nothing was published")

// Syncer syncs one Concourse, or pipelines on disk, to one store.
type Syncer struct {
	// Read reads the pipelines. It need not read again those of previous that have not changed.
	Read func(ctx context.Context, previous []config.Pipeline) (*pipeline.Reading, error)
	// Settings say how checks are made.
	Settings generate.Settings
	// Fresh reads every pipeline, also if it has not changed.
	Fresh bool
	// Store is where the config is published; nil if it is not published.
	Store store.Store
	// Options say how to publish the config.
	Options PublishOptions
	// ForceHint tells the operator how to set Options.Force, in a sentence. ForgetHint names the option that forgets a team.
	ForceHint, ForgetHint string
	// RemovalDelay is after how long a removal of most of the checks is published, if each sync since then saw it; 0 for never.
	RemovalDelay time.Duration
	// Approve is called before a plan with changes is published; false declines the plan. If Approve is nil, all are approved.
	Approve func() (bool, error)
	// Redeploy makes the endpoints load the config with this digest; nil if nothing is redeployed. It is also called if nothing
	// changed, because an earlier redeploy may have failed.
	Redeploy func(ctx context.Context, digest string) ([]redeploy.Result, error)
	// Checker asks Concourse for the checks that are owed; nil if the pipelines come from disk: then nothing is owed.
	Checker notify.Checker
	// CatchUpBy, if it is set, takes the checks that are owed in place of Checker, and returns the names of those that it took: it
	// posts them, or keeps them until they are posted.
	CatchUpBy func(ctx context.Context, owed []notify.Target) (taken []string, err error)
	// Refresh is how long the endpoints may take to load a new config.
	Refresh time.Duration
	// CatchUpTime limits how long a sync catches up; 0 for no limit. What is owed after that is left to the next sync.
	CatchUpTime time.Duration
	// Reporter reports each step.
	Reporter Reporter

	vanished vanished
}

// Outcome says what a sync found and did.
type Outcome struct {
	generate.Generated
	// Reading is nil if the config was given, not generated.
	Reading *pipeline.Reading
	Plan    publish.Plan
	// Published says that the store has a new config, perhaps with the same checks.
	Published bool
	// Degraded says what was not done because it can't be told whether it is right; nil if all was done.
	Degraded *DegradedError
	// Redeployed are the results for the functions, in the order in which those were given.
	Redeployed []redeploy.Result
}

// Generate reads the pipelines and generates their config. It reads only those that changed since the config before, which is
// nil if there is none.
func (s *Syncer) Generate(ctx context.Context, before *config.Config) (*Outcome, error) {
	previous := slices.Clone(publish.KnownPipelines(before))
	for i := range previous {
		if s.Fresh {
			previous[i].LastUpdated = 0
		}
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

// Plan generates the config, and plans the changes to the published one.
func (s *Syncer) Plan(ctx context.Context) (out *Outcome, before publish.Published, err error) {
	if s.Store != nil {
		if before, err = publish.Load(ctx, s.Store); err != nil {
			return nil, before, err
		}
	}
	if out, err = s.Generate(ctx, before.Config); err != nil {
		return nil, before, err
	}
	out.Plan = s.plan(before, out)
	out.Degraded = s.unread(out)
	return out, before, nil
}

// plan plans the changes to the config before.
func (s *Syncer) plan(before publish.Published, out *Outcome) publish.Plan {
	p := publish.NewPlan(before.Config, out.Config, s.Settings.Forget...)
	names := make([]string, len(out.Unused))
	for i, l := range out.Unused {
		names[i] = l.Name
	}
	p.Expect(names)
	return p
}

// Sync does all steps. If it fails after planning, it returns both the error and the outcome so far. It fails with a *DegradedError after
// all steps if it has kept checks that it can't be sure of.
func (s *Syncer) Sync(ctx context.Context) (*Outcome, error) {
	out, before, err := s.Plan(ctx)
	if err != nil {
		return nil, err
	}
	return out, s.finish(ctx, out, before)
}

// SyncTo does the steps after generating, with a config that was generated before.
func (s *Syncer) SyncTo(ctx context.Context, c *config.Config) (*Outcome, error) {
	before, err := publish.Load(ctx, s.Store)
	if err != nil {
		return nil, err
	}
	if before.Config != nil {
		c.Unknown = before.Config.Unknown
	}
	out := &Outcome{Generated: generate.Generated{Config: c}}
	out.Plan = s.plan(before, out)
	out.Degraded = s.unread(out)
	return out, s.finish(ctx, out, before)
}

// finish publishes, redeploys and catches up. It catches up last, to cover events that reach an endpoint with the old config. If
// redeploying fails, the endpoints load the config when they next look for it.
func (s *Syncer) finish(ctx context.Context, out *Outcome, before publish.Published) error {
	if err := s.Publish(ctx, out, before); err != nil {
		return err
	}
	if err := s.redeploy(ctx, out); err != nil {
		return errors.Join(err, s.catchUp(ctx, out, noWait))
	}
	when := wait
	if s.Redeploy != nil {
		when = loaded
	}
	if err := s.catchUp(ctx, out, when); err != nil || out.Degraded == nil {
		return err
	}
	return out.Degraded
}

// Publish holds back a drastic removal, asks for approval, and replaces the published config. What is owed is part of the same document, so
// that a sync that ends early leaves it to the next one.
func (s *Syncer) Publish(ctx context.Context, out *Outcome, before publish.Published) (err error) {
	s.hold(out, before)
	s.Reporter.Planned(out)
	if err := s.approve(out); err != nil {
		return err
	}
	out.Config.Owed = nil // what a job's artifact says is old
	if !s.Options.NoCatchUp && (s.Checker != nil || s.CatchUpBy != nil) {
		due := time.Now()
		if before.Config != nil && s.Refresh > 0 { // else no endpoint has an old config
			due = due.Add(s.Refresh + time.Second - 1) // the config has whole seconds
		}
		out.Config.Owed = publish.Owe(before.Config, out.Config, out.Plan, due)
	}
	if out.Published, err = before.Put(ctx, s.Store, out.Config); err != nil || !out.Published {
		return err
	}
	s.Reporter.Published(out, s.Store)
	return nil
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

// RedeployTo makes the sync redeploy Lambda functions, so that they load the published config.
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
