package retry

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
	"github.com/dpb587/concourse-resource-endpoints/internal/receiver"
)

// Keeper posts checks, and keeps those that Concourse does not take in a queue. It is safe for use by several goroutines.
type Keeper struct {
	Queue *Queue
	// Dead is the dead-letter queue; nil for a function that only sends. Without it, nothing is given up.
	Dead *Queue
	// AnswerWithin is how long Ask may take: first to post, then to send what was not taken.
	AnswerWithin time.Duration
	// MaxAge is how old what Concourse does not take may get before it is given up; 24 hours where 0.
	MaxAge time.Duration
	// Current gives the config of this moment, and Fresh the config as it is stored now. Retry needs them.
	Current, Fresh func(context.Context) (*receiver.Current, error)
	// DryRun leaves the queue as it is, and posts nothing.
	DryRun bool
	Logger *slog.Logger

	mu sync.Mutex
	// taken are the checks that Concourse has taken, of messages that stay because of others, by the messages' ids. It saves posts;
	// another instance of the function, or a later one, knows nothing of it.
	taken map[string]map[string]bool
}

// Ask asks for the checks of the targets, and sends those that Concourse has not taken in time to the queue: they are pending in the
// report. Where that fails too they are failures, as without a queue. What is gone is never sent.
func (k *Keeper) Ask(ctx context.Context, checker notify.Checker, targets []notify.Target) notify.Report {
	now := time.Now().UTC()
	ctx, cancel := context.WithTimeout(ctx, k.AnswerWithin) // or sooner, where the invocation ends sooner
	defer cancel()
	deadline, _ := ctx.Deadline()
	post := max(time.Until(deadline)*3/5, time.Nanosecond) // 0 is notify's default
	report := notify.New(checker, notify.Options{Logger: k.Logger, Deadline: post}).Notify(ctx, targets)
	wanted := make(map[string]bool)
	for _, f := range report.Failure {
		if !f.Gone() {
			wanted[f.Check] = true
		}
	}
	if len(wanted) == 0 {
		return report
	}
	kept := k.keep(ctx, Message{Oldest: now, Checks: checksOf(targets, wanted)})
	failures := report.Failure
	report.Failure = []notify.Failure{}
	for _, f := range failures {
		if kept[f.Check] {
			report.Pending = append(report.Pending, f.Check)
		} else {
			report.Failure = append(report.Failure, f)
		}
	}
	return report
}

// keep sends a message's checks to the queue, and gives the names of those that it has taken.
func (k *Keeper) keep(ctx context.Context, m Message) map[string]bool {
	messages := pack(m, maxEntries)
	bodies := make([]string, len(messages))
	for i := range messages {
		bodies[i] = messages[i].body
	}
	sent, err := k.Queue.send(ctx, bodies)
	kept := make(map[string]bool)
	for i, ok := range sent {
		for _, name := range messages[i].names {
			kept[name] = ok
		}
	}
	lost := 0
	for _, c := range m.Checks {
		if !kept[c.Name] {
			lost++
		}
	}
	if lost > 0 {
		k.Logger.ErrorContext(ctx, "checks were neither taken nor kept; they are lost unless the delivery is sent again", "checks", lost, "error", err)
	}
	if lost < len(m.Checks) {
		k.Logger.InfoContext(ctx, "checks kept in the retry queue", "checks", len(m.Checks)-lost, "queue", k.Queue.name)
	}
	return kept
}
