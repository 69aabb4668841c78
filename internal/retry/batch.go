package retry

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/envelope"
	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
	"github.com/dpb587/concourse-resource-endpoints/internal/receiver"
)

// The rounds of a batch's posts, by how long one post may take. The first is short, so that a resource that hangs keeps a healthy one
// waiting for moments only. A post that fails in both stays in the queue, which is what tries again.
var rounds = []time.Duration{2 * time.Second, 8 * time.Second}

const (
	// queueTime is the most that is left of an invocation's time, after the posts, for what is still to do with the queues.
	queueTime = 2 * time.Second
	// maxPosts bounds the posts of an invocation without a deadline.
	maxPosts = time.Minute
	// freshTime bounds a look at the store for a name that the config lacks.
	freshTime = 5 * time.Second
	// minHidden and maxHidden bound how long a message that stays is not received again. In between it is a part of its age.
	minHidden, maxHidden = 10 * time.Second, 15 * time.Minute
	// maxTaken is how many messages Keeper.taken holds before it starts afresh.
	maxTaken = 10_000
)

// batch is some messages of the queue, on their way.
type batch struct {
	*Keeper

	now   time.Time
	items []*item
	// targets are the resources to ask for. states says what became of each name.
	targets []notify.Target
	states  map[string]state
}

type item struct {
	envelope.Own
	Message

	done bool
}

// state is what became of a name: with none of the three, it is still to be asked for.
type state struct {
	taken, dropped bool
	err            error
}

// Retry handles messages of the queue as one piece of work: each resource is asked for once, all at the same time. It says which
// messages are done. A message stays as long as Concourse has not taken all of its checks, and is hidden for longer as it gets older.
// Checks are dropped whose resources are gone; what is too old goes to the dead-letter queue.
func (k *Keeper) Retry(ctx context.Context, messages []envelope.Own) (done []bool) {
	b := &batch{Keeper: k, now: time.Now().UTC(), states: make(map[string]state)}
	done = make([]bool, len(messages))
	if k.DryRun {
		k.Logger.InfoContext(ctx, "dry run: messages of the retry queue are left in it", "messages", len(messages))
		return done
	}
	for _, m := range messages {
		b.read(ctx, m)
	}
	b.post(ctx)
	b.settle(ctx)
	for i, it := range b.items {
		done[i] = it.done
	}
	return done
}

// read reads a message, and adds its names to those to ask for.
func (b *batch) read(ctx context.Context, own envelope.Own) {
	it := &item{Own: own}
	b.items = append(b.items, it)
	var err error
	if it.Message, err = parse(own.Body); err != nil {
		it.Checks = nil
		b.Logger.ErrorContext(ctx, "a message of the retry queue can't be read", "message", own.ID, "error", err)
		it.done = b.bury(ctx, []string{unreadable(own.Body, b.now, err)})
		return
	}
	for _, c := range it.Checks {
		if !b.wasTaken(own.ID, c.Name) {
			b.states[c.Name] = state{}
		}
	}
}

// find makes the targets of the names. A name that the config lacks is looked for in the config as it is stored now: the function
// that sent it may have had a newer one.
func (b *batch) find(ctx context.Context) (*receiver.Current, error) {
	current, err := b.Current(ctx)
	if err != nil {
		return nil, err
	}
	if !b.has(current) {
		ctx, cancel := context.WithTimeout(ctx, part(ctx, freshTime))
		defer cancel()
		fresh, freshErr := b.Fresh(ctx)
		if freshErr == nil {
			current = fresh
		}
		err = freshErr
	}
	for _, it := range b.items {
		for _, c := range it.Checks {
			b.target(ctx, current, c, err)
		}
	}
	return current, nil
}

func (b *batch) has(current *receiver.Current) bool {
	for name := range b.states {
		if _, ok := current.Find(name); !ok {
			return false
		}
	}
	return true
}

// target adds the target of a name, once. unsure is why the config may be too old to say that it lacks the name.
func (b *batch) target(ctx context.Context, current *receiver.Current, c Check, unsure error) {
	s, asked := b.states[c.Name]
	if !asked || s != (state{}) {
		return
	}
	t, ok := current.Find(c.Name)
	switch {
	case ok:
		s.err = notify.ErrNotAsked // until it is
		t.Rule, t.Reason = c.Rule, c.Reason
		b.targets = append(b.targets, t)
	case unsure != nil:
		s.err = unsure
	default:
		s.dropped = true
		b.Logger.WarnContext(ctx, "pending check dropped: its resource is not in the config any more", "check", c.Name, "deliveries", c.Deliveries)
	}
	b.states[c.Name] = s
}

// post asks for the checks.
func (b *batch) post(ctx context.Context) {
	if len(b.states) == 0 {
		return
	}
	current, err := b.find(ctx)
	if err != nil {
		for name := range b.states {
			b.states[name] = state{err: err}
		}
		return
	}
	rest, until := b.targets, time.Now().Add(maxPosts)
	if deadline, ok := ctx.Deadline(); ok {
		until = deadline.Add(-part(ctx, queueTime))
	}
	for _, timeout := range rounds {
		left := time.Until(until)
		if len(rest) == 0 || left <= 0 {
			return
		}
		to := notify.New(current.Checker, notify.Options{Logger: b.Logger, Attempts: 1, AttemptTimeout: timeout, Deadline: left})
		rest = b.result(ctx, rest, to.Notify(ctx, rest))
	}
}

// part is a time, or a third of what is left where that is less.
func part(ctx context.Context, most time.Duration) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		return min(most, time.Until(deadline)/3)
	}
	return most
}

// result notes what became of targets, and gives those to ask for again.
func (b *batch) result(ctx context.Context, asked []notify.Target, r notify.Report) (rest []notify.Target) {
	for _, name := range r.Success {
		b.states[name] = state{taken: true}
	}
	for _, f := range r.Failure {
		b.states[f.Check] = state{err: f.Err, dropped: f.Gone()}
		if f.Gone() {
			b.Logger.WarnContext(ctx, "pending check dropped: its resource is gone", "check", f.Check, "error", f.Error)
		}
	}
	for _, t := range asked {
		if s := b.states[t.Ref.String()]; !s.taken && !s.dropped {
			rest = append(rest, t)
		}
	}
	return rest
}

// settle says of each message whether it is done, and hides those that stay.
func (b *batch) settle(ctx context.Context) {
	var receipts []string
	var seconds []int32
	for _, it := range b.items {
		rest := b.rest(it)
		switch {
		case len(it.Checks) == 0: // it can't be read
		case len(rest) == 0:
			it.done = true
		case b.now.Sub(it.Oldest) >= cmp.Or(b.MaxAge, 24*time.Hour):
			it.done = b.giveUp(ctx, it, rest)
		}
		b.remember(it)
		if !it.done {
			receipts = append(receipts, it.ReceiptHandle)
			seconds = append(seconds, int32(hidden(b.now.Sub(it.Oldest)).Seconds()))
		}
	}
	if err := b.Queue.hide(ctx, receipts, seconds); err != nil {
		b.Logger.WarnContext(ctx, "messages that stay in the retry queue come back when its own visibility timeout ends", "error", err)
	}
}

// rest are the checks of a message that are still to be taken, with the reasons.
func (b *batch) rest(it *item) (rest []Check) {
	for _, c := range it.Checks {
		if s := b.states[c.Name]; s.err != nil && !s.dropped && !b.wasTaken(it.ID, c.Name) {
			c.Error = cut(s.err.Error(), maxText)
			rest = append(rest, c)
		}
	}
	return rest
}

// hidden is how long a message stays hidden: a quarter of its age, less up to a quarter of that, so that what came together does
// not come back together.
func hidden(age time.Duration) time.Duration {
	most := min(max(age/4, minHidden), maxHidden)
	return max(minHidden, most-rand.N(most/4)) //nolint:gosec // to spread the load
}

func (b *batch) giveUp(ctx context.Context, it *item, rest []Check) bool {
	m := Message{Oldest: it.Oldest, Checks: rest, Died: b.now}
	var bodies []string
	fits := 0
	for _, p := range pack(m, 1) {
		bodies, fits = append(bodies, p.body), fits+len(p.names)
	}
	if fits < len(rest) || !b.bury(ctx, bodies) {
		return false
	}
	for _, c := range rest {
		b.Logger.ErrorContext(ctx, "pending check given up; see `syncer dead`", "check", c.Name, "oldest", it.Oldest, "deliveries", c.Deliveries, "error", c.Error)
	}
	return true
}

// bury sends messages to the dead-letter queue. Where that fails, what they are of must stay.
func (b *batch) bury(ctx context.Context, bodies []string) bool {
	err := errors.New("there is none: set DEAD_QUEUE")
	if b.Dead != nil {
		_, err = b.Dead.send(ctx, bodies)
	}
	if err != nil {
		b.Logger.ErrorContext(ctx, "a message could not be sent to the dead-letter queue; it stays in the retry queue", "error", err)
	}
	return err == nil
}

func (k *Keeper) wasTaken(message, name string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.taken[message][name]
}

// remember notes which checks of a message that stays were taken.
func (b *batch) remember(it *item) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if it.done {
		delete(b.taken, it.ID)
		return
	}
	for _, c := range it.Checks {
		if !b.states[c.Name].taken {
			continue
		}
		if b.taken == nil || len(b.taken) >= maxTaken {
			b.taken = make(map[string]map[string]bool)
		}
		if b.taken[it.ID] == nil {
			b.taken[it.ID] = make(map[string]bool)
		}
		b.taken[it.ID][c.Name] = true
	}
}
