package pending

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
)

// Options are a queue's. The zero value of all but the functions has the defaults.
type Options struct {
	// Find gives a resource as the config of this moment has it. It reports false for one that is not in the config any more.
	Find func(name string) (notify.Target, bool)
	// Post asks Concourse for one check.
	Post func(ctx context.Context, t notify.Target) (concourse.Build, error)
	// State keeps the entries; nil to keep them in memory only.
	State  *State
	Logger *slog.Logger
	// AnswerWithin is how long a delivery waits for its checks to be taken, before it is answered that they are pending; 0 for
	// not at all.
	AnswerWithin time.Duration
	// Waiting is the most deliveries that wait at once; 64 where 0. One above that is answered at once.
	Waiting int
	// Concurrency is the most posts at once; 16 where 0.
	Concurrency int
	// AttemptTimeout bounds one post; 8 s where 0.
	AttemptTimeout time.Duration
	// MinBackoff and MaxBackoff bound the wait after a failed post, which doubles; 250 ms and 60 s where 0.
	MinBackoff, MaxBackoff time.Duration
	// MaxRetryAfter bounds the wait that Concourse asks for; 10 minutes where 0.
	MaxRetryAfter time.Duration
	// MaxAge is how old an entry gets before it is given up; 24 hours where 0.
	MaxAge time.Duration
	// CatchUpRate is how many checks a second are posted that no delivery wants; 10 where 0.
	CatchUpRate int
}

func (o Options) withDefaults() Options {
	o.Waiting = cmp.Or(o.Waiting, 64)
	o.Concurrency = cmp.Or(o.Concurrency, 16)
	o.AttemptTimeout = cmp.Or(o.AttemptTimeout, 8*time.Second)
	o.MinBackoff = cmp.Or(o.MinBackoff, 250*time.Millisecond)
	o.MaxBackoff = cmp.Or(o.MaxBackoff, time.Minute)
	o.MaxRetryAfter = cmp.Or(o.MaxRetryAfter, 10*time.Minute)
	o.MaxAge = cmp.Or(o.MaxAge, 24*time.Hour)
	o.CatchUpRate = cmp.Or(o.CatchUpRate, 10)
	return o
}

// Queue posts entries until Concourse takes them. It is safe for use by several goroutines.
type Queue struct {
	options Options

	mu         sync.Mutex
	schedule   schedule
	generation uint64
	waiting    int  // deliveries that wait for their checks
	failing    bool // Concourse took none of the last posts
	pause      Pause
	posts      sync.WaitGroup
	wake       chan struct{} // holds a token where the schedule has changed
}

// New makes a queue with the entries that its state holds. Run posts them.
func New(o Options) (*Queue, error) {
	q := &Queue{options: o.withDefaults(), wake: make(chan struct{}, 1), generation: uint64(time.Now().UnixNano())}
	q.schedule.init(q.options)
	if o.State == nil {
		return q, nil
	}
	entries, err := o.State.Pending()
	if err == nil {
		q.pause, err = o.State.Paused()
	}
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		q.generation = max(q.generation, e.Generation)
		q.schedule.add(&item{Entry: e})
	}
	return q, nil
}

// Ask keeps targets until they are taken, and waits a little for that. Each target is in one list of the report:
// taken (Success), gone or lost (Failure), or kept (Pending).
func (q *Queue) Ask(ctx context.Context, targets []notify.Target) notify.Report {
	t := newTicket(targets)
	err := q.keep(q.accept(targets, t))
	if t.waits {
		q.wait(ctx, t)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return t.report(err)
}

// CatchUp keeps targets that are new in the config. Those that no delivery wants are posted slowly, after all others; each has a post
// of its own.
func (q *Queue) CatchUp(targets []notify.Target) error {
	t := newTicket(targets)
	q.mu.Lock()
	var writes []write
	for _, target := range targets {
		writes = append(writes, q.one(target, t, true))
	}
	q.mu.Unlock()
	return q.keep(writes)
}

// write is an item, and its entry as it is to be written.
type write struct {
	*item
	entry Entry
}

// accept takes the targets into the schedule, so that their posts may begin, and gives what is to be written.
func (q *Queue) accept(targets []notify.Target, t *ticket) []write {
	q.mu.Lock()
	defer q.mu.Unlock()
	t.waits = q.options.AnswerWithin > 0 && !q.failing && q.waiting < q.options.Waiting && !q.pause.All
	if t.waits {
		q.waiting++
	}
	writes := make([]write, 0, len(targets))
	for _, target := range targets {
		writes = append(writes, q.one(target, t, false))
	}
	return writes
}

// one takes one target; q.mu is held.
func (q *Queue) one(target notify.Target, t *ticket, catchUp bool) write {
	name := target.Ref.String()
	q.generation++
	i := q.schedule.items[name]
	if i == nil {
		i = &item{Entry: Entry{Name: name, Team: target.Ref.Team, Oldest: time.Now().UTC(), CatchUp: catchUp, Alone: catchUp}, scope: target.Scope}
		i.add(target, q.generation)
		q.schedule.add(i)
	} else {
		i.add(target, q.generation)
		if i.Alone = i.Alone || catchUp; !catchUp {
			q.schedule.wanted(i)
		}
	}
	i.writing++
	t.expect(i)
	q.signal()
	return write{i, i.copied()}
}

// keep writes to the state. What was taken meanwhile is taken off again.
func (q *Queue) keep(writes []write) (err error) {
	if q.options.State != nil && len(writes) > 0 {
		entries := make([]Entry, len(writes))
		for i := range writes {
			entries[i] = writes[i].entry
		}
		if err = q.options.State.Put(entries); err != nil {
			q.options.Logger.Error("checks could not be kept; an outage now would lose them", "checks", len(entries), "error", err)
		}
	}
	q.mu.Lock()
	var forget []Entry
	for _, w := range writes {
		w.writing--
		if q.schedule.items[w.Name] != w.item {
			forget = w.forgotten(forget)
		}
	}
	q.mu.Unlock()
	q.forget(forget)
	return err
}

// forgotten adds an item that was removed to what is taken off the state; not while it is being written.
func (i *item) forgotten(list []Entry) []Entry {
	if i.writing > 0 {
		return list
	}
	return append(list, Entry{Name: i.Name, Generation: i.Generation})
}

// forget takes entries off the state.
func (q *Queue) forget(entries []Entry) {
	if q.options.State == nil || len(entries) == 0 {
		return
	}
	if err := q.options.State.Delete(entries); err != nil {
		q.options.Logger.Error("checks that were taken could not be taken off; they are posted again after a restart", "checks", len(entries), "error", err)
	}
}

func (q *Queue) wait(ctx context.Context, t *ticket) {
	timer := time.NewTimer(q.options.AnswerWithin)
	defer timer.Stop()
	select {
	case <-t.done:
	case <-timer.C:
	case <-ctx.Done():
	}
	q.mu.Lock()
	q.waiting--
	q.mu.Unlock()
}

func (q *Queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// Status is what a queue holds.
type Status struct {
	Pending []Entry `json:"pending"`
	Pause   Pause   `json:"pause"`
	// Failing says that Concourse took none of the last posts.
	Failing bool `json:"failing"`
}

// Status tells what the queue holds, the oldest first.
func (q *Queue) Status() Status {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := Status{Pending: []Entry{}, Pause: q.pause, Failing: q.failing}
	for _, i := range q.schedule.items {
		s.Pending = append(s.Pending, i.copied())
	}
	slices.SortFunc(s.Pending, func(a, b Entry) int { return cmp.Or(a.Oldest.Compare(b.Oldest), cmp.Compare(a.Name, b.Name)) })
	return s
}

// SetPause sets what is not posted, and keeps it.
func (q *Queue) SetPause(p Pause) error {
	if q.options.State != nil {
		if err := q.options.State.SetPaused(p); err != nil {
			return fmt.Errorf("pausing: %w", err)
		}
	}
	q.mu.Lock()
	q.pause = p
	q.mu.Unlock()
	q.signal()
	return nil
}
