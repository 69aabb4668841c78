package notify_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
	"github.com/dpb587/concourse-resource-endpoints/internal/panics"
)

// quick waits hardly at all between attempts.
var quick = notify.Options{Backoff: time.Microsecond, MaxBackoff: time.Microsecond}

func client(tb testing.TB, url string, credentials concourse.Credentials) *concourse.Client {
	tb.Helper()
	c, err := concourse.New(concourse.Options{URL: url, Credentials: credentials})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// answer answers as the ATC does.
func answer(w http.ResponseWriter, status int) {
	w.Header().Set("X-Concourse-Version", "7.14.2")
	w.WriteHeader(status)
	if status == http.StatusCreated {
		_, _ = io.WriteString(w, `{"id":1}`)
	}
}

// TestThroughTheClient sends to a server that answers by the resource's name, as the ATC does by webhook.
func TestThroughTheClient(t *testing.T) {
	t.Parallel()
	var flaky atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		parts := strings.Split(r.URL.Path, "/")
		status := map[string]int{"ok": 201, "gone": 404, "archived": 401, "unresolvable": 500}[parts[8]]
		if parts[8] == "flaky" {
			status = []int{503, 429, 201}[min(flaky.Add(1)-1, 2)]
			w.Header().Set("Retry-After", "3600")
		}
		answer(w, status)
	}))
	t.Cleanup(server.Close)
	list := targets("ok gone:s archived:s unresolvable flaky")
	for i := range list {
		list[i].WebhookToken = func(context.Context) (string, error) { return "planted+webhook", nil }
	}
	report := notify.New(client(t, server.URL, concourse.Credentials{}), quick).Notify(t.Context(), list)
	if got, want := show(report), "ok flaky gone!404 archived!401 unresolvable!500"; got != want {
		t.Errorf("report %q, want %q", got, want)
	}
	if report.Posts != 1+1+1+4+3 {
		t.Errorf("%d posts", report.Posts)
	}
	wantNothingPlanted(t, report)
}

// TestWrongPassword: one log in and no check, whatever the number of targets.
func TestWrongPassword(t *testing.T) {
	t.Parallel()
	var logIns, others atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/sky/issuer/token" {
			logIns.Add(1)
		} else {
			others.Add(1)
		}
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(server.Close)
	c := client(t, server.URL, concourse.Credentials{Username: "bot", Password: "planted"})
	report := notify.New(c, quick).Notify(t.Context(), many(100))
	if logIns.Load() != 1 || others.Load() != 0 {
		t.Errorf("%d log ins and %d other requests", logIns.Load(), others.Load())
	}
	if len(report.Failure) != 100 {
		t.Fatalf("%d failures", len(report.Failure))
	}
	for _, f := range report.Failure {
		if f.Status != 401 || f.Gone() || !strings.Contains(f.Error, "logging in to Concourse as bot: user or password refused") {
			t.Fatalf("%+v", f)
		}
	}
	wantNothingPlanted(t, report)
}

// Without a login, a resource that has no webhook token is refused; that says nothing of those that have one.
func TestRefusedWithoutWebhookToken(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := http.StatusCreated
		if r.URL.Query().Get("webhook_token") == "" {
			status = http.StatusUnauthorized
		}
		answer(w, status)
	}))
	t.Cleanup(server.Close)
	list := targets("a b:s c:s d")
	for _, i := range []int{2, 3} {
		list[i].WebhookToken = func(context.Context) (string, error) { return "planted", nil }
	}
	options := quick
	options.Concurrency = 1
	report := notify.New(client(t, server.URL, concourse.Credentials{}), options).Notify(t.Context(), list)
	if got, want := show(report), "c d a!401 b!401"; got != want {
		t.Errorf("report %q, want %q", got, want)
	}
	wantNothingPlanted(t, report)
}

// What is not Concourse's own word on the resource may pass, and so is not gone: a log in at the wrong URL, and a page.
func TestGone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		credentials concourse.Credentials
		status      int
		body        string
		proxy       bool // answers in the ATC's place
		gone        bool
	}{
		"no such pipeline":      {status: http.StatusNotFound, gone: true},
		"archived":              {status: http.StatusConflict, gone: true},
		"no such log in":        {credentials: concourse.Credentials{Username: "bot", Password: "x"}, status: http.StatusNotFound},
		"a proxy's page":        {status: http.StatusOK, body: "<html>", proxy: true},
		"a proxy's redirect":    {status: http.StatusFound, proxy: true},
		"a proxy's 404":         {status: http.StatusNotFound, body: "default backend - 404", proxy: true},
		"a proxy's 409":         {status: http.StatusConflict, proxy: true},
		"a proxy's empty 200":   {status: http.StatusOK, proxy: true},
		"a proxy's OK":          {status: http.StatusOK, body: "OK", proxy: true},
		"a proxy's JSON":        {status: http.StatusCreated, body: `{"error":"x"}`, proxy: true},
		"a request not allowed": {status: http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if !test.proxy {
					w.Header().Set("X-Concourse-Version", "7.14.2")
				}
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			}))
			t.Cleanup(server.Close)
			report := notify.New(client(t, server.URL, test.credentials), quick).Notify(t.Context(), targets("a"))
			if len(report.Failure) != 1 || report.Failure[0].Gone() != test.gone {
				t.Errorf("report %+v, want one failure, gone: %v", report, test.gone)
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(nil)
	server.Close()
	list := targets("a b:s c:s")
	list[0].WebhookToken = func(context.Context) (string, error) { return "planted", nil }
	report := notify.New(client(t, server.URL, concourse.Credentials{}), quick).Notify(t.Context(), list)
	if got, want := show(report), "a!0 b!0 c!0"; got != want {
		t.Errorf("report %q, want %q", got, want)
	}
	for _, f := range report.Failure {
		if !strings.Contains(f.Error, "connection refused") || f.Gone() {
			t.Errorf("%+v", f)
		}
	}
	if report.Posts != 8 {
		t.Errorf("%d posts, want 4 each of two groups", report.Posts)
	}
	wantNothingPlanted(t, report)
}

func wantNothingPlanted(t *testing.T, report notify.Report) {
	t.Helper()
	if text := fmt.Sprintf("%+v", report); strings.Contains(text, "planted") || strings.Contains(text, "webhook_token=") {
		t.Errorf("the report holds a secret: %s", text)
	}
}

func many(n int) []notify.Target {
	list := make([]notify.Target, n)
	for i := range list {
		list[i] = target(fmt.Sprint("resource-", i), "")
	}
	return list
}

// BenchmarkNotify asks for 1000 checks: of the notifier alone, in scopes of ten, and through the client and a server.
func BenchmarkNotify(b *testing.B) {
	alone, scoped := many(1000), many(1000)
	for i := range scoped {
		scoped[i].Scope = fmt.Sprint("scope-", i/10)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"id":1}`)
	}))
	b.Cleanup(server.Close)
	for name, bench := range map[string]struct {
		checker notify.Checker
		targets []notify.Target
	}{
		"alone":   {nothing{}, alone},
		"scoped":  {nothing{}, scoped},
		"network": {client(b, server.URL, concourse.Credentials{Token: "t"}), alone},
	} {
		b.Run(name, func(b *testing.B) {
			n := notify.New(bench.checker, notify.Options{})
			b.ReportAllocs()
			for b.Loop() {
				if report := n.Notify(b.Context(), bench.targets); len(report.Success) != 1000 {
					b.Fatalf("%d of 1000, %v", len(report.Success), report.Failure[0])
				}
			}
		})
	}
}

// nothing takes every check.
type nothing struct{}

func (nothing) Check(context.Context, config.Ref, string) (concourse.Build, error) {
	return concourse.Build{ID: 1}, nil
}

// TestWords: a sender learns what went wrong, and nothing of the login, of Concourse's URL, of files or of references.
func TestWords(t *testing.T) {
	t.Parallel()
	login := concourse.Credentials{Username: "planted-user", Password: "planted-password"}
	token := concourse.Credentials{Token: "planted-token"}
	webhook := func(context.Context) (string, error) { return "planted-webhook", nil }
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	for name, test := range map[string]struct {
		credentials concourse.Credentials
		webhook     func(context.Context) (string, error)
		status      int // 0 for no answer
		want        string
	}{
		"a refused user":        {login, nil, 401, "Concourse refused the login"},
		"a login that fails":    {login, nil, 502, "Concourse answered 502 to the login"},
		"a refused token":       {token, nil, 401, "Concourse refused the login"},
		"no role":               {token, nil, 403, "Concourse answered 403"},
		"gone":                  {token, nil, 404, "Concourse answered 404"},
		"an error":              {token, nil, 500, "Concourse answered 500"},
		"a redirect":            {token, nil, 302, "Concourse answered 302"},
		"no login":              {concourse.Credentials{}, nil, 401, "Concourse answered 401"},
		"a refused webhook":     {concourse.Credentials{}, webhook, 401, "Concourse refused the webhook token"},
		"no answer":             {token, nil, 0, "Concourse can't be reached"},
		"no answer to a log in": {login, nil, 0, "Concourse can't be reached"},
		"a token without value": {
			concourse.Credentials{},
			func(context.Context) (string, error) { return "", errors.New("open /run/planted: no such file") }, 201,
			"the webhook token can't be found",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := closed.URL
			if test.status > 0 {
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Location", "https://sso.example.com/planted?planted")
					answer(w, test.status)
				}))
				t.Cleanup(server.Close)
				url = server.URL
			}
			list := targets("a b:s c:s")
			for i := range list {
				list[i].WebhookToken = test.webhook
			}
			o := quick
			o.Concurrency = 1
			report := notify.New(client(t, url, test.credentials), o).Notify(t.Context(), list)
			if len(report.Failure) != 3 {
				t.Fatalf("report %+v", report)
			}
			for _, f := range report.Failure {
				if got := strings.TrimPrefix(f.Words(), "not asked: "); got != test.want || strings.Contains(got, url) {
					t.Errorf("%q of %q, want %q", f.Words(), f.Error, test.want)
				}
			}
		})
	}
	planted := errors.New("/var/planted.state: no space left")
	for want, err := range map[string]error{
		"it could not be kept":                              fmt.Errorf("%w: %w", notify.ErrNotKept, planted),
		"it timed out":                                      &concourse.TransportError{Err: context.DeadlineExceeded},
		"it failed; the endpoint's log says why":            planted,
		"not asked: it timed out":                           fmt.Errorf("%w: the deadline passed: %w", notify.ErrNotAsked, context.DeadlineExceeded),
		"the program panicked; its log says where":          panics.Caught("planted"),
		"not asked: it failed; the endpoint's log says why": fmt.Errorf("%w: cancelled: %w", notify.ErrNotAsked, context.Canceled),
	} {
		if got := notify.NewFailure("a", err).Words(); got != want {
			t.Errorf("%q of %q, want %q", got, err, want)
		}
	}
}
