package syncing_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
	"github.com/dpb587/concourse-resource-endpoints/internal/publish"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
	"github.com/dpb587/concourse-resource-endpoints/internal/store"
	"github.com/dpb587/concourse-resource-endpoints/internal/syncing"
)

// memory is a store in memory.
type memory struct {
	data []byte
	// published counts the publishes, except those that only change what is owed; before is called before each.
	published int
	before    func()
	// lose makes Publish publish, and fail.
	lose error
}

// withoutOwed is the document without what is owed.
func withoutOwed(data []byte) string {
	c, err := config.Parse(data)
	if err != nil {
		return ""
	}
	c.Owed = nil
	out, _ := c.Marshal()
	return string(out)
}

// checks is how many checks the document has.
func (m *memory) checks(t *testing.T) int {
	t.Helper()
	c, err := config.Parse(m.data)
	if err != nil {
		t.Fatal(err)
	}
	return len(c.Checks)
}

// owed are the names of the checks that the document owes.
func (m *memory) owed(t *testing.T) (names []string) {
	t.Helper()
	c, err := config.Parse(m.data)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range c.Owed {
		names = append(names, o.Check)
	}
	return names
}

func (m *memory) String() string { return "memory" }

func (m *memory) Load(context.Context, string) (store.Document, error) {
	if m.data == nil {
		return store.Document{}, store.ErrNotFound
	}
	return store.Document{Data: m.data, Tag: string(m.data)}, nil
}

func (m *memory) Publish(_ context.Context, data []byte, tag string) (string, error) {
	if m.before != nil {
		m.before()
	}
	if tag != string(m.data) {
		return "", store.ErrConflict
	}
	if withoutOwed(m.data) != withoutOwed(data) {
		m.published++
	}
	m.data = data
	return string(data), m.lose
}

// asked collects the checks that are posted.
type asked struct {
	mu    sync.Mutex
	names []string
	err   error // what the ATC answers; nil if it takes them
}

func (a *asked) Check(_ context.Context, ref config.Ref, _ string) (concourse.Build, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err != nil {
		return concourse.Build{}, a.err
	}
	a.names = append(a.names, ref.String())
	return concourse.Build{ID: len(a.names)}, nil
}

// report keeps what is reported.
type report struct {
	syncing.Text
	caughtUp notify.Report
	waited   time.Duration
	left     int
}

func (r *report) Waiting(d time.Duration) { r.waited = d }

func (r *report) Left(n int) { r.left = n }

func (r *report) CaughtUp(c notify.Report) { r.caughtUp = c }

// gitPipeline is a pipeline with one git resource per entry: from the resource's name to its repository.
func gitPipeline(name string, repositories map[string]string) pipeline.Pipeline {
	p := pipeline.Pipeline{Pipeline: config.Pipeline{ID: 1, Team: "main", Name: name, LastUpdated: 1}}
	for r, repository := range repositories {
		p.Resources = append(p.Resources, pipeline.Resource{Name: r, Type: "git", Source: resource.Source{"uri": "https://github.com/" + repository}})
	}
	return p
}

// follow makes a syncer that reads the pipelines to which reading points.
func follow(reading *[]pipeline.Pipeline, m *memory) (*syncing.Syncer, *asked) {
	a := new(asked)
	return &syncing.Syncer{
		Store: m, Checker: a, Options: syncing.PublishOptions{CatchUpRate: 10_000}, Reporter: &report{Text: syncing.Text{Out: io.Discard, Err: io.Discard}},
		Read: func(context.Context, []config.Pipeline) (*pipeline.Reading, error) {
			return &pipeline.Reading{
				URL: "https://ci.example.com", Teams: []string{"main"}, Pipelines: *reading,
				GlobalResources: true, UniqueHistory: map[string]bool{"git": false},
			}, nil
		},
	}, a
}

// After publishing, the added and changed resources are asked to check once, and one resource of each scope that lost a resource.
func TestCatchUp(t *testing.T) {
	t.Parallel()
	type repositories = map[string]string
	for name, test := range map[string]struct {
		before, after repositories
		want          []string
	}{
		"the first":             {nil, repositories{"a": "acme/a", "b": "acme/b"}, []string{"main/p/a", "main/p/b"}},
		"one more":              {repositories{"a": "acme/a"}, repositories{"a": "acme/a", "b": "acme/b"}, []string{"main/p/b"}},
		"one changed":           {repositories{"a": "acme/a", "b": "acme/b"}, repositories{"a": "acme/c", "b": "acme/b"}, []string{"main/p/a"}},
		"one less":              {repositories{"a": "acme/a", "b": "acme/b"}, repositories{"b": "acme/b"}, nil},
		"nothing":               {repositories{"a": "acme/a"}, repositories{"a": "acme/a"}, nil},
		"one joins a scope":     {repositories{"a": "acme/a"}, repositories{"a": "acme/a", "b": "acme/a"}, []string{"main/p/b"}},
		"two of a new scope":    {repositories{}, repositories{"a": "acme/a", "b": "acme/a"}, []string{"main/p/a", "main/p/b"}},
		"one leaves a scope":    {repositories{"a": "acme/a", "b": "acme/a", "c": "acme/a"}, repositories{"b": "acme/a", "c": "acme/a"}, []string{"main/p/b"}},
		"one changes its scope": {repositories{"a": "acme/a", "b": "acme/a"}, repositories{"a": "acme/x", "b": "acme/a"}, []string{"main/p/a", "main/p/b"}},
		"a scope ends":          {repositories{"a": "acme/a", "b": "acme/a"}, repositories{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, reading := new(memory), []pipeline.Pipeline{gitPipeline("p", test.before)}
			s, a := follow(&reading, m)
			if test.before != nil {
				if _, err := s.Sync(t.Context()); err != nil {
					t.Fatal(err)
				}
				a.names, s.Reporter.(*report).caughtUp = nil, notify.Report{}
			}
			reading[0] = gitPipeline("p", test.after)
			out, err := s.Sync(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(a.names)
			if diff := cmp.Diff(test.want, a.names); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
			if told := s.Reporter.(*report).caughtUp; len(told.Success) != len(test.want) || strings.Contains(string(m.data), "owed") {
				t.Errorf("reported %v of %v; published %s", told, out.Config.Owed, m.data)
			}
		})
	}
}

// If somebody edits the published checks by hand, the next sync reads all pipelines and corrects the checks.
func TestSyncAfterAChangeByHand(t *testing.T) {
	t.Parallel()
	m, reading := new(memory), []pipeline.Pipeline{gitPipeline("p", map[string]string{"a": "acme/a", "b": "acme/b"})}
	s, _ := follow(&reading, m)
	next := s.Read
	var known int
	s.Read = func(ctx context.Context, previous []config.Pipeline) (*pipeline.Reading, error) {
		known = len(previous)
		r, err := next(ctx, previous)
		for i := range r.Pipelines {
			r.Pipelines[i].Unchanged = known > 0
		}
		return r, err
	}
	for range 2 {
		if _, err := s.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if known != 1 || m.published != 1 {
		t.Fatalf("as it was published: %d pipelines known, published %d times", known, m.published)
	}
	whole := string(m.data)
	m.data = []byte(strings.Replace(whole, "acme/a", "acme/other", 1))
	out, err := s.Sync(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if known != 0 || out.Plan.Count(publish.Changed) != 1 || string(m.data) != whole {
		t.Errorf("%d pipelines known, plan %v, published %s", known, out.Plan.Changes, m.data)
	}
}

// If the config is now for another Concourse, all its resources are asked to check. A document that could not be read again is
// not published.
func TestSyncToAnotherConcourse(t *testing.T) {
	t.Parallel()
	m, reading := new(memory), []pipeline.Pipeline{gitPipeline("p", map[string]string{"a": "acme/a", "b": "acme/b"})}
	s, a := follow(&reading, m)
	if _, err := s.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	url, next := "ci.example.com", s.Read
	s.Read = func(ctx context.Context, previous []config.Pipeline) (*pipeline.Reading, error) {
		r, err := next(ctx, previous)
		r.URL = url
		return r, err
	}
	a.names = nil
	if _, err := s.Sync(t.Context()); err == nil || m.published != 1 {
		t.Errorf("an invalid URL: error %v, published %d times", err, m.published)
	}
	url = "https://new.example.com/"
	if _, err := s.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	slices.Sort(a.names)
	if diff := cmp.Diff([]string{"main/p/a", "main/p/b"}, a.names); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

// Nothing is published or asked to check if the plan is declined, drastic, or only shown, or if there was a conflict.
func TestSyncPublishesNothing(t *testing.T) {
	t.Parallel()
	many := map[string]string{}
	for i := range 12 {
		many[fmt.Sprintf("r%d", i)] = fmt.Sprintf("acme/%d", i)
	}
	for name, test := range map[string]struct {
		change func(*syncing.Syncer, *memory)
		err    error
		plan   bool // only plan
	}{
		"declined": {func(s *syncing.Syncer, _ *memory) {
			s.Approve = func() (bool, error) { return false, nil }
		}, syncing.ErrDeclined, false},
		"a dry run": {func(*syncing.Syncer, *memory) {}, nil, true},
		"a conflict": {func(_ *syncing.Syncer, m *memory) {
			m.before = func() { m.data = append(slices.Clone(m.data), '\n') }
		}, store.ErrConflict, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, reading := new(memory), []pipeline.Pipeline{gitPipeline("p", many)}
			s, a := follow(&reading, m)
			if _, err := s.Sync(t.Context()); err != nil {
				t.Fatal(err)
			}
			a.names = nil
			reading = append(reading, gitPipeline("q", map[string]string{"new": "acme/new"}))
			test.change(s, m)
			run := s.Sync
			if test.plan {
				run = func(ctx context.Context) (*syncing.Outcome, error) {
					out, _, err := s.Plan(ctx)
					return out, err
				}
			}
			out, err := run(t.Context())
			if !errors.Is(err, test.err) {
				t.Errorf("error %v, want %v", err, test.err)
			}
			if m.published != 1 || out.Published || len(a.names) > 0 {
				t.Errorf("published %d times (%v), asked %v", m.published, out.Published, a.names)
			}
		})
	}
	t.Run("drastic", func(t *testing.T) {
		t.Parallel()
		m, reading := new(memory), []pipeline.Pipeline{gitPipeline("p", many)}
		s, _ := follow(&reading, m)
		if _, err := s.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		reading = nil
		const want = "the plan would remove 12 of 12 checks: they stay. Can the login still read all pipelines? It could read main."
		if _, err := s.Sync(t.Context()); err == nil || err.Error() != want || m.checks(t) != 12 {
			t.Errorf("error %v, %d checks", err, m.checks(t))
		}
		s.Options.Force = true
		if _, err := s.Sync(t.Context()); err != nil || m.checks(t) != 0 {
			t.Errorf("forced: error %v, %d checks", err, m.checks(t))
		}
	})
}

// If the reading fails, or the published document is not a config, nothing is published.
func TestSyncFails(t *testing.T) {
	t.Parallel()
	m, reading := new(memory), []pipeline.Pipeline{gitPipeline("p", map[string]string{"a": "acme/a"})}
	s, _ := follow(&reading, m)
	m.data = []byte("<html>somebody else's page</html>")
	if _, err := s.Sync(t.Context()); err == nil || m.published != 0 {
		t.Errorf("published over a document that is not a config: error %v", err)
	}
	m.data = nil
	failure := errors.New("unreachable")
	s.Read = func(context.Context, []config.Pipeline) (*pipeline.Reading, error) { return nil, failure }
	if _, err := s.Sync(t.Context()); !errors.Is(err, failure) || m.published != 0 {
		t.Errorf("error %v, published %d times", err, m.published)
	}
}
