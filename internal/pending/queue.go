package pending

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
	"github.com/dpb587/concourse-resource-endpoints/internal/panics"
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
	failing    bool // the last post failed
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

// errNotKept says that a check was neither taken nor kept.
var errNotKept = errors.New("it could not be kept")

// Ask keeps targets until they are taken, and waits a little for that. Each target is in one list of the report:
// taken (Success), gone or lost (Failure), or kept (Pending).
func (q *Queue) Ask(ctx context.Context, targets []notify.Target) notify.Report {
	t := newTicket(targets)
	entries := q.accept(targets, t)
	err := q.keep(entries)
	if t.waits {
		q.wait(ctx, t)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return t.report(err)
}

// CatchUp keeps targets that no delivery wants. They are posted slowly, after all others.
func (q *Queue) CatchUp(targets []notify.Target) error {
	t := newTicket(targets)
	q.mu.Lock()
	var entries []Entry
	for _, target := range targets {
		name := target.Ref.String()
		if q.schedule.items[name] == nil { // else a delivery wants it already
			entries = append(entries, q.one(target, t, true))
		}
	}
	q.mu.Unlock()
	return q.keep(entries)
}

// accept takes the targets into the schedule, so that their posts may begin, and gives the entries to keep.
func (q *Queue) accept(targets []notify.Target, t *ticket) []Entry {
	q.mu.Lock()
	defer q.mu.Unlock()
	t.waits = q.options.AnswerWithin > 0 && !q.failing && q.waiting < q.options.Waiting && !q.pause.All
	if t.waits {
		q.waiting++
	}
	entries := make([]Entry, 0, len(targets))
	for _, target := range targets {
		entries = append(entries, q.one(target, t, false))
	}
	return entries
}

// one takes one target; q.mu is held.
func (q *Queue) one(target notify.Target, t *ticket, catchUp bool) Entry {
	name := target.Ref.String()
	q.generation++
	i := q.schedule.items[name]
	if i == nil {
		i = &item{Entry: Entry{Name: name, Team: target.Ref.Team, Oldest: time.Now().UTC(), CatchUp: catchUp}, scope: target.Scope}
		i.add(target, q.generation)
		q.schedule.add(i)
	} else {
		i.add(target, q.generation)
		q.schedule.wanted(i)
	}
	i.writing++
	t.expect(i)
	q.signal()
	return i.copied()
}

// keep writes entries to the state.
func (q *Queue) keep(entries []Entry) (err error) {
	if q.options.State != nil && len(entries) > 0 {
		err = q.options.State.Put(entries)
	}
	if err != nil {
		q.options.Logger.Error("checks could not be kept; an outage now would lose them", "checks", len(entries), "error", err)
	}
	q.mu.Lock()
	var taken []Entry // while they were written
	for _, e := range entries {
		if i := q.schedule.items[e.Name]; i != nil && i.Generation >= e.Generation {
			i.writing--
		} else {
			taken = append(taken, e)
		}
	}
	q.mu.Unlock()
	q.forget(taken)
	return err
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

// Run posts until ctx ends, and then waits for the posts under way.
func (q *Queue) Run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		q.mu.Lock()
		now := time.Now()
		for i := q.schedule.next(now, q.pause); i != nil; i = q.schedule.next(now, q.pause) {
			q.start(ctx, i)
		}
		timer.Reset(q.schedule.until(now))
		q.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-q.wake:
		case <-timer.C:
		}
	}
	q.posts.Wait()
}

// start posts for an item, and for the others of its scope; q.mu is held.
func (q *Queue) start(ctx context.Context, i *item) {
	target, ok := q.options.Find(i.Name)
	if !ok {
		q.options.Logger.Warn("pending check dropped: its resource is not in the config any more", "check", i.Name, "deliveries", i.Deliveries)
		i.settle(i.Generation, result{err: errors.New("its resource is not in the config any more")})
		q.schedule.remove(i)
		q.posts.Go(func() { q.forget([]Entry{{Name: i.Name, Generation: i.Generation}}) })
		return
	}
	target.Rule, target.Reason = i.Rule, i.Reason
	p := &post{target: target, leader: i, members: q.schedule.begin(i, target.Scope, q.options.Find)}
	q.posts.Go(func() { q.finish(p, q.ask(ctx, p)) })
}

// post is one request to Concourse, and the entries that it serves.
type post struct {
	target  notify.Target
	leader  *item
	members []member // the leader is the first
	build   concourse.Build
}

// member is an item, and its generation when the post began.
type member struct {
	*item
	began uint64
}

func (q *Queue) ask(ctx context.Context, p *post) (err error) {
	defer panics.Recover(&err)
	// The post ends on its own: what was accepted is finished also when the server ends.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), q.options.AttemptTimeout)
	defer cancel()
	p.build, err = q.options.Post(ctx, p.target)
	return err
}

// finish notes what became of a post.
func (q *Queue) finish(p *post, err error) {
	q.mu.Lock()
	var forget, bury []Entry
	now := time.Now()
	switch {
	case err == nil:
		forget = q.taken(p, now)
	case concourse.Gone(err):
		forget = q.gone(p, err)
	default:
		bury = q.failed(p, err, now)
	}
	q.signal()
	q.mu.Unlock()
	q.forget(forget)
	for _, e := range bury {
		if q.options.State == nil {
			continue
		}
		if err := q.options.State.Bury(e); err != nil {
			q.options.Logger.Error("a check that was given up could not be moved to the dead", "check", e.Name, "error", err)
		}
	}
}

// taken takes off the members that no delivery wants since; q.mu is held.
func (q *Queue) taken(p *post, now time.Time) (forget []Entry) {
	if q.failing {
		q.failing = false
		q.schedule.hurry(now)
	}
	for _, m := range p.members {
		attrs := []any{"check", m.Name, "rule", m.Rule, "reason", m.Reason, "deliveries", m.Deliveries, "attempts", m.Attempts + 1,
			"build", p.build.ID, "url", p.build.URL}
		if m.item != p.leader {
			attrs = append(attrs, "by", p.leader.Name)
		}
		q.options.Logger.Info("check taken", attrs...)
		m.settle(m.began, result{taken: true})
		m.Attempts, m.Error = 0, ""
		if m.Generation != m.began {
			m.Oldest = now.UTC()
			q.schedule.release(m.item, time.Time{})
			continue
		}
		q.schedule.remove(m.item)
		if m.writing == 0 {
			forget = append(forget, Entry{Name: m.Name, Generation: m.Generation})
		}
	}
	return forget
}

// gone drops the resource that was posted, and lets another of its scope be; q.mu is held.
func (q *Queue) gone(p *post, err error) (forget []Entry) {
	q.options.Logger.Warn("pending check dropped: Concourse says that its resource is gone",
		"check", p.leader.Name, "deliveries", p.leader.Deliveries, "error", err.Error())
	for _, m := range p.members {
		if m.item != p.leader {
			q.schedule.release(m.item, time.Time{})
			continue
		}
		m.settle(m.Generation, result{err: err})
		q.schedule.remove(m.item)
		if m.writing == 0 {
			forget = append(forget, Entry{Name: m.Name, Generation: m.Generation})
		}
	}
	return forget
}

// failed lets the members wait for their next attempt, or gives them up; q.mu is held.
func (q *Queue) failed(p *post, err error, now time.Time) (bury []Entry) {
	q.failing = true
	own := notify.TryNextOfScope(err)
	var status *concourse.StatusError
	var asked time.Duration
	if errors.As(err, &status) {
		asked = min(status.RetryAfter, q.options.MaxRetryAfter)
	}
	for _, m := range p.members {
		if own && m.item != p.leader { // another may be taken
			q.schedule.release(m.item, time.Time{})
			continue
		}
		m.Attempts++
		m.Error = err.Error()
		m.settle(m.Generation, result{})
		if now.Sub(m.Oldest) >= q.options.MaxAge {
			bury = append(bury, q.giveUp(m.item, now))
			continue
		}
		wait := max(asked, q.options.backoff(m.Attempts))
		m.asked = asked > 0
		q.schedule.release(m.item, now.Add(wait))
	}
	m := p.leader
	attrs := []slog.Attr{slog.String("check", m.Name), slog.Any("deliveries", m.Deliveries), slog.Int("attempts", m.Attempts),
		slog.Int("serves", len(p.members)), slog.String("error", err.Error())}
	q.options.Logger.LogAttrs(context.Background(), slog.LevelWarn, "check not taken; it stays pending", append(attrs, panics.Attrs(err)...)...)
	return bury
}

func (q *Queue) giveUp(i *item, now time.Time) Entry {
	q.options.Logger.Error("check given up: it is dead now; `server dead retry` asks for it again",
		"check", i.Name, "deliveries", i.Deliveries, "age", now.Sub(i.Oldest).Round(time.Second), "error", i.Error)
	q.schedule.remove(i)
	e := i.copied()
	e.Died = now.UTC()
	return e
}

// Status is what a queue holds.
type Status struct {
	Pending []Entry `json:"pending"`
	Pause   Pause   `json:"pause"`
	// Failing says that the last post failed.
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
