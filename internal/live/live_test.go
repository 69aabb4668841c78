package live_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/live"
	"github.com/dpb587/concourse-resource-endpoints/internal/match"
	"github.com/dpb587/concourse-resource-endpoints/internal/receiver"
	"github.com/dpb587/concourse-resource-endpoints/internal/store"
)

// shelf is a fake store. Its tag is the document itself.
type shelf struct {
	mu       sync.Mutex
	document string
	err      error
	hang     bool
	loads    []string // the tags that were given
}

func (s *shelf) Load(ctx context.Context, tag string) (store.Document, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loads = append(s.loads, tag)
	switch {
	case s.hang:
		<-ctx.Done()
		return store.Document{}, ctx.Err()
	case s.err != nil:
		return store.Document{}, s.err
	case s.document == tag:
		return store.Document{}, store.ErrNotModified
	}
	return store.Document{Data: []byte(s.document), Tag: s.document}, nil
}

func (*shelf) Publish(context.Context, []byte, string) (string, error) { panic("not here") }
func (*shelf) String() string                                          { return "the shelf" }

// with is a document of one check for each pipeline.
func with(pipelines ...string) string {
	checks := make([]string, len(pipelines))
	for i, p := range pipelines {
		checks[i] = `{"check":"` + p + `/source","type":"git","filter":{"uri":"https://github.com/octo/app"}}`
	}
	return `{"version":1,"atc":{"url":"https://ci.example.com"},"checks":[` + strings.Join(checks, ",") + `]}`
}

func newLive(s *shelf) (*live.Config, *bytes.Buffer) {
	log := new(bytes.Buffer)
	return &live.Config{
		Store: s, Refresh: time.Minute, Logger: slog.New(slog.NewTextHandler(log, nil)),
		Secrets: func(context.Context, string) (map[string][]string, error) { return nil, nil },
		Build: func(_ context.Context, c *config.Config) (*receiver.Current, error) {
			m, err := match.New(c)
			return &receiver.Current{Matcher: m}, err
		},
	}, log
}

// checks is how many checks a delivery finds in the config.
func checks(t *testing.T, l *live.Config) int {
	t.Helper()
	current, err := l.Current(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return current.Matcher.Len()
}

// elapse lets time pass, on the clock of synctest's bubble.
func elapse(d time.Duration) { time.Sleep(d) } //nolint:forbidigo // nobody waits

// The store is looked at once a minute, by the tag of what is there, and a new document is served from then on.
func TestRefresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{document: with("a")}
		l, _ := newLive(s)
		if _, err := l.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		first := s.document
		s.document = with("a", "b")
		for range 5 {
			elapse(10 * time.Second)
			if n := checks(t, l); n != 1 {
				t.Errorf("%d checks before it is time to look", n)
			}
		}
		elapse(10 * time.Second)
		for range 5 {
			if n := checks(t, l); n != 2 {
				t.Errorf("%d checks after it was time to look", n)
			}
		}
		elapse(time.Minute)
		if n := checks(t, l); n != 2 {
			t.Errorf("%d checks where the document is the same", n)
		}
		if want := []string{"", first, s.document}; strings.Join(s.loads, "\n") != strings.Join(want, "\n") {
			t.Errorf("loads with the tags %q, want %q", s.loads, want)
		}
	})
}

// Whatever happens to the store or the document, the last good config serves on, and the log says why.
func TestLastGoodServesOn(t *testing.T) {
	t.Parallel()
	bad := `{"version":1,"atc":{"url":"https://ci.example.com"},"checks":[{"check":"a/b","type":"svn","filter":{}}]}`
	tests := []struct {
		name string
		now  func(*shelf)
		log  string
	}{
		{"the store fails", func(s *shelf) { s.err = errors.New("access denied") }, "access denied"},
		{"the document is gone", func(s *shelf) { s.err = store.ErrNotFound }, "there is no config yet"},
		{"the document is empty", func(s *shelf) { s.document = " " }, "the config is empty"},
		{"the document is cut off", func(s *shelf) { s.document = s.document[:50] }, "it is cut off"},
		{"the document has an unknown type", func(s *shelf) { s.document = bad }, "is not known"},
		{"the store hangs", func(s *shelf) { s.hang = true }, "deadline exceeded"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &shelf{document: with("a", "b")}
				l, log := newLive(s)
				if _, err := l.Load(t.Context()); err != nil {
					t.Fatal(err)
				}
				tt.now(s)
				elapse(time.Minute)
				start := time.Now()
				if n := checks(t, l); n != 2 {
					t.Errorf("%d checks", n)
				}
				if waited := time.Since(start); waited > 5*time.Second {
					t.Errorf("the delivery waited %s", waited)
				}
				for _, part := range []string{"level=ERROR", "the last good one serves on", "the shelf", tt.log} {
					if !strings.Contains(log.String(), part) {
						t.Errorf("the log lacks %q:\n%s", part, log)
					}
				}
				*s = shelf{document: with("a", "b", "c")}
				if n := checks(t, l); n != 2 {
					t.Errorf("%d checks before it is time to look again", n)
				}
				elapse(time.Minute)
				if n := checks(t, l); n != 3 {
					t.Errorf("%d checks after it was mended", n)
				}
			})
		})
	}
}

// A document that makes a step panic is no better than one that is invalid.
func TestPanic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{document: with("a")}
		l, log := newLive(s)
		if _, err := l.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		build := l.Build
		l.Build = func(context.Context, *config.Config) (*receiver.Current, error) { panic("out of range") }
		s.document = with("a", "b")
		elapse(time.Minute)
		if n := checks(t, l); n != 1 {
			t.Errorf("%d checks", n)
		}
		for _, part := range []string{"level=ERROR", "the last good one serves on", `panic="out of range" stack=`} {
			if !strings.Contains(log.String(), part) {
				t.Errorf("the log lacks %q:\n%s", part, log)
			}
		}
		l.Build = build
		elapse(time.Minute)
		if n := checks(t, l); n != 2 {
			t.Errorf("%d checks after it was mended", n)
		}
	})
}

// While one delivery looks at the store, the others go on.
func TestOthersDoNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{document: with("a")}
		l, _ := newLive(s)
		if _, err := l.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.hang = true
		elapse(time.Minute)
		start := time.Now()
		var looked time.Duration
		var wg sync.WaitGroup
		wg.Go(func() {
			_, _ = l.Current(t.Context())
			looked = time.Since(start)
		})
		synctest.Wait()
		if n := checks(t, l); n != 1 || time.Since(start) != 0 {
			t.Errorf("%d checks after %s", n, time.Since(start))
		}
		wg.Wait()
		if looked != 5*time.Second || len(s.loads) != 2 {
			t.Errorf("the look took %s, and there were %d", looked, len(s.loads))
		}
	})
}
