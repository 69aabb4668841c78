package syncing

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/printable"
	"github.com/dpb587/concourse-resource-endpoints/internal/publish"
)

// DegradedError says that a sync has published what it may, and kept checks that it can't be sure of.
type DegradedError struct {
	// Teams are those that the login can't read any more. Forget is the option that drops their checks.
	Teams  []string
	Forget string
	// Broken are the pipelines whose config could not be read.
	Broken []string
	// Held is how many checks would have vanished, of how many.
	Held, Of int
	// Readable are the teams that the login could read.
	Readable []string
	// Force tells the operator in a sentence how to publish a removal anyway.
	Force string
}

func (e *DegradedError) Error() string {
	var parts []string
	for _, team := range e.Teams {
		team = printable.Name(team, "/")
		parts = append(parts, fmt.Sprintf("the login can't read team %s any more, so its checks stay as they are: give it a role there again, or drop them with %s %s.",
			team, e.Forget, team))
	}
	if len(e.Broken) > 0 {
		parts = append(parts, brokenText(e.Broken)+", so the checks that it had stay as they are: see above why.")
	}
	if e.Held > 0 {
		s := fmt.Sprintf("the plan would remove %d of %d checks: they stay. Can the login still read all pipelines?", e.Held, e.Of)
		if len(e.Readable) > 0 {
			s += " It could read " + list(e.Readable) + "."
		}
		parts = append(parts, s+" "+e.Force)
	}
	return strings.TrimSpace(strings.Join(parts, " "))
}

// list lists the names of teams.
func list(teams []string) string {
	quoted := make([]string, len(teams))
	for i, team := range teams {
		quoted[i] = printable.Name(team, "/")
	}
	return strings.Join(quoted, ", ")
}

// unread names the teams that the login can't read any more, and the pipelines that could not be read; nil if there are none.
func (s *Syncer) unread(out *Outcome) *DegradedError {
	e := &DegradedError{Forget: s.ForgetHint}
	if out.Config.Held != nil {
		e.Teams = out.Config.Held.Teams
	}
	if out.Reading != nil {
		e.Broken = out.Reading.Broken
	}
	if len(e.Teams)+len(e.Broken) == 0 {
		return nil
	}
	return e
}

// brokenText says which pipelines could not be read.
func brokenText(pipelines []string) string {
	const most = 5
	named, more := pipelines[:min(len(pipelines), most)], ""
	if n := len(pipelines) - len(named); n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return "the config of " + strings.Join(named, ", ") + more + " could not be read"
}

// Broken is an error if pipelines could not be read.
func (o *Outcome) Broken() error {
	if o.Reading == nil || len(o.Reading.Broken) == 0 {
		return nil
	}
	return errors.New(brokenText(o.Reading.Broken) + ": see above why")
}

// hold keeps the checks that a drastic plan would remove, and publishes the rest of the plan.
func (s *Syncer) hold(out *Outcome, before publish.Published) {
	if s.Options.Force || !out.Plan.Drastic() {
		s.vanished = vanished{}
		return
	}
	if age := s.vanished.see(out.Plan, time.Now()); s.RemovalDelay > 0 && age >= s.RemovalDelay {
		return
	}
	if out.Degraded == nil {
		out.Degraded = new(DegradedError)
	}
	out.Degraded.Held, out.Degraded.Of, out.Degraded.Force = out.Plan.Vanishing(), out.Plan.Before, s.ForceHint
	if out.Reading != nil {
		out.Degraded.Readable = out.Reading.Teams
	}
	out.Config = out.Plan.Hold(out.Config)
	out.Plan = s.plan(before, out)
}

// vanished are the checks whose removal is held back, since a time.
type vanished struct {
	since  time.Time
	checks map[string]bool
}

// see notes the checks that would vanish, and returns for how long they have. A check that would vanish only now starts the time anew.
func (v *vanished) see(p publish.Plan, now time.Time) time.Duration {
	checks, more := make(map[string]bool), false
	for _, c := range p.Changes {
		if c.Action == publish.Removed && !c.Expected {
			checks[c.Check], more = true, more || !v.checks[c.Check]
		}
	}
	if v.checks = checks; more {
		v.since = now
	}
	return now.Sub(v.since)
}
