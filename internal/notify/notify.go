// Package notify asks many resources to check: one post per scope, bounded in number and time, repeated where that may
// help, with a report on each.
//
// It stands between match, which says what to check and why, and concourse, which posts.
package notify

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
)

// Checker asks for one check: a *concourse.Client. It is called from several goroutines.
type Checker interface {
	Check(ctx context.Context, ref config.Ref, webhookToken string) error
}

// Target is one resource to check.
type Target struct {
	Ref config.Ref
	// Scope is equal for resources that one check serves; empty, the resource stands alone.
	Scope string
	// WebhookToken gives the resource's webhook token. Nil where it has none, or where the checker has a login. It is called
	// only for a resource that is asked for, so that references are not resolved in vain.
	WebhookToken func(context.Context) (string, error)
	// Reason is why, in words, for the log.
	Reason string
}

// Options are how to ask. Their zero value is of use.
type Options struct {
	// Concurrency is how many posts are on their way at once; 16 where 0.
	Concurrency int
	// Deadline bounds all of one Notify; 20 s where 0. The context's own counts too, and whoever must still answer somebody
	// after Notify gives a context that ends before that.
	Deadline time.Duration
	// AttemptTimeout bounds one post, so that one that hangs leaves time for another; 8 s where 0.
	AttemptTimeout time.Duration
	// Attempts is how often one resource is posted at most; 4 where 0.
	Attempts int
	// Backoff is the wait before the second attempt; 250 ms where 0. It doubles each time, give or take half of it.
	Backoff time.Duration
	// MaxBackoff bounds the doubling, and the wait that the ATC asks for with Retry-After; 5 s where 0.
	MaxBackoff time.Duration
	// Logger gets a line per post; none where nil.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	orDefault := func(d *time.Duration, value time.Duration) {
		if *d <= 0 {
			*d = value
		}
	}
	orDefault(&o.Deadline, 20*time.Second)
	orDefault(&o.AttemptTimeout, 8*time.Second)
	orDefault(&o.Backoff, 250*time.Millisecond)
	orDefault(&o.MaxBackoff, 5*time.Second)
	if o.Concurrency <= 0 {
		o.Concurrency = 16
	}
	if o.Attempts <= 0 {
		o.Attempts = 4
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
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

// Notify asks for the checks of all targets and reports on each of them, once where it is listed twice. Of the targets of
// one scope one is asked; where the ATC answers that it will not have that one, the next. It returns when all is done or
// the deadline has passed, and at once when ctx ends.
func (n *Notifier) Notify(ctx context.Context, targets []Target) Report {
	ctx, cancel := context.WithTimeout(ctx, n.options.Deadline)
	defer cancel()
	r := &run{
		checker:  n.checker,
		options:  n.options,
		ctx:      ctx,
		outcomes: make([]outcome, 0, len(targets)),
	}
	r.plan(targets)
	r.work()
	return report(r.outcomes)
}

// ErrNotAsked is in the failures of targets that were not asked for: their time ran out, or nothing would have been taken.
var ErrNotAsked = errors.New("not asked")

// run is one Notify.
type run struct {
	checker Checker
	options Options

	ctx context.Context //nolint:containedctx // of this one run
	// giveUp is the error after which no other target need be asked for.
	giveUp atomic.Pointer[error]

	// outcomes are in the order of the targets, each listed once. Each is written by the goroutine that has its group.
	outcomes []outcome
	// groups are the indices of outcomes that one check serves, in order.
	groups [][]int
}

// plan drops what is listed twice and puts targets of one scope into one group.
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

// work lets as many goroutines as wanted take group after group.
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
	for _, group := range r.groups {
		groups <- group
	}
	close(groups)
	wg.Wait()
}
