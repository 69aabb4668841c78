package receiver_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providers"
	"github.com/dpb587/concourse-resource-endpoints/internal/receiver"
)

const (
	sourcePush = "src/main.go" // concerns app/source, and app/mirror which has no paths
	noSecret   = `{"status":"error","message":"no secret is configured for gitlab: set GITLAB_WEBHOOK_SECRET"}`
	notified   = `{"status":"ok","message":"resources notified","checks":{"success":["main/app/source","other/app/mirror"],"failure":[]}}`
	tooLarge   = `{"status":"error","message":"the body is larger than 25 MiB"}`
)

// unknown is the answer to a delivery that no provider recognises. It lists the paths of all.
var unknown = func() string {
	var paths []string
	for _, p := range providers.All() {
		paths = append(paths, "/"+p.Name)
	}
	return `{"status":"error","message":"the provider is not recognised; send to one of ` + strings.Join(paths, " ") + `"}`
}()

var asked = []string{"main/app/source by token", "other/app/mirror"}

// httpCase is a request, and all that comes of it. The method is POST and the path / where they are empty.
type httpCase struct {
	name         string
	method, path string
	headers      headers
	body         string
	change       func(*receiver.Receiver)
	atc          func(context.Context, string) error

	status int
	want   string
	calls  []string
}

func TestServeHTTP(t *testing.T) {
	t.Parallel()
	good := push(sourcePush)
	with := func(name, value string) headers {
		h := signed("push", good)
		delete(h, "X-Hub-Signature-256")
		if value != "" {
			h[name] = value
		}
		return h
	}
	github256 := func(value string) headers { return with("X-Hub-Signature-256", value) }
	dockerhub := `{"push_data":{"tag":"latest"},"repository":{"repo_name":"ann/app"}}`
	tests := []httpCase{
		{name: "match", headers: signed("push", good), body: good, status: 200, want: notified, calls: asked},
		{name: "by path", path: "/github", headers: signed("push", good), body: good, status: 200, want: notified, calls: asked},
		{name: "below a stage", path: "/prod/github", headers: signed("push", good), body: good, status: 200, want: notified, calls: asked},
		{name: "SHA-1 only", headers: with("X-Hub-Signature", sha1Signature(good)), body: good, status: 200, want: notified, calls: asked},
		{
			name: "no match", headers: signed("push", `{"ref":"refs/heads/topic","repository":{"clone_url":"https://github.com/octo/other"}}`),
			body:   `{"ref":"refs/heads/topic","repository":{"clone_url":"https://github.com/octo/other"}}`,
			status: 200, want: `{"status":"ok","message":"no resources concerned","checks":{"success":[],"failure":[]}}`,
		},
		{name: "ping", headers: signed("ping", `{"zen":"x"}`), body: `{"zen":"x"}`, status: 200, want: `{"status":"ok","message":"ping event ignored"}`},
		{
			name: "pipeline that went away", headers: signed("push", good), body: good, atc: refusal("source", 404), status: 200, calls: asked,
			want: `{"status":"ok","message":"resources notified","checks":{"success":["other/app/mirror"],"failure":["main/app/source"],` +
				`"errors":{"main/app/source":"Concourse answered 404"}}}`,
		},
		{
			name: "ATC that fails", headers: signed("push", good), body: good, atc: refusal("source", 503), status: 502,
			calls: []string{"main/app/source by token", "main/app/source by token", "other/app/mirror"},
			want: `{"status":"error","message":"some resources could not be notified","checks":{"success":["other/app/mirror"],` +
				`"failure":["main/app/source"],"errors":{"main/app/source":"Concourse answered 503"}}}`,
		},
		{
			name: "ATC that forbids", headers: signed("push", good), body: good, atc: refusal("mirror", 403), status: 502, calls: asked,
			want: `{"status":"error","message":"some resources could not be notified","checks":{"success":["main/app/source"],` +
				`"failure":["other/app/mirror"],"errors":{"other/app/mirror":"Concourse answered 403"}}}`,
		},
		{
			name: "ATC that fails, and a provider that stops sending after failures", path: "/gitlab", atc: refusal("source", 403), status: 502,
			calls:  []string{"main/app/docs", "main/app/source by token", "other/app/mirror"},
			change: func(r *receiver.Receiver) { r.AllowUnsigned = true },
			body:   `{"object_kind":"push","ref":"refs/heads/main","after":"b","project":{"git_http_url":"https://github.com/octo/app.git"}}`,
			want: `{"status":"error","message":"some resources could not be notified","checks":{"success":["main/app/docs","other/app/mirror"],` +
				`"failure":["main/app/source"],"errors":{"main/app/source":"Concourse answered 403"}}}`,
		},
		{
			name: "proxy's page for an ATC", headers: signed("push", good), body: good, atc: refusal("mirror", 200), status: 502,
			calls: append(slices.Clip(asked), "other/app/mirror"),
			want: `{"status":"error","message":"some resources could not be notified","checks":{"success":["main/app/source"],` +
				`"failure":["other/app/mirror"],"errors":{"other/app/mirror":"Concourse answered 200"}}}`,
		},
		{
			name: "dry run", headers: signed("push", good), body: good, change: func(r *receiver.Receiver) { r.DryRun = true }, status: 200,
			want: `{"status":"ok","message":"dry run: nothing was notified","checks":{"success":[],"failure":[],` +
				`"would":["main/app/source","other/app/mirror"],"rules":{"main/app/source":"git.paths","other/app/mirror":"git.branch"},"reasons":{` +
				`"main/app/source":"push to main touches src/main.go, which paths src covers","other/app/mirror":"push to main"}}}`,
		},

		{name: "no signature", headers: github256(""), body: good, status: 401, want: `{"status":"error","message":"no X-Hub-Signature-256 or X-Hub-Signature header"}`},
		{
			name: "wrong signature", headers: github256("sha256=" + strings.Repeat("0", 64)), body: good, status: 401,
			want: `{"status":"error","message":"the X-Hub-Signature-256 header is not the signature of the body"}`,
		},
		{
			name: "signature of another body", headers: signed("push", good+" "), body: good, status: 401,
			want: `{"status":"error","message":"the X-Hub-Signature-256 header is not the signature of the body"}`,
		},
		{
			name: "malformed signature", headers: github256("sha256=zz"), body: good, status: 401,
			want: `{"status":"error","message":"the X-Hub-Signature-256 header is malformed: sha256= and 64 hexadecimal digits are expected"}`,
		},
		{
			name: "signature is looked at before the body", headers: github256("sha256=" + strings.Repeat("0", 64)), body: "{", status: 401,
			want: `{"status":"error","message":"the X-Hub-Signature-256 header is not the signature of the body"}`,
		},
		{name: "no secret for the provider", path: "/gitlab", headers: headers{"X-Gitlab-Token": "x"}, body: `{"object_kind":"push"}`, status: 401, want: noSecret},
		{
			name: "no secret, but unsigned is allowed", path: "/gitlab", body: `{"object_kind":"wiki_page"}`, status: 200,
			change: func(r *receiver.Receiver) { r.AllowUnsigned = true },
			want:   `{"status":"ok","message":"wiki_page event ignored"}`,
		},
		{
			name: "unsigned is allowed, but there is a secret", headers: github256(""), body: good, status: 401,
			change: func(r *receiver.Receiver) { r.AllowUnsigned = true },
			want:   `{"status":"error","message":"no X-Hub-Signature-256 or X-Hub-Signature header"}`,
		},
		{
			name: "unsigned is allowed, but SNS has signatures", path: "/sns", body: `{"Type":"Notification"}`, status: 401,
			change: func(r *receiver.Receiver) { r.AllowUnsigned = true },
			want:   `{"status":"error","message":"the SNS topic is not one of those allowed, and the URL does not hold the secret, /sns/SECRET"}`,
		},
		{
			name: "secret in the path", path: "/dockerhub/planted-path%25secret", body: dockerhub, status: 200, calls: []string{"main/images/app"},
			want: `{"status":"ok","message":"resources notified","checks":{"success":["main/images/app"],"failure":[]}}`,
		},
		{
			name: "wrong secret in the path", path: "/dockerhub/planted-guess", body: dockerhub, status: 401,
			want: `{"status":"error","message":"the secret in the URL is not right"}`,
		},

		{name: "malformed JSON", headers: signed("push", "{"), body: "{", status: 400, want: `{"status":"error","message":"reading the body: it is cut off after 1 bytes"}`},
		{name: "unknown event", headers: signed("planet", "{}"), body: "{}", status: 200, want: `{"status":"ok","message":"planet event ignored"}`},
		{name: "no event", path: "/github", headers: headers{"X-Hub-Signature-256": signed("", "{}")["X-Hub-Signature-256"]}, body: "{}", status: 400, want: `{"status":"error","message":"no X-GitHub-Event header"}`},
		{name: "unknown sender", body: "{}", status: 404, want: unknown},
		{name: "unknown path", path: "/svn", body: "{}", status: 404, want: unknown},
		{name: "GET", method: "GET", path: "/github", status: 405, want: `{"status":"error","message":"deliveries are sent by POST"}`},
		{
			name: "notifications only", headers: signed("push", good), body: good, status: 403,
			change: func(r *receiver.Receiver) { r.Providers = nil },
			want:   `{"status":"error","message":"this endpoint takes notifications, not webhooks"}`,
		},
		{
			name: "no config", headers: signed("push", good), body: good, status: 503,
			change: func(r *receiver.Receiver) {
				r.Current = func(context.Context) (*receiver.Current, error) { return nil, errors.New("a detail for the operator") }
			},
			want: `{"status":"error","message":"the endpoint can't work at the moment; its log says why"}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.run(t)
		})
	}
}

func (tt httpCase) run(t *testing.T) {
	t.Helper()
	if tt.method == "" {
		tt.method = http.MethodPost
	}
	if tt.path == "" {
		tt.path = "/"
	}
	c := &checker{answer: tt.atc}
	r, l := newReceiver(t, c)
	if tt.change != nil {
		tt.change(r)
	}
	req := httptest.NewRequestWithContext(t.Context(), tt.method, tt.path, strings.NewReader(tt.body))
	for name, value := range tt.headers {
		req.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	if w.Code != tt.status || w.Body.String() != tt.want {
		t.Errorf("answered %d\n%s\nwant %d\n%s", w.Code, w.Body, tt.status, tt.want)
	}
	if got := c.called(); !slices.Equal(got, tt.calls) {
		t.Errorf("asked to check %q, want %q", got, tt.calls)
	}
	if got := w.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("content type %q", got)
	}
	if allow := w.Header().Get("Allow"); (allow == "POST") != (tt.status == 405) {
		t.Errorf("status %d with Allow: %q", tt.status, allow)
	}
	if n := len(l.lines(t, "delivery")); n != 1 {
		t.Errorf("%d lines on the delivery:\n%s", n, l)
	}
	wantNothingPlanted(t, "the log", l.String(), tt.body)
	wantNothingPlanted(t, "the answer", w.Body.String(), tt.body)
}

// Old and new secret are both good while one is replaced.
func TestRotation(t *testing.T) {
	t.Parallel()
	r, _ := newReceiver(t, new(checker))
	body := `{}`
	for secret, want := range map[string]int{plantedSecret: 200, "planted-old": 200, "planted-older": 401} {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/github", strings.NewReader(body))
		req.Header.Set("X-GitHub-Event", "ping")
		req.Header.Set("X-Hub-Signature-256", "sha256="+mac(sha256.New, secret, body))
		w := httptest.NewRecorder()
		if r.ServeHTTP(w, req); w.Code != want {
			t.Errorf("secret %s: answered %d, want %d", secret, w.Code, want)
		}
	}
}

// A sender that hangs up does not take its events back.
func TestHangUp(t *testing.T) {
	t.Parallel()
	ctx, hangUp := context.WithCancel(t.Context())
	c := &checker{answer: func(ctx context.Context, _ string) error {
		hangUp()
		return ctx.Err()
	}}
	r, _ := newReceiver(t, c)
	body := push(sourcePush)
	req := httptest.NewRequestWithContext(ctx, http.MethodPost, "/github", strings.NewReader(body))
	for name, value := range signed("push", body) {
		req.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	if w.Body.String() != notified {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	if got := c.called(); !slices.Equal(got, asked) {
		t.Errorf("asked to check %q", got)
	}
}

// The log has one line on each check, with the reason and the outcome, and one on the delivery.
func TestLog(t *testing.T) {
	t.Parallel()
	r, l := newReceiver(t, &checker{answer: refusal("source", 404)})
	body := push(sourcePush)
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/github", strings.NewReader(body))
	for name, value := range signed("push", body) {
		req.Header.Set(name, value)
	}
	r.ServeHTTP(httptest.NewRecorder(), req)
	if n := strings.Count(l.String(), "Concourse answered 404"); n != 1 {
		t.Errorf("the failure is in %d lines:\n%s", n, l)
	}
	delivery := l.lines(t, "delivery")[0]
	for name, want := range map[string]any{
		"provider": "github", "delivery": "d-1", "name": "push", "status": 200.0, "checked": 1.0, "failed": 1.0, "message": "resources notified",
	} {
		if delivery[name] != want {
			t.Errorf("%s is %v, want %v", name, delivery[name], want)
		}
	}
	for _, line := range l.lines(t, "decided") {
		rule, _ := line["rule"].(string)
		if line["level"] != "DEBUG" || !strings.HasPrefix(rule, "git.") || line["reason"] == "" || line["delivery"] != "d-1" {
			t.Errorf("decision %v", line)
		}
	}
	if n := len(l.lines(t, "decided")); n != 3 {
		t.Errorf("%d decisions, want one for each resource of the repository", n)
	}
}

// Every provider is served by its name.
func TestPaths(t *testing.T) {
	t.Parallel()
	for _, p := range providers.All() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			r, _ := newReceiver(t, new(checker))
			w := httptest.NewRecorder()
			r.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/"+p.Name, strings.NewReader("{}")))
			if w.Code != http.StatusUnauthorized {
				t.Errorf("answered %d %s", w.Code, w.Body)
			}
		})
	}
}
