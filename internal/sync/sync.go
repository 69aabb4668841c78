package sync

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
	"github.com/dpb587/concourse-resource-endpoints/internal/store"
)

// ErrDeclined says that the operator did not want the plan.
var ErrDeclined = errors.New("nothing was published")

// DrasticError says that a plan was not published, since it would remove most of the checks. How to publish it nevertheless
// is for whoever asked to say.
type DrasticError struct {
	Plan Plan
	// Teams are those that the login could read.
	Teams []string
}

func (e *DrasticError) Error() string {
	s := fmt.Sprintf("the plan would remove %d of %d checks: can the login still read all teams?", e.Plan.Count(Removed), e.Plan.Before)
	if len(e.Teams) > 0 {
		s += " It could read " + strings.Join(e.Teams, ", ")
	}
	return s
}

// Syncer brings what is published up to date with a Concourse.
type Syncer struct {
	// Read gives the pipelines, reading again only those that previous does not know as they are.
	Read func(ctx context.Context, previous []config.Pipeline) (*Reading, error)
	// Store is where the config is published.
	Store    store.Store
	Settings Settings
	// Force publishes a plan that would drop most of the checks, too.
	Force bool
	// Approve is shown the plan before it is published; false declines it. It is not asked about an empty plan. Nil approves.
	Approve func(Outcome) (bool, error)
	// Redeploy makes what serves the config take it up, by its digest; nil for nothing. It is called after each sync that is no
	// dry run, also where nothing changed: a function may have been missed before.
	Redeploy func(ctx context.Context, digest string) error
	// Notifier asks what was added or changed to check once. Nil for no such catch-up.
	Notifier *notify.Notifier
	// AskLater leaves the catch-up to the caller: Outcome.Due.
	AskLater bool
	// DryRun plans only.
	DryRun bool
}

// CatchUpTime bounds a catch-up; a first sync may add thousands of checks.
const CatchUpTime = 10 * time.Minute

// Outcome is what a sync found and did.
type Outcome struct {
	Reading *Reading
	Generated
	Plan Plan
	// Published says that the store has a new document, be it only for what the syncer notes for its next run.
	Published bool
	// Due are the checks to catch up with after publishing, and CatchUp reports on them.
	Due     []notify.Target
	CatchUp notify.Report
}

// Sync reads, generates, plans, publishes, redeploys and catches up. Outcome.Published tells whether it came to that, with an
// error too.
func (s *Syncer) Sync(ctx context.Context) (Outcome, error) {
	var out Outcome
	document, previous, err := s.previous(ctx)
	if err != nil {
		return out, err
	}
	if out.Reading, err = s.Read(ctx, readBefore(previous)); err != nil {
		return out, err
	}
	generated, err := Generate(out.Reading, s.Settings, previous)
	if err != nil {
		return out, err
	}
	out.Generated = *generated
	err = s.publish(ctx, &out, document, previous)
	return out, err
}

// readBefore are the pipelines that need not be read again. There are none where somebody has changed the published checks by
// hand: they are not what the pipelines give, and would stay so.
func readBefore(previous *config.Config) []config.Pipeline {
	if previous == nil {
		return nil
	}
	if digest, err := config.Digest(previous.Checks); err != nil || digest != previous.Digest {
		return nil
	}
	return previous.Pipelines
}

// publish plans, asks, publishes, redeploys and catches up, where stored is what the store has, and previous the document in it.
func (s *Syncer) publish(ctx context.Context, out *Outcome, stored store.Document, previous *config.Config) error {
	out.Plan = NewPlan(previous, out.Config)
	data, err := out.Config.Marshal()
	if err != nil {
		return err
	}
	if s.DryRun {
		return nil
	}
	if bytes.Equal(data, stored.Data) {
		return s.redeploy(ctx, out.Config.Digest)
	}
	if err := s.approve(*out); err != nil {
		return err
	}
	if _, err := s.Store.Publish(ctx, data, stored.Tag); err != nil {
		return err
	}
	out.Published = true
	// What happens while a function still runs with the old config is caught up with, so that comes last; and in any case.
	err = s.redeploy(ctx, out.Config.Digest)
	out.Due = due(previous, *out)
	if s.Notifier != nil && !s.AskLater {
		out.CatchUp = s.Notifier.Notify(ctx, out.Due)
	}
	return err
}

func (s *Syncer) redeploy(ctx context.Context, digest string) error {
	if s.Redeploy == nil {
		return nil
	}
	if err := s.Redeploy(ctx, digest); err != nil {
		return fmt.Errorf("redeploying: %w", err)
	}
	return nil
}

// previous is the published document, nil where there is none yet. One that can't be read is an error: to replace it unread
// would hide that the location is another's.
func (s *Syncer) previous(ctx context.Context) (store.Document, *config.Config, error) {
	document, err := s.Store.Load(ctx, "")
	if errors.Is(err, store.ErrNotFound) {
		return store.Document{}, nil, nil
	}
	if err != nil {
		return document, nil, err
	}
	c, err := config.Parse(document.Data)
	if err != nil {
		return document, nil, fmt.Errorf("reading what is published at %s: %w; move it away to start anew", s.Store, err)
	}
	return document, c, nil
}

func (s *Syncer) approve(out Outcome) error {
	if out.Plan.Drastic() && !s.Force {
		return &DrasticError{Plan: out.Plan, Teams: out.Reading.Teams}
	}
	if s.Approve == nil || out.Plan.Empty() {
		return nil
	}
	ok, err := s.Approve(out)
	if err != nil {
		return err
	}
	if !ok {
		return ErrDeclined
	}
	return nil
}

// due is each added or changed check, to be asked once: what happened between the pipeline's set and the publish is not
// missed, and a resource that was never checked gets its scope. Of a scope that lost the member that was asked on behalf
// of all, another member is asked, since the old one may have been asked in vain since it changed. Where the document comes
// to be for another Concourse, all are asked: that one was told of nothing until now.
func due(previous *config.Config, out Outcome) (targets []notify.Target) {
	add := func(c config.Check, reason string) {
		if ref, err := c.Ref(); err == nil {
			targets = append(targets, notify.Target{Ref: ref, Reason: reason})
		}
	}
	if previous != nil && previous.ATC.URL != out.Config.ATC.URL {
		for _, c := range out.Config.Checks {
			add(c, "the config was another Concourse's")
		}
		return targets
	}
	left := make(map[string]bool)
	if previous != nil {
		scopes := make(map[string]string, len(previous.Checks))
		for _, c := range previous.Checks {
			scopes[c.Name()] = c.Scope
		}
		for _, c := range out.Plan.Changes {
			left[scopes[c.Check]] = true
		}
		delete(left, "")
	}
	for _, c := range out.Plan.Changes {
		if c.Action != Removed {
			add(c.Now, "it is new in the config")
		}
	}
	for _, c := range out.Config.Checks {
		if left[c.Scope] {
			delete(left, c.Scope)
			add(c, "another resource of its scope changed")
		}
	}
	return targets
}
