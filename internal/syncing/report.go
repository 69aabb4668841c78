package syncing

import (
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
	"github.com/dpb587/concourse-resource-endpoints/internal/redeploy"
	"github.com/dpb587/concourse-resource-endpoints/internal/store"
)

// Reporter is told of a sync's steps, in their order.
type Reporter interface {
	// Planned is told what was read, what is left out, and what changes, before it is published.
	Planned(out *Outcome)
	// Published is told that the store has the new config.
	Published(out *Outcome, to store.Store)
	// Redeployed is told what became of the functions that serve the config.
	Redeployed(results []redeploy.Result)
	// CaughtUp is told which of the checks that were added or changed were taken.
	CaughtUp(report notify.Report)
}

// Text reports to people: what was asked for to Out, all else to Err.
type Text struct{ Out, Err io.Writer }

// Planned prints a line for each change.
func (t Text) Planned(out *Outcome) {
	if out.Reading != nil && len(out.Reading.Teams) > 0 { // Concourse silently shows less to those with less
		fmt.Fprintf(t.Err, "read %d pipelines of %s\n", len(out.Reading.Pipelines), strings.Join(out.Reading.Teams, ", "))
	}
	t.Left(out)
	out.Plan.Print(t.Out)
}

// Left prints what the config leaves out.
func (t Text) Left(out *Outcome) {
	for _, l := range out.Left {
		fmt.Fprintf(t.Err, "left out: %s: %s\n", l.Name, l.Reason)
	}
}

// Published prints where to, where there were changes.
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

// CaughtUp prints how many checks were asked, and each failure.
func (t Text) CaughtUp(report notify.Report) {
	if n := len(report.Success); n > 0 {
		fmt.Fprintf(t.Out, "asked %d of them to check\n", n)
	}
	for _, f := range report.Failure {
		fmt.Fprintf(t.Err, "warning: %s could not be asked to check once: %s\n", f.Check, f.Error)
	}
}

// Log reports to a log.
type Log struct{ Logger *slog.Logger }

// Planned logs a line for each change, and one for the sync.
func (l Log) Planned(out *Outcome) {
	for _, left := range out.Left {
		l.Logger.Warn("left out", "resource", left.Name, "reason", left.Reason)
	}
	for _, change := range out.Plan.Changes {
		l.Logger.Info("synced", "change", change.String())
	}
	l.Logger.Info("sync", "teams", out.Reading.Teams, "pipelines", len(out.Reading.Pipelines), "plan", out.Plan.Summary())
}

// Published has nothing to add.
func (l Log) Published(*Outcome, store.Store) {}

// Redeployed has nothing to add: the endpoint logs what it serves.
func (l Log) Redeployed([]redeploy.Result) {}

// CaughtUp logs each failure.
func (l Log) CaughtUp(report notify.Report) {
	for _, f := range report.Failure {
		l.Logger.Warn("could not be asked to check once", "resource", f.Check, "error", f.Error)
	}
}
