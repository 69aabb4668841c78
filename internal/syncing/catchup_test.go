package syncing_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
	"github.com/dpb587/concourse-resource-endpoints/internal/publish"
	"github.com/dpb587/concourse-resource-endpoints/internal/redeploy"
	"github.com/dpb587/concourse-resource-endpoints/internal/syncing"
)

// repositories are n resources, each of its own repository.
func repositories(n int) map[string]string {
	list := make(map[string]string, n)
	for i := range n {
		list[fmt.Sprintf("r%04d", i)] = fmt.Sprintf("acme/%d", i)
	}
	return list
}

// Whatever ends a sync before Concourse took the checks, the next sync asks for them, although its plan is empty. It publishes the
// same checks, with the same digest.
func TestOwedOutlivesASync(t *testing.T) {
	t.Parallel()
	down := &concourse.TransportError{}
	for name, end := range map[string]func(*syncing.Syncer, *memory, *asked, context.CancelFunc){
		"killed before it asks": func(s *syncing.Syncer, _ *memory, _ *asked, _ context.CancelFunc) {
			s.CatchUpBy = func(context.Context, []notify.Target) ([]string, error) { return nil, errors.New("killed") }
		},
		"interrupted": func(s *syncing.Syncer, _ *memory, _ *asked, cancel context.CancelFunc) {
			s.Redeploy = func(context.Context, string) ([]redeploy.Result, error) { cancel(); return nil, nil }
		},
		"the answer to the put is lost": func(_ *syncing.Syncer, m *memory, _ *asked, _ context.CancelFunc) { m.lose = errors.New("reset") },
		"Concourse is down":             func(_ *syncing.Syncer, _ *memory, a *asked, _ context.CancelFunc) { a.err = down },
		"the endpoints are not ready":   func(s *syncing.Syncer, _ *memory, _ *asked, _ context.CancelFunc) { s.Refresh = time.Hour },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, reading := new(memory), []pipeline.Pipeline{gitPipeline("p", map[string]string{"a": "acme/a"})}
			s, a := follow(&reading, m)
			if _, err := s.Sync(t.Context()); err != nil {
				t.Fatal(err)
			}
			reading[0] = gitPipeline("p", map[string]string{"a": "acme/a", "b": "acme/b", "c": "acme/c"})
			a.names = nil
			s.CatchUpTime = 5 * time.Second
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			end(s, m, a, cancel)
			_, _ = s.Sync(ctx)
			owed := []string{"main/p/b", "main/p/c"}
			if diff := cmp.Diff(owed, m.owed(t)); diff != "" || len(a.names) > 0 {
				t.Fatalf("asked %v; owed (-want +got):\n%s", a.names, diff)
			}
			published := withoutOwed(m.data)
			next, a := follow(&reading, m)
			m.lose = nil
			next.Redeploy = func(context.Context, string) ([]redeploy.Result, error) { return nil, nil }
			out, err := next.Sync(t.Context())
			slices.Sort(a.names)
			if diff := cmp.Diff(owed, a.names); diff != "" || err != nil || !out.Plan.Empty() {
				t.Errorf("error %v, plan %v, asked (-want +got):\n%s", err, out.Plan.Changes, diff)
			}
			if string(m.data) != published {
				t.Errorf("published\n%s\nwant\n%s", m.data, published)
			}
		})
	}
}

// If somebody publishes while checks are taken, only what was taken is no longer owed.
func TestOwedAtAConflict(t *testing.T) {
	t.Parallel()
	m, reading := new(memory), []pipeline.Pipeline{gitPipeline("p", map[string]string{"a": "acme/a", "b": "acme/b"})}
	s, a := follow(&reading, m)
	s.CatchUpBy = func(_ context.Context, targets []notify.Target) (taken []string, err error) {
		for _, target := range targets {
			taken = append(taken, target.Ref.String())
		}
		m.before = func() { // b changes again, and c is new
			m.before = nil
			c, err := config.Parse(m.data)
			if err != nil {
				t.Error(err)
			}
			c.Owed[1].Due += 60
			c.Owed = append(c.Owed, config.Owed{Check: "main/p/c", Due: 1})
			m.data, _ = c.Marshal()
		}
		return taken, nil
	}
	if _, err := s.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"main/p/b", "main/p/c"}, m.owed(t)); diff != "" || len(a.names) > 0 {
		t.Errorf("owed (-want +got):\n%s", diff)
	}
}

// Settle does not write a document whose checks somebody edited, or a later program wrote with fields that this one does not know: the
// digest tells.
func TestSettleLeavesOtherDocuments(t *testing.T) {
	t.Parallel()
	const theirs = `{"version": 1, "digest": "sha256:00", "atc": {"url": "https://ci.example.com"}, "checks": [
		{"check": "p/a", "role": "trigger", "filter": {"uri": "x"}}], "owed": [{"check": "main/p/a", "due": 1}]}`
	m := &memory{data: []byte(theirs)}
	if err := publish.Settle(t.Context(), m, []config.Owed{{Check: "main/p/a", Due: 1}}); err != nil || string(m.data) != theirs {
		t.Errorf("error %v, written %s", err, m.data)
	}
}

// What is owed is taken from the published config. What a job's artifact says is older.
func TestOwedIsNotTakenFromAnArtifact(t *testing.T) {
	t.Parallel()
	m, reading := new(memory), []pipeline.Pipeline{gitPipeline("p", map[string]string{"a": "acme/a", "b": "acme/b"})}
	s, a := follow(&reading, m)
	s.Refresh, s.CatchUpTime = time.Hour, time.Second
	m.data = []byte(`{"version": 1, "atc": {"url": "https://ci.example.com"}, "checks": []}`)
	if _, err := s.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	artifact, err := config.Parse(m.data)
	if err != nil {
		t.Fatal(err)
	}
	if err := publish.Settle(t.Context(), m, artifact.Owed[:1]); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SyncTo(t.Context(), artifact); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"main/p/b"}, m.owed(t)); diff != "" || len(a.names) > 0 {
		t.Errorf("asked %v; owed (-want +got):\n%s", a.names, diff)
	}
}

// A check that no resource can have stops nothing, and nobody asks for it; one that is there twice is asked for once.
func TestCatchUpOfNoName(t *testing.T) {
	t.Parallel()
	m, reading := new(memory), []pipeline.Pipeline{}
	s, a := follow(&reading, m)
	artifact, err := config.Parse([]byte(`{"version": 1, "atc": {"url": "https://ci.example.com"}, "checks": [
		{"check": "p/..", "filter": {}}, {"check": "p/a", "filter": {}}, {"check": "p/a", "filter": {"uri": "x"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.SyncTo(t.Context(), artifact)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"main/p/a"}, a.names); diff != "" || len(m.owed(t)) > 0 || len(out.Plan.Changes) != 2 {
		t.Errorf("owed %v, planned %v, asked (-want +got):\n%s", m.owed(t), out.Plan.Changes, diff)
	}
	if out, err = s.SyncTo(t.Context(), artifact); err != nil || !out.Plan.Empty() {
		t.Errorf("error %v, planned %v", err, out.Plan.Changes)
	}
}

// Another role needs no check: the events came all the time.
func TestNoCatchUpForARole(t *testing.T) {
	t.Parallel()
	m, reading := new(memory), []pipeline.Pipeline{gitPipeline("p", map[string]string{"a": "acme/a", "b": "acme/b"})}
	s, a := follow(&reading, m)
	if _, err := s.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.names = nil
	reading = []pipeline.Pipeline{gitPipeline("p", map[string]string{"a": "acme/a", "b": "acme/b"})}
	for i := range reading[0].Resources {
		reading[0].Resources[i].Role = config.Input
	}
	out, err := s.Sync(t.Context())
	if err != nil || len(a.names) > 0 || out.Plan.Count(publish.Changed) != 2 {
		t.Errorf("error %v, asked %v, planned %v", err, a.names, out.Plan.Changes)
	}
}

// With NoCatchUp nothing is asked, and nothing is owed.
func TestNoCatchUp(t *testing.T) {
	t.Parallel()
	m, reading := new(memory), []pipeline.Pipeline{gitPipeline("p", map[string]string{"a": "acme/a"})}
	s, a := follow(&reading, m)
	s.Options.NoCatchUp = true
	if _, err := s.Sync(t.Context()); err != nil || len(m.owed(t)) > 0 || len(a.names) > 0 {
		t.Errorf("error %v, owed %v, asked %v", err, m.owed(t), a.names)
	}
	artifact, err := config.Parse(m.data)
	if err != nil {
		t.Fatal(err)
	}
	artifact.Owed = []config.Owed{{Check: "main/p/a", Due: 1}}
	if _, err := s.SyncTo(t.Context(), artifact); err != nil || len(m.owed(t)) > 0 || len(a.names) > 0 {
		t.Errorf("error %v, owed %v, asked %v, as an artifact says", err, m.owed(t), a.names)
	}
}

// Where nothing is redeployed, the checks are asked for when the endpoints have loaded the config; after a redeploy at once. A program
// with less time leaves them to the next sync.
func TestCatchUpWaits(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		redeployed, fails bool
		limit             time.Duration
		waits, asks       bool
	}{
		"no redeploy":      {false, false, 0, true, true},
		"redeployed":       {true, false, 0, false, true},
		"not redeployed":   {true, true, 0, false, false},
		"too little time":  {false, false, 30 * time.Second, false, false},
		"just enough time": {false, false, 62 * time.Second, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m, reading := new(memory), []pipeline.Pipeline{gitPipeline("p", map[string]string{"a": "acme/a"})}
				s, a := follow(&reading, m)
				if _, err := s.Sync(t.Context()); err != nil || len(a.names) != 1 {
					t.Fatalf("the first sync asked %v, %v", a.names, err)
				}
				reading[0], a.names = gitPipeline("p", map[string]string{"a": "acme/a", "b": "acme/b"}), nil
				s.Refresh, s.CatchUpTime = time.Minute, test.limit
				if test.redeployed {
					s.Redeploy = func(context.Context, string) ([]redeploy.Result, error) {
						if test.fails {
							return nil, errors.New("failed")
						}
						return nil, nil
					}
				}
				start := time.Now()
				if _, err := s.Sync(t.Context()); (err != nil) != test.fails {
					t.Error(err)
				}
				told := s.Reporter.(*report)
				if waited := time.Since(start) > 55*time.Second; waited != test.waits || (told.waited > 0) != test.waits {
					t.Errorf("waited %s, told %s", time.Since(start), told.waited)
				}
				if asks := slices.Equal(a.names, []string{"main/p/b"}); asks != test.asks || (told.left == 0) != test.asks {
					t.Errorf("asked %v, told that %d are left", a.names, told.left)
				}
			})
		})
	}
}

// A first sync of thousands of resources asks for ten in a second, and notes every half minute which Concourse took.
func TestCatchUpIsPaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, reading := new(memory), []pipeline.Pipeline{gitPipeline("p", repositories(1000))}
		s, a := follow(&reading, m)
		s.Options.CatchUpRate = 0
		s.CatchUpTime = time.Minute
		owed := make(chan int, 10)
		m.before = func() {
			if m.data != nil {
				owed <- len(m.owed(t))
			}
		}
		if _, err := s.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := len(a.names); n < 590 || n > 610 || len(m.owed(t)) != 1000-n {
			t.Errorf("%d of 1000 were asked for in a minute, and %d are still owed", n, len(m.owed(t)))
		}
		if first, second := <-owed, <-owed; first != 1000 || second != 700 {
			t.Errorf("settled when %d and %d were owed", first, second)
		}
		if told := s.Reporter.(*report); told.left != len(m.owed(t)) {
			t.Errorf("told that %d are left", told.left)
		}
	})
}

// A check that Concourse itself refuses is told, and not asked for again at each sync.
func TestOwedAndRefused(t *testing.T) {
	t.Parallel()
	m, reading := new(memory), []pipeline.Pipeline{gitPipeline("p", map[string]string{"a": "acme/a"})}
	s, a := follow(&reading, m)
	a.err = &concourse.StatusError{Status: 403, Concourse: true}
	if _, err := s.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if told := s.Reporter.(*report).caughtUp; len(told.Failure) != 1 || len(m.owed(t)) > 0 {
		t.Errorf("told %v, owed %v", told, m.owed(t))
	}
}
