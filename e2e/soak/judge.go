package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// settle is how long nothing may be taken before what is left counts as lost: the longest wait after a failed post is a minute, and
// a message stays hidden for a quarter of its age.
func (t *trial) settle() time.Duration {
	return max(t.lasts(100*time.Second, 90*time.Second), time.Since(t.began)/3)
}

// promised adds the figure of the promise: of the deliveries that were answered 2xx, how many resources got no check that began
// after the delivery. Nothing in these runs is old enough to be given up, so a dead check counts as lost, too.
func (t *trial) promised(ctx context.Context, a *atc, s scene, sent []delivery) {
	taken := slices.DeleteFunc(slices.Clone(sent), func(d delivery) bool { return !d.taken() })
	t.note("%d of %d deliveries answered 2xx", len(taken), len(sent))
	t.noneLost(ctx, "lost of those", a, s, taken)
}

// noneLost adds a figure with the bound zero: how many resources got no check that began after their delivery.
func (t *trial) noneLost(ctx context.Context, what string, a *atc, s scene, sent []delivery) {
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
	})
	lost := 0
	for _, d := range sent {
		lost += s.lost(a, d)
	}
	t.atMost(what, float64(lost), 0)
}

// settled waits until nothing is left, or nothing was taken for a while.
func (t *trial) settled(ctx context.Context, a *atc, left func() int) {
	_, before := a.counts()
	last := time.Now()
	until(ctx, time.Hour, func() int {
		if _, taken := a.counts(); taken != before {
			before, last = taken, time.Now()
		}
		if time.Since(last) > t.settle() {
			return 0
		}
		return left()
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
