package notify_test

import (
	"bytes"
	"context"
	"encoding/json"
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
)

// post is one call of a checker.
type post struct {
	name, token string
	at          time.Duration // since the first target of the test
}

// fakeChecker answers by resource, with the last answer again where there are more posts than answers.
type fakeChecker struct {
	answers map[string][]error
	takes   time.Duration // each post

	mu      sync.Mutex
	start   time.Time
	posts   []post
	running int
	most    int // posts at once
}

func (f *fakeChecker) Check(ctx context.Context, ref config.Ref, token string) (concourse.Build, error) {
	f.mu.Lock()
	f.posts = append(f.posts, post{ref.Resource, token, time.Since(f.start)})
	f.running++
	f.most = max(f.most, f.running)
	answers := f.answers[ref.Resource]
	if len(answers) > 1 {
		f.answers[ref.Resource] = answers[1:]
	}
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		f.running--
		f.mu.Unlock()
	}()
	if f.takes > 0 {
		select {
		case <-time.After(f.takes):
		case <-ctx.Done():
			return concourse.Build{}, fmt.Errorf("asking: %w", &concourse.TransportError{Err: ctx.Err()})
		}
	}
	if len(answers) == 0 || answers[0] == nil {
		return concourse.Build{ID: 1}, nil
	}
	return concourse.Build{}, fmt.Errorf("asking %s to check: %w", ref, answers[0])
}

func (f *fakeChecker) names() []string {
	names := make([]string, 0, len(f.posts))
	for _, p := range f.posts {
		names = append(names, p.name)
	}
	return names
}

func answered(status int) error { return &concourse.StatusError{Status: status, Concourse: true} }

func target(name, scope string) notify.Target {
	return notify.Target{Ref: config.Ref{Team: "main", Pipeline: "p", Resource: name}, Scope: scope, Rule: "rule." + name, Reason: "why " + name}
}

// targets makes one of each word: NAME or NAME:SCOPE.
func targets(words string) []notify.Target {
	var list []notify.Target
	for word := range strings.FieldsSeq(words) {
		name, scope, _ := strings.Cut(word, ":")
		list = append(list, target(name, scope))
	}
	return list
}

// show writes a report in short: the successes, with whom they were served by, and the failures with their status.
func show(r notify.Report) string {
	name := func(check string) string { return check[strings.LastIndex(check, "/")+1:] }
	served := make(map[string]string)
	for _, s := range r.Served {
		served[s.Check] = "<" + name(s.By)
	}
	var parts []string
	for _, s := range r.Success {
		parts = append(parts, name(s)+served[s])
	}
	for _, f := range r.Failure {
		parts = append(parts, fmt.Sprintf("%s!%d", name(f.Check), f.Status))
	}
	return strings.Join(parts, " ")
}

func TestNotify(t *testing.T) {
	t.Parallel()
	refused := &concourse.LoginError{Name: "bot", Err: answered(401)}
	token := &concourse.StatusError{Status: 401, Webhook: true, Concourse: true}
	network := &concourse.TransportError{Err: errors.New("reset")}
	for name, test := range map[string]struct {
		targets string
		answers map[string][]error
		report  string
		posts   string
	}{
		"none":                    {"", nil, "", ""},
		"all":                     {"a b c", nil, "a b c", "a b c"},
		"listed twice":            {"a b a", nil, "a b", "a b"},
		"one per scope":           {"a:s b c:s d:t e:t f:s", nil, "a b c<a d e<d f<a", "a b d"},
		"404 is not repeated":     {"a b", map[string][]error{"a": {answered(404)}}, "b a!404", "a b"},
		"409 is not repeated":     {"a", map[string][]error{"a": {answered(409)}}, "a!409", "a"},
		"a page, then well":       {"a", map[string][]error{"a": {&concourse.StatusError{Status: 200}, nil}}, "a", "a a"},
		"a proxy's 404":           {"a:s b:s", map[string][]error{"a": {&concourse.StatusError{Status: 404}}}, "a!404 b!404", "a a a a"},
		"503, then well":          {"a", map[string][]error{"a": {answered(503), nil}}, "a", "a a"},
		"429, then well":          {"a", map[string][]error{"a": {answered(429), nil}}, "a", "a a"},
		"network, then well":      {"a", map[string][]error{"a": {network, nil}}, "a", "a a"},
		"500 for ever":            {"a", map[string][]error{"a": {answered(500)}}, "a!500", "a a a a"},
		"503, then 404":           {"a", map[string][]error{"a": {answered(503), answered(404)}}, "a!404", "a a"},
		"an unknown error":        {"a", map[string][]error{"a": {errors.New("?")}}, "a!0", "a"},
		"the next of the scope":   {"a:s b:s c:s", map[string][]error{"a": {answered(404)}, "b": {answered(403)}}, "c a!404 b!403", "a b c"},
		"served after a failure":  {"a:s b:s c:s", map[string][]error{"a": {answered(409)}}, "b c<b a!409", "a b"},
		"the scope's last":        {"a:s b:s", map[string][]error{"a": {answered(404)}, "b": {answered(404)}}, "a!404 b!404", "a b"},
		"a webhook's token":       {"a:s b:s c", map[string][]error{"a": {token}}, "b c a!401", "a b c"},
		"500 of one of a scope":   {"a:s b:s", map[string][]error{"a": {answered(500)}}, "b a!500", "a a a a b"},
		"a gateway, for a scope":  {"a:s b:s", map[string][]error{"a": {answered(503)}}, "a!503 b!503", "a a a a"},
		"network, for a scope":    {"a:s b:s c", map[string][]error{"a": {network}}, "c a!0 b!0", "a a a a c"},
		"refused log in":          {"a b:s c:s d", map[string][]error{"a": {refused}}, "a!401 b!401 c!401 d!401", "a"},
		"refused bearer":          {"a b", map[string][]error{"a": {answered(401)}}, "a!401 b!401", "a"},
		"a scope's refused login": {"a:s b:s", map[string][]error{"a": {refused}}, "a!401 b!401", "a"},
		"log in down for a time":  {"a b", map[string][]error{"a": {&concourse.LoginError{Err: answered(502)}, nil}}, "a b", "a a b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				checker := &fakeChecker{answers: test.answers, start: time.Now()}
				report := notify.New(checker, notify.Options{Concurrency: 1}).Notify(t.Context(), targets(test.targets))
				if got := show(report); got != test.report {
					t.Errorf("report %q, want %q", got, test.report)
				}
				if got := strings.Join(checker.names(), " "); got != test.posts {
					t.Errorf("posts %q, want %q", got, test.posts)
				}
				if report.Posts != len(checker.posts) {
					t.Errorf("%d posts reported, %d made", report.Posts, len(checker.posts))
				}
			})
		})
	}
}

func TestWaits(t *testing.T) {
	t.Parallel()
	after := func(d time.Duration) error { return &concourse.StatusError{Status: 429, RetryAfter: d} }
	const ms = time.Millisecond
	for name, test := range map[string]struct {
		answers []error
		options notify.Options
		waits   [][2]time.Duration // at least, at most
	}{
		"doubling, with jitter": {
			[]error{answered(500)},
			notify.Options{Attempts: 5},
			[][2]time.Duration{{125 * ms, 375 * ms}, {250 * ms, 750 * ms}, {500 * ms, 1500 * ms}, {1000 * ms, 3000 * ms}},
		},
		"Retry-After":              {[]error{after(2 * time.Second), nil}, notify.Options{}, [][2]time.Duration{{2000 * ms, 2000 * ms}}},
		"Retry-After, bounded":     {[]error{after(time.Hour), nil}, notify.Options{}, [][2]time.Duration{{5000 * ms, 5000 * ms}}},
		"longer than the deadline": {[]error{after(time.Hour)}, notify.Options{Deadline: time.Second}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				checker := &fakeChecker{answers: map[string][]error{"a": test.answers}, start: time.Now()}
				notify.New(checker, test.options).Notify(t.Context(), targets("a"))
				if len(checker.posts) != len(test.waits)+1 {
					t.Fatalf("%d posts, want %d", len(checker.posts), len(test.waits)+1)
				}
				for i, bounds := range test.waits {
					if wait := checker.posts[i+1].at - checker.posts[i].at; wait < bounds[0] || wait > bounds[1] {
						t.Errorf("wait %d is %s, want %s", i, wait, bounds)
					}
				}
				if len(test.waits) == 0 && time.Since(checker.start) != 0 {
					t.Errorf("it waited %s in vain", time.Since(checker.start))
				}
			})
		})
	}
}

func TestConcurrencyIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var list []notify.Target
		for i := range 100 {
			list = append(list, target(fmt.Sprint("r", i), ""))
		}
		checker := &fakeChecker{takes: time.Second, start: time.Now()}
		report := notify.New(checker, notify.Options{Concurrency: 10}).Notify(t.Context(), list)
		if checker.most != 10 || time.Since(checker.start) != 10*time.Second {
			t.Errorf("%d at once, in %s", checker.most, time.Since(checker.start))
		}
		want := make([]string, 0, len(list))
		for _, one := range list {
			want = append(want, one.Ref.String())
		}
		if !slices.Equal(report.Success, want) {
			t.Errorf("not in the order of the targets: %v", report.Success)
		}
	})
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		context func(context.Context) (context.Context, context.CancelFunc)
		takes   time.Duration
		report  string
		text    string // of the last failure
		after   time.Duration
	}{
		"of the notifier": {
			context.WithCancel,
			3 * time.Second, "a b c d!0 e!0", "not asked: the deadline passed", 10 * time.Second,
		},
		"of the context": {
			func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeout(ctx, 4*time.Second)
			},
			3 * time.Second, "a b!0 c!0 d!0 e!0", "not asked: the deadline passed", 4 * time.Second,
		},
		"a cancellation": {
			func(ctx context.Context) (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancel(ctx)
				time.AfterFunc(5*time.Second, cancel)
				return ctx, cancel
			},
			3 * time.Second, "a b!0 c!0 d!0 e!0", "not asked: cancelled before the deadline", 5 * time.Second,
		},
		"a post that hangs leaves time": {
			context.WithCancel,
			time.Hour, "a!0 b!0 c!0 d!0 e!0", "not asked: the deadline passed", 10 * time.Second,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := test.context(t.Context())
				defer cancel()
				checker := &fakeChecker{takes: test.takes, start: time.Now()}
				n := notify.New(checker, notify.Options{Concurrency: 1, Deadline: 10 * time.Second, AttemptTimeout: 4 * time.Second})
				report := n.Notify(ctx, targets("a b c d e"))
				if took := time.Since(checker.start); took != test.after {
					t.Errorf("it took %s, want %s", took, test.after)
				}
				if got := show(report); got != test.report {
					t.Errorf("report %q, want %q", got, test.report)
				}
				last := report.Failure[len(report.Failure)-1]
				if !strings.Contains(last.Error, test.text) || !errors.Is(last.Err, notify.ErrNotAsked) {
					t.Errorf("the last failure is %q", last.Error)
				}
				for _, f := range report.Failure {
					if f.Gone() {
						t.Errorf("%q is said to be gone", f.Error)
					}
				}
			})
		})
	}
}

// With a rate, so many scopes are taken up in a second; nothing waits once no more is posted.
func TestRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeChecker{start: time.Now()}
		notify.New(f, notify.Options{Rate: 2}).Notify(t.Context(), targets("a b:s c:s d e"))
		if took := time.Since(f.start); took != 1500*time.Millisecond || len(f.posts) != 4 {
			t.Errorf("%d posts in %s, want 4 in 1.5s", len(f.posts), took)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		start := time.Now()
		if notify.New(f, notify.Options{Rate: 1}).Notify(ctx, targets("a b c d")); time.Since(start) > 0 {
			t.Errorf("cancelled, it takes %s", time.Since(start))
		}
	})
}

func TestCancelledBefore(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	checker := new(fakeChecker)
	report := notify.New(checker, notify.Options{}).Notify(ctx, targets("a b:s c:s"))
	if got := show(report); got != "a!0 b!0 c!0" || len(checker.posts) != 0 {
		t.Errorf("report %q, posts %v", got, checker.posts)
	}
}

func TestWebhookTokens(t *testing.T) {
	t.Parallel()
	list := targets("a:s b:s c:s d")
	asked := 0
	list[0].WebhookToken = func(context.Context) (string, error) { return "", errors.New("no such parameter") }
	list[1].WebhookToken = func(context.Context) (string, error) { return "token of b", nil }
	list[2].WebhookToken = func(context.Context) (string, error) { asked++; return "", nil }
	checker := new(fakeChecker)
	report := notify.New(checker, notify.Options{Concurrency: 1}).Notify(t.Context(), list)
	if got := show(report); got != "b c<b d a!0" {
		t.Errorf("report %q", got)
	}
	if want := "finding the webhook token of main/p/a: no such parameter"; report.Failure[0].Error != want || report.Failure[0].Gone() {
		t.Errorf("error %q, want %q, and that it may pass", report.Failure[0].Error, want)
	}
	if asked != 0 || checker.posts[0].token != "token of b" || checker.posts[1].token != "" {
		t.Errorf("the token of a served one was found %d times, posts %v", asked, checker.posts)
	}
}

// panicking is a checker that panics for some resources.
type panicking struct {
	fakeChecker
	names string
}

func (p *panicking) Check(ctx context.Context, ref config.Ref, token string) (concourse.Build, error) {
	if strings.Contains(p.names, ref.Resource) {
		panic("planted")
	}
	return p.fakeChecker.Check(ctx, ref, token)
}

// A panic costs the target that it is about, and neither the others nor the program. It may not be the scope's fault, so the
// next one of the scope is asked.
func TestPanic(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	checker := &panicking{names: "a c"}
	list := targets("a b c:s d:s e")
	list[4].WebhookToken = func(context.Context) (string, error) { panic("planted") }
	n := notify.New(checker, notify.Options{Concurrency: 1, Logger: slog.New(slog.NewTextHandler(&b, nil))})
	report := n.Notify(t.Context(), list)
	if got, want := show(report), "b d a!0 c!0 e!0"; got != want {
		t.Errorf("report %q, want %q", got, want)
	}
	for _, f := range report.Failure {
		if f.Error != "the program panicked; its log says where" || f.Gone() {
			t.Errorf("error %q, want one that says so, of which the target is not gone", f.Error)
		}
	}
	if n := strings.Count(b.String(), "panic=planted stack="); n != 3 || !strings.Contains(b.String(), "panicking).Check(") {
		t.Errorf("%d stacks in the log:\n%s", n, b.String())
	}
}

func TestReportAsJSON(t *testing.T) {
	t.Parallel()
	notifier := notify.New(&fakeChecker{answers: map[string][]error{"c": {answered(404)}}}, notify.Options{})
	for words, want := range map[string]string{
		"": `{"success":[],"failure":[]}`,
		"a:s b:s c": `{"success":["main/p/a","main/p/b"],"failure":[{"check":"main/p/c","status":404,` +
			`"error":"asking main/p/c to check: "}],"served":[{"check":"main/p/b","by":"main/p/a"}]}`,
	} {
		got, err := json.Marshal(notifier.Notify(t.Context(), targets(words)))
		if err != nil || string(got) != want {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
	}
}

func TestLog(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&b, nil))
	checker := &fakeChecker{answers: map[string][]error{"c": {answered(404)}}}
	notify.New(checker, notify.Options{Concurrency: 1, Logger: logger}).Notify(t.Context(), targets("a:s b:s c"))
	for _, want := range []string{
		`msg="check taken" check=main/p/a rule=rule.a reason="why a"`,
		`msg="check served by the same scope" check=main/p/b rule=rule.b reason="why b" by=main/p/a`,
		`level=WARN msg="check not taken" check=main/p/c rule=rule.c reason="why c" attempts=1`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the log lacks %s:\n%s", want, b.String())
		}
	}
}
