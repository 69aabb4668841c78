package match

import (
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

// many is a config of n checks, five to a repository, and ten that are known in part only.
func many(n int) *config.Config {
	c := &config.Config{Version: 1, ATC: config.ATC{URL: "https://ci.example.com"}}
	for i := range n {
		uri := fmt.Sprintf("https://github.com/octo/repository-%d", i/5)
		if i >= n-10 {
			uri = fmt.Sprintf("https://github.com/group-%d/((name))", i)
		}
		filter, err := json.Marshal(map[string]any{"uri": uri, "branch": "main", "paths": []string{fmt.Sprintf("dir-%d", i%5)}})
		if err != nil {
			panic(err)
		}
		c.Checks = append(c.Checks, config.Check{
			Check: fmt.Sprintf("pipeline-%d/source", i), Type: "git", Filter: filter,
		})
	}
	return c
}

func pushTo(repository int) []event.Event {
	return []event.Event{event.Push{
		Repository: event.Repository{URLs: []string{
			fmt.Sprintf("https://github.com/octo/repository-%d.git", repository),
			fmt.Sprintf("git@github.com:octo/repository-%d.git", repository),
		}},
		Ref: "refs/heads/main", Commits: []event.Commit{{ID: "c", Message: "x", Files: []string{"dir-3/file"}}},
	}}
}

// watched counts the decisions of the filter inside.
type watched struct {
	resource.Filter
	decisions *atomic.Int64
}

func (w watched) Decide(e event.Event, b *resource.Budget) resource.Decision {
	w.decisions.Add(1)
	return w.Filter.Decide(e, b)
}

// TestCostFollowsTheMatches: an event is shown to the checks of its repository, whatever the number of the others.
func TestCostFollowsTheMatches(t *testing.T) {
	t.Parallel()
	for _, n := range []int{500, 50_000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			m, err := New(many(n))
			if err != nil {
				t.Fatal(err)
			}
			var decisions atomic.Int64
			for i := range m.checks {
				m.checks[i].filter = watched{m.checks[i].filter, &decisions}
			}
			matches := m.Match(pushTo(7))
			if len(matches) != 5 || decisions.Load() != 5 {
				t.Errorf("%d matches by %d decisions, want the repository's 5", len(matches), decisions.Load())
			}
			for i, match := range matches {
				if want := fmt.Sprintf("main/pipeline-%d/source", 35+i); match.Ref.String() != want || match.Check != (i == 3) {
					t.Errorf("match %d is %s, %v", i, match.Ref, match.Decision)
				}
			}
			if len(m.patterns[event.SpaceRepository]) != 10 {
				t.Errorf("%d patterns, which every event looks at, want 10", len(m.patterns[event.SpaceRepository]))
			}
		})
	}
}

// BenchmarkMatch finds a repository's five checks among many; the time should be the same for any number.
func BenchmarkMatch(b *testing.B) {
	for _, n := range []int{500, 50_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			m, err := New(many(n))
			if err != nil {
				b.Fatal(err)
			}
			events := pushTo(7)
			b.ReportAllocs()
			for b.Loop() {
				if matches := m.Match(events); len(matches) != 5 {
					b.Fatalf("%d matches", len(matches))
				}
			}
		})
	}
}

// BenchmarkNew is what a cold start pays for the index.
func BenchmarkNew(b *testing.B) {
	for _, n := range []int{500, 50_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := many(n)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := New(c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
