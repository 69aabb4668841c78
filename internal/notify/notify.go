// Package notify is the step of a delivery between match, which says what to check and why, and concourse, which posts: it
// asks many resources to check, with one post per scope, bounded in number and time, repeated where that may help, and
// reports on each.
package notify

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
	"github.com/dpb587/concourse-resource-endpoints/internal/config"
)

// Checker asks for one check: a *concourse.Client. It is called from several goroutines.
type Checker interface {
	Check(ctx context.Context, ref config.Ref, webhookToken string) (concourse.Build, error)
}

// Target is one resource to check.
type Target struct {
	Ref config.Ref
	// Scope is the same for resources that one check serves; "" for a resource that shares its check with no other.
	Scope string
	// WebhookToken gives the resource's webhook token; nil if it has none, or if the checker has a login. It is called only for
	// a resource that is posted, so that no reference is resolved without need.
	WebhookToken func(context.Context) (string, error)
	// Rule names what decided to check, and Reason says why in words.
	Rule, Reason string
	// Delivery is the id of the delivery that wants the check, and Provider the name of who sent it; "" where unknown.
	Delivery, Provider string
}

// Options say how to ask. The zero value has the defaults.
type Options struct {
	// Concurrency is the most posts at once; 16 where 0.
	Concurrency int
	// Deadline bounds all of one Notify; 20 s where 0. The context's own deadline counts too: a caller that must still answer
	// afterwards gives one that leaves time for that.
	Deadline time.Duration
	// AttemptTimeout bounds one post, so that after one that hangs there is time for another; 8 s where 0.
	AttemptTimeout time.Duration
	// Attempts is the most posts for one resource; 4 where 0.
	Attempts int
	// Backoff is the wait before the second attempt; 250 ms where 0. It doubles each time, give or take half of it.
	Backoff time.Duration
	// MaxBackoff bounds the doubling, and the wait that the ATC asks for with Retry-After; 5 s where 0.
	MaxBackoff time.Duration
	// Rate is the most scopes that are taken up in a second; 0 for no limit.
	Rate int
	// Logger gets a line per target; nil for none.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	o.Concurrency = cmp.Or(o.Concurrency, 16)
	o.Deadline = cmp.Or(o.Deadline, 20*time.Second)
	o.AttemptTimeout = cmp.Or(o.AttemptTimeout, 8*time.Second)
	o.Attempts = cmp.Or(o.Attempts, 4)
	o.Backoff = cmp.Or(o.Backoff, 250*time.Millisecond)
	o.MaxBackoff = cmp.Or(o.MaxBackoff, 5*time.Second)
	o.Logger = cmp.Or(o.Logger, slog.New(slog.DiscardHandler))
	return o
}

// Notifier asks resources to check. It is safe for use by several goroutines.
type Notifier struct {
	checker Checker
	options Options
}

// New makes a notifier.
func New(checker Checker, o Options) *Notifier {
	return &Notifier{checker: checker, options: o.withDefaults()}
}

// Notify asks for the checks of all targets and reports on each, once if it is listed twice. Of the targets of one scope it
// posts the first and, where the ATC refuses that one, the next. It returns when all is done, the deadline has passed or ctx
// ends.
func (n *Notifier) Notify(ctx context.Context, targets []Target) Report {
	ctx, cancel := context.WithTimeout(ctx, n.options.Deadline)
	defer cancel()
	r := &run{Notifier: n, ctx: ctx, outcomes: make([]outcome, 0, len(targets))}
	r.plan(targets)
	r.work()
	return report(r.outcomes)
}

// ErrNotAsked is a cause of the failure of targets that were never posted: the time ran out, or the post could only fail.
var ErrNotAsked = errors.New("not asked")

// ErrNotKept is a cause of the failure of targets that were neither taken nor kept until they are taken.
var ErrNotKept = errors.New("it could not be kept")

// run is one Notify.
type run struct {
	*Notifier

	ctx context.Context //nolint:containedctx // of this one run
	// giveUp is the first error that every other post would fail with too; nil until then.
	giveUp atomic.Pointer[error]

	// outcomes are in the order of the targets, without repetition. Each is written by the goroutine that works on its group.
	outcomes []outcome
	// groups are the indices of the outcomes that one check serves, in order.
	groups [][]int
}

// plan drops repeated targets and puts those of one scope into one group.
func (r *run) plan(targets []Target) {
	seen := make(map[string]bool, len(targets))
	scopes := make(map[string]int)
	for _, t := range targets {
		name := t.Ref.String()
		if seen[name] {
			continue
		}
		seen[name] = true
		index := len(r.outcomes)
		r.outcomes = append(r.outcomes, outcome{target: t, name: name})
		if g, ok := scopes[t.Scope]; ok && t.Scope != "" {
			r.groups[g] = append(r.groups[g], index)
			continue
		}
		scopes[t.Scope] = len(r.groups)
		r.groups = append(r.groups, []int{index})
	}
}

// pause waits as the rate wants, or until nothing more is posted.
func (r *run) pause() {
	if r.options.Rate <= 0 || r.ended() != nil {
		return
	}
	timer := time.NewTimer(time.Second / time.Duration(r.options.Rate))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.ctx.Done():
	}
}

// work takes group after group, in several goroutines.
func (r *run) work() {
	groups := make(chan []int)
	var wg sync.WaitGroup
	for range min(r.options.Concurrency, len(r.groups)) {
		wg.Go(func() {
			for group := range groups {
				r.group(group)
			}
		})
	}
	for i, group := range r.groups {
		if i > 0 {
			r.pause()
		}
		groups <- group
	}
	close(groups)
	wg.Wait()
}
