package syncing

import (
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
	"github.com/dpb587/concourse-resource-endpoints/internal/redeploy"
	"github.com/dpb587/concourse-resource-endpoints/internal/store"
)

// Reporter reports the steps of a sync, in their order.
type Reporter interface {
	// Planned reports what was read, what is left out, and what changes, before publishing.
	Planned(out *Outcome)
	// Published reports that the store has the new config.
	Published(out *Outcome, to store.Store)
	// Redeployed reports the result for each function.
	Redeployed(results []redeploy.Result)
	// Waiting reports that the checks that are owed are not due before this time.
	Waiting(d time.Duration)
	// CaughtUp reports which of the added or changed checks Concourse accepted.
	CaughtUp(report notify.Report)
	// Left reports how many checks are left to the next sync.
	Left(n int)
}

// Text reports to people: the plan and what was done to Out, the rest to Err.
type Text struct{ Out, Err io.Writer }

// Planned prints a line for each change.
func (t Text) Planned(out *Outcome) {
	if out.Reading != nil && len(out.Reading.Teams) > 0 { // so that a missing team is noticed: Concourse hides it
		fmt.Fprintf(t.Err, "read %d pipelines of %s\n", len(out.Reading.Pipelines), list(out.Reading.Teams))
	}
	t.LeftOut(out)
	if held := out.Config.Held; held != nil {
		fmt.Fprintf(t.Err, "warning: the login can't read %s any more: its checks stay as they are\n", list(held.Teams))
	}
	out.Plan.Print(t.Out)
}

// LeftOut prints what the config leaves out, and what it can't decide on.
func (t Text) LeftOut(out *Outcome) {
	for _, l := range out.LeftOut {
		fmt.Fprintf(t.Err, "left out: %s: %s\n", l.Name, l.Reason)
	}
	for _, l := range out.Unused {
		fmt.Fprintf(t.Err, "left out: %s: %s\n", l.Name, l.Reason)
	}
	for _, l := range out.TooLarge {
		fmt.Fprintf(t.Err, "warning: %s: %s: it is checked at every event of what it watches\n", l.Name, l.Reason)
	}
	for _, u := range out.UnknownFields {
		fmt.Fprintf(t.Err, "warning: %s\n", u)
	}
	for i, u := range out.Unserved {
		if i == maxUnserved {
			fmt.Fprintf(t.Err, "not served: %d more types: syncer coverage --uncovered lists their resources\n", len(out.Unserved)-i)
			break
		}
		fmt.Fprintf(t.Err, "not served: %s: %s\n", count(u.Resources, "resource"), u.Reason)
	}
}

// maxUnserved is how many types that are not served are named.
const maxUnserved = 20

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Published prints the location, if there were changes.
func (t Text) Published(out *Outcome, to store.Store) {
	if !out.Plan.Empty() {
		fmt.Fprintf(t.Out, "published %s\n", to)
	}
}

// Redeployed prints a line for each function.
func (t Text) Redeployed(results []redeploy.Result) {
	for _, r := range results {
		fmt.Fprintln(t.Out, r)
	}
}

// Waiting prints for how long.
func (t Text) Waiting(d time.Duration) {
	fmt.Fprintf(t.Err, "waiting %s until the endpoints have loaded the config; interrupt to leave it to the next sync\n", d.Round(time.Second))
}

// Left prints how many there are.
func (t Text) Left(n int) {
	fmt.Fprintf(t.Err, "%d resources are still to be asked to check: the next sync does it\n", n)
}

// CaughtUp prints how many resources were asked to check, and each failure.
func (t Text) CaughtUp(report notify.Report) {
	if n := len(report.Success); n > 0 {
		fmt.Fprintf(t.Out, "asked %d of them to check\n", n)
	}
	for _, f := range report.Failure {
		fmt.Fprintf(t.Err, "warning: %s was not asked to check: %s\n", f.Check, f.Error)
	}
}

// Log reports to a log.
type Log struct{ Logger *slog.Logger }

// Planned logs a line for each change, and one for the plan.
func (l Log) Planned(out *Outcome) {
	for _, left := range out.LeftOut {
		l.Logger.Warn("left out", "resource", left.Name, "reason", left.Reason)
	}
	for _, left := range out.Unused {
		l.Logger.Info("left out", "resource", left.Name, "reason", left.Reason)
	}
	for _, large := range out.TooLarge {
		l.Logger.Warn("checked at every event of what it watches", "resource", large.Name, "reason", large.Reason)
	}
	for i, u := range out.Unserved {
		if i == maxUnserved {
			l.Logger.Info("more types are not served: syncer coverage --uncovered lists their resources", "types", len(out.Unserved)-i)
			break
		}
		l.Logger.Info("not served", "resources", u.Resources, "reason", u.Reason)
	}
	for _, u := range out.UnknownFields {
		l.Logger.Warn("unknown field of a source", "type", u.Type, "field", u.Field, "reason", u.String())
	}
	for _, change := range out.Plan.Changes {
		l.Logger.Info("planned", "change", change.String())
	}
	l.Logger.Info("sync planned", "teams", out.Reading.Teams, "pipelines", len(out.Reading.Pipelines), "plan", out.Plan.Summary())
}

// Published logs nothing.
func (l Log) Published(*Outcome, store.Store) {}

// Redeployed logs nothing: the endpoint logs the config that it loads.
func (l Log) Redeployed([]redeploy.Result) {}

// Waiting logs nothing.
func (l Log) Waiting(time.Duration) {}

// Left logs how many there are.
func (l Log) Left(n int) {
	l.Logger.Warn("resources are still to be asked to check: the next sync does it", "count", n)
}

// CaughtUp logs each failure.
func (l Log) CaughtUp(report notify.Report) {
	for _, f := range report.Failure {
		l.Logger.Warn("was not asked to check", "resource", f.Check, "error", f.Error)
	}
}
