package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// settle is how long nothing may be taken before what is left counts as lost, though it is still kept: a message stays hidden for up to
// 15 minutes, and a check that fails again and again waits a minute each time.
const settle = 20 * time.Minute

// promised adds the figure of the promise: of the deliveries that were answered 2xx, how many resources got no check that began
// after the delivery. Nothing in these runs is old enough to be given up, so a dead check counts as lost, too.
func (t *trial) promised(ctx context.Context, a *atc, s scene, sent []delivery, kept func() int) {
	taken := slices.DeleteFunc(slices.Clone(sent), func(d delivery) bool { return !d.taken() })
	t.note("%d of %d deliveries answered 2xx", len(taken), len(sent))
	t.noneLost(ctx, "lost of those", a, s, taken, kept)
}

// noneLost adds a figure with the bound zero: how many resources got no check that began after their delivery. kept is how much is
// still kept somewhere to be asked for.
func (t *trial) noneLost(ctx context.Context, what string, a *atc, s scene, sent []delivery, kept func() int) {
	newest := make(map[int]delivery) // by repository: where its check was taken, so were those of the ones before
	for _, d := range sent {
		if d.sent.After(newest[d.repository].sent) {
			newest[d.repository] = d
		}
	}
	t.settled(ctx, a, func() (left int) {
		for _, d := range newest {
			left += s.lost(a, d)
		}
		return left
	}, kept)
	lost := 0
	for _, d := range sent {
		lost += s.lost(a, d)
	}
	t.atMost(what, float64(lost), 0)
}

// settled waits until nothing is left, or nothing is kept any more; else until nothing was taken for a while.
func (t *trial) settled(ctx context.Context, a *atc, left, kept func() int) {
	_, before := a.counts()
	last := time.Now()
	until(ctx, time.Hour, func() int {
		if _, taken := a.counts(); taken != before {
			before, last = taken, time.Now()
		}
		gone := kept() == 0 // before a look at what is left: what is taken last is not left then
		if n := left(); n == 0 || gone || time.Since(last) > settle {
			return 0
		}
		return 1
	})
}

// postsPer adds the figure of posts per delivery.
func (t *trial) postsPer(a *atc, deliveries int, bound float64) {
	posts, taken := a.counts()
	t.note("%d posts, %d taken", posts, taken)
	t.atMost("posts per delivery", float64(posts)/float64(deliveries), bound)
}

// answers adds how the deliveries were answered, by status.
func (t *trial) answers(sent []delivery) {
	statuses := make(map[int]int)
	for _, d := range sent {
		statuses[d.status]++
	}
	t.note("answers by status: %v", fmt.Sprint(statuses)[len("map"):])
}
