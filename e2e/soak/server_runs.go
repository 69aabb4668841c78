package main

import (
	"context"
	"sync"
	"time"
)

// setting is what most runs of the server have: a stub ATC, the server with the config of a scene, and a load.
type setting struct {
	scene  scene
	atc    *atc
	server *server
	load   *load
}

func begin(ctx context.Context, t *trial, s scene, args ...string) (*setting, error) {
	a, err := startATC(ctx, t)
	if err != nil {
		return nil, err
	}
	server, err := startServer(ctx, t, s.config(a.URL, ""), a.URL, args...)
	if err != nil {
		return nil, err
	}
	return &setting{s, a, server, newLoad(server.url, s)}, nil
}

// judge wants no delivery lost, and at most so many posts for each.
func (s *setting) judge(ctx context.Context, t *trial, sent []delivery, posts float64) {
	t.answers(sent)
	t.noneLost(ctx, "lost", s.atc, s.scene, sent, s.server.kept(ctx))
	t.postsPer(s.atc, len(sent), posts)
}

func faultsOneByOne(ctx context.Context, t *trial) error {
	s, err := begin(ctx, t, scene{repositories: 100, resources: 1})
	if err != nil {
		return err
	}
	s.atc.set(mixed(1), 0)
	sent := s.load.oneByOne(ctx, t.size(10_000, 200))
	s.judge(ctx, t, sent, 1.5) // 1/(1-faultRate) is the least
	return nil
}

func faultsAtRate(ctx context.Context, t *trial) error {
	s, err := begin(ctx, t, scene{repositories: 20, resources: 1})
	if err != nil {
		return err
	}
	s.atc.set(mixed(2), 0)
	sent := s.load.atRate(ctx, t.size(10_000, 600), 200)
	s.judge(ctx, t, sent, 1)
	return nil
}

// faultsInScopes has several resources of each repository, of which one check serves all.
func faultsInScopes(ctx context.Context, t *trial) error {
	s, err := begin(ctx, t, scene{repositories: 20, resources: 5, scoped: true})
	if err != nil {
		return err
	}
	s.atc.set(mixed(3), 0)
	sent := s.load.atRate(ctx, t.size(2000, 200), 100)
	s.judge(ctx, t, sent, 1.5)
	return nil
}

// outage closes the ATC's port; in its second half a proxy answers for it.
func outage(ctx context.Context, t *trial) error {
	s, err := begin(ctx, t, scene{repositories: 100, resources: 1})
	if err != nil {
		return err
	}
	s.atc.set(mixed(4), 0)
	half, after := t.lasts(30*time.Second, time.Second), mixed(5)
	if t.short {
		after = nil // what failed often waits long after one more fault
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		pass(ctx, half)
		s.atc.close()
		pass(ctx, half)
		s.atc.set(always(proxy(404, "default backend - 404")), 0)
		_ = s.atc.open()
		pass(ctx, half)
		s.atc.set(after, 0)
	})
	sent := s.load.atRate(ctx, t.size(12_000, 400), 100)
	wg.Wait()
	t.answers(sent)
	t.noneLost(ctx, "lost", s.atc, s.scene, sent, s.server.kept(ctx))
	t.note("slowest answer %s", percentile(sent, 1).Round(time.Millisecond))
	return nil
}

// kills kills the server again and again. Who gets no answer is not promised anything.
func kills(ctx context.Context, t *trial) error {
	s, err := begin(ctx, t, scene{repositories: 100, resources: 1})
	if err != nil {
		return err
	}
	s.atc.set(mixed(6), 0)
	pushes, perSecond, times := t.size(10_000, 400), 100.0, t.size(20, 3)
	var wg sync.WaitGroup
	wg.Go(func() {
		for range times {
			pass(ctx, time.Duration(float64(pushes)/perSecond*float64(time.Second))/time.Duration(times+1))
			if err = s.server.restart(ctx); err != nil {
				return
			}
		}
	})
	sent := s.load.atRate(ctx, pushes, perSecond)
	wg.Wait()
	if err != nil {
		return err
	}
	t.answers(sent)
	t.promised(ctx, s.atc, s.scene, sent, s.server.kept(ctx))
	return nil
}

// oneRepository sends many pushes of one repository to an ATC that takes a while for each post.
func oneRepository(ctx context.Context, t *trial) error {
	s, err := begin(ctx, t, scene{repositories: 1, resources: 1})
	if err != nil {
		return err
	}
	const takes = 500 * time.Millisecond
	s.atc.set(nil, takes)
	lasts := t.lasts(5*time.Second, 2*time.Second)
	sent := s.load.atRate(ctx, int(20*lasts.Seconds()), 20)
	t.answers(sent)
	t.noneLost(ctx, "lost", s.atc, s.scene, sent, s.server.kept(ctx))
	posts, _ := s.atc.counts()
	t.atMost("posts", float64(posts), float64(2+lasts/takes))
	return nil
}

func hangs(ctx context.Context, t *trial) error {
	s, err := begin(ctx, t, scene{repositories: 100, resources: 1})
	if err != nil {
		return err
	}
	s.atc.set(always(hang), 0)
	const perSecond = 200
	sent := s.load.atRate(ctx, int(perSecond*t.lasts(30*time.Second, 3*time.Second).Seconds()), perSecond)
	s.atc.set(nil, 0)
	t.answers(sent)
	t.atMost("s for the slowest answer", percentile(sent, 1).Seconds(), 3)
	t.noneLost(ctx, "lost", s.atc, s.scene, sent, s.server.kept(ctx))
	t.atMost("MiB of memory", s.server.memory(), 128)
	return nil
}

// flood sends more than the server can take. It has to refuse some, in words that a sender understands.
func flood(ctx context.Context, t *trial) error {
	s, err := begin(ctx, t, scene{repositories: 100, resources: 1})
	if err != nil {
		return err
	}
	s.load.invalid = func(n int) bool { return n%2 == 1 }
	perSecond := t.size(2000, 500)
	sent := s.load.atRate(ctx, int(float64(perSecond)*t.lasts(time.Minute, 3*time.Second).Seconds()), float64(perSecond))
	t.answers(sent)
	bad := count(sent, func(d delivery) bool { return d.status == 0 || d.status >= 500 && (d.status != 503 || !d.retryAfter) })
	t.atMost("answers that are none of 2xx, 4xx and 503 with Retry-After", float64(bad), 0)
	t.atMost("s for 99% of the answers", percentile(sent, 0.99).Seconds(), 2)
	t.promised(ctx, s.atc, s.scene, sent, s.server.kept(ctx))
	t.atMost("MiB of memory", s.server.memory(), 256)
	return nil
}

// idleDescriptors are what a server may have open when nobody talks to it: files, and idle connections to the ATC.
const idleDescriptors = 40

// steady gives the server a new config again and again.
func steady(ctx context.Context, t *trial) error {
	s, err := begin(ctx, t, scene{repositories: 50, resources: 2}, "--config-refresh", "1s")
	if err != nil {
		return err
	}
	lasts, perSecond := t.lasts(10*time.Minute, 4*time.Second), 100
	warm, configs := 0.0, 0
	ticking, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		for step := lasts / 60; ticking.Err() == nil && err == nil; configs++ {
			pass(ticking, step)
			err = replace(s.server.config, s.scene.config(s.atc.URL, number(float64(configs))))
			if configs == 15 { // after a quarter: it is warm
				warm = s.server.resident()
			}
		}
	})
	sent := s.load.atRate(ctx, int(lasts.Seconds())*perSecond, float64(perSecond))
	stop()
	wg.Wait()
	if err != nil {
		return err
	}
	t.note("%d configs", configs)
	t.noneLost(ctx, "lost", s.atc, s.scene, sent, s.server.kept(ctx))
	t.note("%.0f MiB of memory at the end", s.server.resident())
	t.atMost("MiB more than after a quarter", max(0, s.server.resident()-warm), 16)
	s.load.client.CloseIdleConnections()
	until(ctx, 10*time.Second, func() int { return max(0, s.server.descriptors()-idleDescriptors) })
	t.atMost("descriptors when idle", float64(s.server.descriptors()), idleDescriptors)
	goroutines, err := s.server.goroutines(ctx)
	t.atMost("goroutines at the end", float64(goroutines), 60)
	return err
}
