package pending

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
	"github.com/dpb587/concourse-resource-endpoints/internal/panics"
)

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
		forget := i.forgotten(nil)
		q.posts.Go(func() { q.forget(forget) })
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
		attrs := []any{
			"check", m.Name, "rule", m.Rule, "reason", m.Reason, "deliveries", m.Deliveries, "attempts", m.Attempts + 1,
			"build", p.build.ID, "url", p.build.URL,
		}
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
		forget = m.forgotten(forget)
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
		forget = m.forgotten(forget)
	}
	return forget
}

// failed lets the members wait for their next attempt, or gives them up; q.mu is held.
func (q *Queue) failed(p *post, err error, now time.Time) (bury []Entry) {
	own := notify.TryNextOfScope(err) // not about Concourse as a whole
	q.failing = q.failing || !own
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
	attrs := []slog.Attr{
		slog.String("check", m.Name), slog.Any("deliveries", m.Deliveries), slog.Int("attempts", m.Attempts),
		slog.Int("serves", len(p.members)), slog.String("error", err.Error()),
	}
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
