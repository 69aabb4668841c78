package pending_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
	"github.com/dpb587/concourse-resource-endpoints/internal/pending"
)

// atc takes checks, or answers errors.
type atc struct {
	mu     sync.Mutex
	posts  []string
	began  []time.Time
	most   int // posts at once
	now    int
	takes  time.Duration
	answer func(name string) error // nil takes all
	scopes map[string]string
	gone   map[string]bool // not in the config any more
}

func (a *atc) find(name string) (notify.Target, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := target(name)
	t.Scope = a.scopes[name]
	return t, !a.gone[name]
}

func (a *atc) post(ctx context.Context, t notify.Target) (concourse.Build, error) {
	name := t.Ref.String()
	a.mu.Lock()
	a.posts, a.began = append(a.posts, name), append(a.began, time.Now())
	a.now++
	a.most = max(a.most, a.now)
	answer, takes := a.answer, a.takes
	a.mu.Unlock()
	defer func() {
		a.mu.Lock()
		a.now--
		a.mu.Unlock()
	}()
	if takes > 0 {
		select {
		case <-time.After(takes):
		case <-ctx.Done():
			return concourse.Build{}, &concourse.TransportError{Err: ctx.Err()}
		}
	}
	if answer != nil {
		if err := answer(name); err != nil {
			return concourse.Build{}, err
		}
	}
	return concourse.Build{ID: 1, URL: "https://ci.example.com/builds/1"}, nil
}

func (a *atc) set(answer func(string) error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answer = answer
}

func (a *atc) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.posts)
}

// target is TEAM/PIPELINE/RESOURCE.
func target(name string) notify.Target {
	parts := strings.Split(name, "/")
	return notify.Target{Ref: config.Ref{Team: parts[0], Pipeline: parts[1], Resource: parts[2]}, Rule: "git.branch", Reason: "push to main"}
}

func targets(names ...string) []notify.Target {
	var list []notify.Target
	for _, name := range names {
		list = append(list, target(name))
	}
	return list
}

func of(t notify.Target, delivery, provider string) notify.Target {
	t.Delivery, t.Provider = delivery, provider
	return t
}

// run runs a queue until stop, which waits for its end.
func run(t *testing.T, a *atc, o pending.Options) (q *pending.Queue, stop func()) {
	t.Helper()
	o.Find, o.Post = a.find, a.post
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	q, err := pending.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		q.Run(ctx)
	}()
	return q, func() {
		cancel()
		<-ended
	}
}

// pass lets time pass, which takes none in a bubble of package synctest.
func pass(d time.Duration) { <-time.After(d) }

func status(code int) error { return &concourse.StatusError{Status: code} }

func ofConcourse(code int) error { return &concourse.StatusError{Status: code, Concourse: true} }

func show(r notify.Report) string {
	var failed []string
	for _, f := range r.Failure {
		failed = append(failed, f.Check)
	}
	return fmt.Sprintf("taken %v pending %v failed %v", r.Success, r.Pending, failed)
}

func wantReport(t *testing.T, r notify.Report, want string) {
	t.Helper()
	if got := show(r); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A delivery waits until all its checks are taken, and no longer than it may.
func TestAsk(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer func(string) error
		takes  time.Duration
		want   string
		after  time.Duration
	}{
		"taken":           {want: "taken [main/p/a main/p/b] pending [] failed []"},
		"slow":            {takes: time.Second, want: "taken [main/p/a main/p/b] pending [] failed []", after: time.Second},
		"too slow":        {takes: 5 * time.Second, want: "taken [] pending [main/p/a main/p/b] failed []", after: 2 * time.Second},
		"down":            {answer: func(string) error { return status(503) }, want: "taken [] pending [main/p/a main/p/b] failed []"},
		"one is gone":     {answer: only("main/p/a", ofConcourse(404)), want: "taken [main/p/b] pending [] failed [main/p/a]"},
		"one is archived": {answer: only("main/p/b", ofConcourse(409)), want: "taken [main/p/a] pending [] failed [main/p/b]"},
		"a proxy's 404":   {answer: only("main/p/a", status(404)), want: "taken [main/p/b] pending [main/p/a] failed []"},
		"no role":         {answer: only("main/p/a", ofConcourse(403)), want: "taken [main/p/b] pending [main/p/a] failed []"},
		"another error":   {answer: only("main/p/a", errors.New("?")), want: "taken [main/p/b] pending [main/p/a] failed []"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := &atc{answer: test.answer, takes: test.takes}
				q, stop := run(t, a, pending.Options{AnswerWithin: 2 * time.Second})
				defer stop()
				start := time.Now()
				wantReport(t, q.Ask(t.Context(), targets("main/p/a", "main/p/b", "main/p/a")), test.want)
				if took := time.Since(start); took != test.after {
					t.Errorf("answered after %s, want %s", took, test.after)
				}
			})
		})
	}
}

func only(name string, err error) func(string) error {
	return func(other string) error {
		if other == name {
			return err
		}
		return nil
	}
}

// What is pending is posted again until it is taken; a failure makes no delivery wait.
func TestOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &atc{answer: func(string) error { return status(502) }}
		q, stop := run(t, a, pending.Options{AnswerWithin: 2 * time.Second})
		defer stop()
		for i := range 100 {
			q.Ask(t.Context(), targets(fmt.Sprintf("main/p/r%d", i%10)))
			pass(time.Second)
		}
		if n := a.count(); n > 200 {
			t.Errorf("%d posts to an ATC that is down for 100 s", n)
		}
		a.set(nil)
		up := time.Now()
		for len(q.Status().Pending) > 0 && time.Since(up) < time.Hour {
			pass(100 * time.Millisecond)
		}
		if took := time.Since(up); took > time.Minute+3*time.Second {
			t.Errorf("all was taken %s after the ATC came back", took)
		}
		start := time.Now()
		wantReport(t, q.Ask(t.Context(), targets("main/p/r0")), "taken [main/p/r0] pending [] failed []")
		if took := time.Since(start); took != 0 {
			t.Errorf("then it took %s", took)
		}
	})
}

// A delivery that comes while its resource is posted has it posted again, once for all that come meanwhile.
func TestCoalesce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &atc{takes: 500 * time.Millisecond}
		q, stop := run(t, a, pending.Options{})
		defer stop()
		var last time.Time
		for i := range 100 {
			last = time.Now()
			q.Ask(t.Context(), []notify.Target{of(target("main/p/a"), fmt.Sprint(i), "github")})
			pass(50 * time.Millisecond)
		}
		pass(2 * time.Second)
		synctest.Wait()
		if n := len(a.posts); n > 12 || a.began[n-1].Before(last) || a.most > 1 {
			t.Errorf("%d posts, %d at once, the last one began %s after the last delivery", n, a.most, a.began[n-1].Sub(last))
		}
		if left := q.Status().Pending; len(left) > 0 {
			t.Errorf("pending: %v", left)
		}
	})
}

// One post serves a scope, as the config of the moment has it; where the one that was posted is gone, another is.
func TestScope(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		scopes map[string]string
		answer func(string) error
		posts  int
		want   string
	}{
		"one scope":    {map[string]string{"main/p/a": "s", "main/p/b": "s", "dev/p/c": "s"}, nil, 1, "taken [main/p/a main/p/b dev/p/c] pending [] failed []"},
		"two scopes":   {map[string]string{"main/p/a": "s", "main/p/b": "t", "dev/p/c": "s"}, nil, 2, "taken [main/p/a main/p/b dev/p/c] pending [] failed []"},
		"no scope":     {nil, nil, 3, "taken [main/p/a main/p/b dev/p/c] pending [] failed []"},
		"one is gone":  {map[string]string{"main/p/a": "s", "main/p/b": "s", "dev/p/c": "s"}, only("main/p/a", ofConcourse(404)), 2, "taken [main/p/b dev/p/c] pending [] failed [main/p/a]"},
		"one has none": {map[string]string{"main/p/a": "s", "main/p/b": "s", "dev/p/c": "s"}, only("main/p/a", ofConcourse(403)), 2, "taken [main/p/b dev/p/c] pending [main/p/a] failed []"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := &atc{scopes: test.scopes, answer: test.answer}
				q, stop := run(t, a, pending.Options{AnswerWithin: 100 * time.Millisecond, Concurrency: 1})
				defer stop()
				list := targets("main/p/a", "main/p/b", "dev/p/c")
				for i := range list {
					list[i].Scope = test.scopes[list[i].Ref.String()]
				}
				wantReport(t, q.Ask(t.Context(), list), test.want)
				if n := a.count(); n != test.posts {
					t.Errorf("%d posts, want %d", n, test.posts)
				}
			})
		})
	}
}

// A push that concerns thousands of one team does not make the others wait.
func TestFairness(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &atc{takes: time.Second}
		q, stop := run(t, a, pending.Options{AnswerWithin: 5 * time.Second, Waiting: 1000})
		defer stop()
		var many []notify.Target
		for i := range 5000 {
			many = append(many, target(fmt.Sprintf("big/p/r%d", i)))
		}
		go q.Ask(t.Context(), many)
		pass(10 * time.Millisecond)
		start := time.Now()
		wantReport(t, q.Ask(t.Context(), targets("small/p/a")), "taken [small/p/a] pending [] failed []")
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("another team waited %s", took)
		}
		if a.most > 16 {
			t.Errorf("%d posts at once", a.most)
		}
	})
}

// What nobody waits for is posted slowly, and a delivery that wants it moves it up.
func TestCatchUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := new(atc)
		q, stop := run(t, a, pending.Options{AnswerWithin: time.Second})
		defer stop()
		var many []notify.Target
		for i := range 1000 {
			many = append(many, target(fmt.Sprintf("main/p/r%d", i)))
		}
		if err := q.CatchUp(many); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		if n := a.count(); n < 9 || n > 12 {
			t.Errorf("%d posts in the first second, want 10", n)
		}
		start := time.Now()
		wantReport(t, q.Ask(t.Context(), targets("main/p/r999")), "taken [main/p/r999] pending [] failed []")
		if took := time.Since(start); took != 0 {
			t.Errorf("the one that a delivery wants took %s", took)
		}
		pass(101 * time.Second)
		if n := a.count(); n != 1000 {
			t.Errorf("%d posts, want 1000", n)
		}
	})
}

// What is new in the config has a post of its own, even where others of its scope are posted, and a delivery wants it, too.
func TestCatchUpAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &atc{scopes: map[string]string{"main/p/a": "s", "main/p/b": "s", "main/p/new": "s"}}
		q, stop := run(t, a, pending.Options{AnswerWithin: 5 * time.Second})
		defer stop()
		if err := q.CatchUp(targets("main/p/new")); err != nil {
			t.Fatal(err)
		}
		list := targets("main/p/a", "main/p/b", "main/p/new")
		for i := range list {
			list[i].Scope = "s"
		}
		wantReport(t, q.Ask(t.Context(), list), "taken [main/p/a main/p/b main/p/new] pending [] failed []")
		slices.Sort(a.posts)
		if len(a.posts) != 2 || !slices.Contains(a.posts, "main/p/new") {
			t.Errorf("posted %v", a.posts)
		}
	})
}

// A pause keeps what comes, and posts nothing of it.
func TestPause(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		pause pending.Pause
		want  []string // posted
	}{
		"nothing":    {pending.Pause{}, []string{"dev/p/b", "main/p/a", "main/p/c"}},
		"all":        {pending.Pause{All: true}, nil},
		"a team":     {pending.Pause{Teams: []string{"main"}}, []string{"dev/p/b"}},
		"a provider": {pending.Pause{Providers: []string{"gitlab"}}, []string{"main/p/a", "main/p/c"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := new(atc)
				q, stop := run(t, a, pending.Options{AnswerWithin: time.Second})
				defer stop()
				if err := q.SetPause(test.pause); err != nil {
					t.Fatal(err)
				}
				q.Ask(t.Context(), []notify.Target{of(target("main/p/a"), "1", "github"), of(target("dev/p/b"), "2", "gitlab"), of(target("main/p/c"), "3", "gitlab"), of(target("main/p/c"), "4", "github")})
				synctest.Wait()
				slices.Sort(a.posts)
				if !slices.Equal(a.posts, test.want) {
					t.Errorf("posted %v, want %v", a.posts, test.want)
				}
				if err := q.SetPause(pending.Pause{}); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				if n := a.count(); n != 3 {
					t.Errorf("%d posts after the pause, want 3", n)
				}
			})
		})
	}
}

// Concourse says how long to wait, within reason.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for asked, want := range map[time.Duration]time.Duration{7 * time.Second: 7 * time.Second, time.Hour: 10 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			a := &atc{answer: func(string) error { return &concourse.StatusError{Status: 429, RetryAfter: asked} }}
			q, stop := run(t, a, pending.Options{})
			defer stop()
			q.Ask(t.Context(), targets("main/p/a"))
			synctest.Wait()
			a.set(nil)
			pass(want + time.Second)
			if n := a.count(); n != 2 || a.began[1].Sub(a.began[0]) != want {
				t.Errorf("asked for %s: %d posts, %s apart, want %s", asked, n, a.began[n-1].Sub(a.began[0]), want)
			}
		})
	}
}

// What the config no longer has is dropped.
func TestNotInTheConfig(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &atc{gone: map[string]bool{"main/p/a": true}}
		q, stop := run(t, a, pending.Options{AnswerWithin: time.Second})
		defer stop()
		wantReport(t, q.Ask(t.Context(), targets("main/p/a", "main/p/b")), "taken [main/p/b] pending [] failed [main/p/a]")
		if left := q.Status().Pending; len(left) > 0 || a.count() != 1 {
			t.Errorf("pending %v, %d posts", left, a.count())
		}
	})
}

// Only so many deliveries wait; the others are answered at once.
func TestWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &atc{takes: time.Second}
		q, stop := run(t, a, pending.Options{AnswerWithin: 2 * time.Second, Waiting: 2})
		defer stop()
		for i := range 2 {
			go q.Ask(t.Context(), targets(fmt.Sprintf("main/p/r%d", i)))
		}
		synctest.Wait()
		start := time.Now()
		wantReport(t, q.Ask(t.Context(), targets("main/p/c")), "taken [] pending [main/p/c] failed []")
		if took := time.Since(start); took != 0 {
			t.Errorf("the third waited %s", took)
		}
	})
}

// A panic while posting fails that post.
func TestPanic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &atc{answer: func(name string) error {
			if name == "main/p/a" {
				panic("planted")
			}
			return nil
		}}
		q, stop := run(t, a, pending.Options{AnswerWithin: time.Second})
		defer stop()
		wantReport(t, q.Ask(t.Context(), targets("main/p/a", "main/p/b")), "taken [main/p/b] pending [main/p/a] failed []")
		a.set(nil)
		pass(time.Second)
		if left := q.Status().Pending; len(left) > 0 {
			t.Errorf("pending %v", left)
		}
	})
}
