package syncing_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
	"github.com/dpb587/concourse-resource-endpoints/internal/syncing"
)

// A removal of most of the checks is held back alone: what is new is published and asked for. The next sync still sees the removal, also
// if the checks vanished from a pipeline that it need not read again.
func TestRemovalIsHeldBack(t *testing.T) {
	t.Parallel()
	m, reading := new(memory), []pipeline.Pipeline{gitPipeline("p", repositories(12))}
	s, a := follow(&reading, m)
	next := s.Read
	s.Read = func(ctx context.Context, previous []config.Pipeline) (*pipeline.Reading, error) { // as package read does
		r, err := next(ctx, previous)
		for i := range r.Pipelines {
			for _, known := range previous {
				p := &r.Pipelines[i]
				p.Unchanged = p.Unchanged || known.Name == p.Name && known.LastUpdated == p.LastUpdated
			}
		}
		return r, err
	}
	if _, err := s.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.names, reading = nil, []pipeline.Pipeline{gitPipeline("p", map[string]string{"new": "acme/new"})}
	reading[0].LastUpdated = 2
	for range 3 {
		var degraded *syncing.DegradedError
		if _, err := s.Sync(t.Context()); !errors.As(err, &degraded) || degraded.Held != 12 {
			t.Fatalf("error %v", err)
		}
		if m.checks(t) != 13 || len(a.names) != 1 || a.names[0] != "main/p/new" {
			t.Fatalf("%d checks, asked %v", m.checks(t), a.names)
		}
	}
	s.Options.Force = true
	if _, err := s.Sync(t.Context()); err != nil || m.checks(t) != 1 {
		t.Errorf("forced: error %v, %d checks", err, m.checks(t))
	}
}

// A pipeline that can't be read keeps its checks, and the sync says so after all else is done.
func TestBrokenPipelineKeepsItsChecks(t *testing.T) {
	t.Parallel()
	m, reading := new(memory), []pipeline.Pipeline{gitPipeline("p", map[string]string{"a": "acme/a"}), gitPipeline("q", map[string]string{"b": "acme/b"})}
	s, a := follow(&reading, m)
	if _, err := s.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.names, reading = nil, []pipeline.Pipeline{gitPipeline("p", map[string]string{"c": "acme/c"})}
	next := s.Read
	s.Read = func(ctx context.Context, previous []config.Pipeline) (*pipeline.Reading, error) {
		r, err := next(ctx, previous)
		r.AddBroken(config.Pipeline{Team: "main", Name: "q"}, errors.New("odd"))
		return r, err
	}
	_, err := s.Sync(t.Context())
	var degraded *syncing.DegradedError
	if !errors.As(err, &degraded) || fmt.Sprint(degraded.Broken) != "[main/q]" || !strings.Contains(err.Error(), "the config of main/q could not be read") {
		t.Errorf("error %v", err)
	}
	if !strings.Contains(string(m.data), `"check":"q/b"`) || fmt.Sprint(a.names) != "[main/p/c]" {
		t.Errorf("asked %v, published %s", a.names, m.data)
	}
}

// A server publishes the removal once it has been seen for the delay. If more checks vanish, the delay starts anew; if they are back, it
// ends.
func TestRemovalDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := []pipeline.Pipeline{gitPipeline("p", repositories(40)), gitPipeline("q", repositories(40)), gitPipeline("r", repositories(20))}
		m, reading := new(memory), all
		s, _ := follow(&reading, m)
		s.RemovalDelay = time.Hour
		sync := func(after time.Duration, pipelines []pipeline.Pipeline, want int) {
			t.Helper()
			<-time.After(after)
			reading = pipelines
			_, err := s.Sync(t.Context())
			if degraded := (*syncing.DegradedError)(nil); err != nil && !errors.As(err, &degraded) {
				t.Fatal(err)
			}
			if n := m.checks(t); n != want {
				t.Fatalf("%d checks, want %d (%v)", n, want, err)
			}
		}
		sync(0, all, 100)
		sync(0, all[:1], 100)
		sync(30*time.Minute, all, 100) // they are back
		sync(0, all[:1], 100)
		sync(59*time.Minute, all[:1], 100)
		sync(30*time.Second, nil, 100) // more
		sync(59*time.Minute, nil, 100)
		sync(2*time.Minute, nil, 0)
	})
}

// A team that the login can't read any more keeps its checks, and is named at each sync. What is new elsewhere is published.
func TestLostTeam(t *testing.T) {
	t.Parallel()
	other := gitPipeline("p", repositories(3))
	other.Team = "dev"
	m, reading := new(memory), []pipeline.Pipeline{gitPipeline("p", repositories(2)), other}
	teams := []string{"dev", "main"}
	s, _ := follow(&reading, m)
	next := s.Read
	s.Read = func(ctx context.Context, previous []config.Pipeline) (*pipeline.Reading, error) {
		r, err := next(ctx, previous)
		r.Teams = teams
		return r, err
	}
	s.ForgetHint = "--forget-team"
	if _, err := s.Sync(t.Context()); err != nil || m.checks(t) != 5 {
		t.Fatal(err)
	}
	reading, teams = []pipeline.Pipeline{gitPipeline("p", repositories(4))}, teams[1:]
	const want = "the login can't read team dev any more, so its checks stay as they are: give it a role there again, or drop them with --forget-team dev."
	for range 2 {
		if _, err := s.Sync(t.Context()); err == nil || err.Error() != want || m.checks(t) != 7 {
			t.Errorf("error %v, %d checks", err, m.checks(t))
		}
	}
	s.Settings.Forget = []string{"dev"}
	if _, err := s.Sync(t.Context()); err != nil || m.checks(t) != 4 {
		t.Errorf("forgotten: error %v, %d checks", err, m.checks(t))
	}
}

// A team's name forges no line in what a sync prints.
func TestTeamNames(t *testing.T) {
	t.Parallel()
	const team = "x\nno changes\x1b[2K"
	p := gitPipeline("p", repositories(1))
	p.Team = team
	reading := []pipeline.Pipeline{p}
	s, _ := follow(&reading, new(memory))
	next, teams := s.Read, []string{team}
	s.Read = func(ctx context.Context, previous []config.Pipeline) (*pipeline.Reading, error) {
		r, err := next(ctx, previous)
		r.Teams = teams
		return r, err
	}
	var printed strings.Builder
	s.Reporter = syncing.Text{Out: &printed, Err: &printed}
	if _, err := s.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	reading, teams = nil, []string{"main"}
	_, err := s.Sync(t.Context())
	text := printed.String() + fmt.Sprint(err)
	const quoted = `"x\nno changes\x1b[2K"`
	for _, part := range []string{"of " + quoted, "read " + quoted + " any more", "team " + quoted, "+ " + quoted + "/p/r0000 (git)"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in\n%s", part, text)
		}
	}
	if strings.Contains(text, "\x1b") || strings.Contains(text, "\nno changes\x1b") {
		t.Errorf("forged:\n%s", text)
	}
}
