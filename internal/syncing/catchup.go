package syncing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
	"github.com/dpb587/concourse-resource-endpoints/internal/publish"
)

// settleEvery is how long a sync asks for checks before it takes those that Concourse took off the published config.
const settleEvery = 30 * time.Second

// defaultRate is how many owed checks are asked for in a second.
const defaultRate = 10

// waiting says what to do about checks that are not due yet.
type waiting int

const (
	wait   waiting = iota // wait until they are due
	noWait                // leave them to the next sync
	loaded                // ask for them: the endpoints have loaded the config
)

// CatchUp asks for the checks that the published config owes, when the endpoints have loaded it.
func (s *Syncer) CatchUp(ctx context.Context, out *Outcome) error { return s.catchUp(ctx, out, loaded) }

// catchUp asks for the checks that the published config owes, as slowly as the options say, and takes them off the config. What it
// can't do in its time, or before ctx ends, stays owed.
func (s *Syncer) catchUp(ctx context.Context, out *Outcome, when waiting) error {
	owed := slices.Clone(out.Config.Owed)
	slices.SortStableFunc(owed, func(a, b config.Owed) int { return cmp.Compare(a.Due, b.Due) })
	if s.CatchUpTime > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.CatchUpTime)
		defer cancel()
	}
	refs := refsOf(out.Config)
	left := 0
	for len(owed) > 0 && ctx.Err() == nil && s.untilDue(ctx, owed[0], when) {
		now := s.now(owed, when)
		settled, err := s.ask(ctx, now, refs)
		if len(settled) > 0 {
			err = errors.Join(err, publish.Settle(context.WithoutCancel(ctx), s.Store, settled))
		}
		if err != nil {
			return fmt.Errorf("catching up: %w", err)
		}
		owed, left = owed[len(now):], left+len(now)-len(settled)
		if len(settled) == 0 {
			break // Concourse takes none now
		}
	}
	if left += len(owed); left > 0 {
		s.Reporter.Left(left)
	}
	return nil
}

// untilDue waits until a check is due. It reports false if that is not to be waited for.
func (s *Syncer) untilDue(ctx context.Context, o config.Owed, when waiting) bool {
	d := time.Until(time.Unix(o.Due, 0))
	switch deadline, limited := ctx.Deadline(); {
	case when == loaded, d <= 0:
		return true
	case when == noWait, limited && time.Until(deadline) < d:
		return false
	}
	s.Reporter.Waiting(d)
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// now are the first of the checks, as many as are due and fit into the time after which they are settled. CatchUpBy needs no pace.
func (s *Syncer) now(owed []config.Owed, when waiting) []config.Owed {
	n := len(owed)
	if s.CatchUpBy == nil {
		n = min(n, s.Options.rate()*int(settleEvery/time.Second))
	}
	if when == loaded {
		return owed[:n]
	}
	at := time.Now().Unix()
	for i := range n {
		if owed[i].Due > at {
			return owed[:i]
		}
	}
	return owed[:n]
}

// ask asks for checks, and returns those that are no longer owed.
func (s *Syncer) ask(ctx context.Context, owed []config.Owed, refs map[string]config.Ref) ([]config.Owed, error) {
	var targets []notify.Target
	names := make(map[string]bool, len(owed)) // those that are no longer owed
	for _, o := range owed {
		if ref, ok := refs[o.Check]; ok {
			targets = append(targets, notify.Target{Ref: ref, Reason: "it, or another of its scope, was added or changed in the config"})
		} else { // somebody took it out of the config, or gave it a name that no resource can have
			names[o.Check] = true
		}
	}
	by := s.CatchUpBy
	if by == nil {
		by = s.notify
	}
	taken, err := by(ctx, targets)
	for _, name := range taken {
		names[name] = true
	}
	return slices.DeleteFunc(slices.Clone(owed), func(o config.Owed) bool { return !names[o.Check] }), err
}

// notify posts the checks. It also takes those that Concourse refuses because of what or whose they are: to ask again would not help.
func (s *Syncer) notify(ctx context.Context, targets []notify.Target) (taken []string, err error) {
	report := notify.New(s.Checker, notify.Options{Deadline: roundTime, Rate: s.Options.rate()}).Notify(ctx, targets)
	taken = slices.Clone(report.Success)
	report.Failure = slices.DeleteFunc(report.Failure, func(f notify.Failure) bool {
		var status *concourse.StatusError
		if errors.Is(f.Err, notify.ErrNotAsked) {
			return ctx.Err() != nil // it stays owed, without a word for each
		}
		if f.Gone() || errors.As(f.Err, &status) && status.Concourse && status.Status == http.StatusForbidden {
			taken = append(taken, f.Check)
		}
		return false
	})
	s.Reporter.CaughtUp(report)
	return taken, nil
}

// refsOf are a config's checks by their names.
func refsOf(c *config.Config) map[string]config.Ref {
	refs := make(map[string]config.Ref, len(c.Checks))
	for i := range c.Checks {
		if ref, err := c.Checks[i].Ref(); err == nil {
			refs[ref.String()] = ref
		}
	}
	return refs
}
