package concourse_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
	"github.com/dpb587/concourse-resource-endpoints/internal/config"
)

func TestCheckPosts(t *testing.T) {
	t.Parallel()
	instance := config.Ref{
		Team: "a team", Pipeline: "p+q", Resource: "r?s#t",
		InstanceVars: map[string]any{"branch": "main", "n": 5.0, "nested": map[string]any{"k": true}},
	}
	for name, test := range map[string]struct {
		options concourse.Options // but the URL
		ref     config.Ref
		webhook string
		uri     string            // as it is sent
		header  map[string]string // what was sent; "" for not at all
	}{
		"with a login": {
			options: concourse.Options{Credentials: user},
			ref:     ref, webhook: plantedWebhook,
			uri: "/api/v1/teams/main/pipelines/app/resources/repo/check",
			header: map[string]string{
				"Authorization": "Bearer planted-bearer-1", "Content-Type": "application/json",
				"User-Agent": "concourse-resource-endpoints", "X-Idempotency-Key": "",
			},
		},
		"an instance, names escaped": {
			options: concourse.Options{Credentials: concourse.Credentials{Token: plantedToken}},
			ref:     instance,
			uri: "/api/v1/teams/a%20team/pipelines/p%2Bq/resources/r%3Fs%23t/check" +
				"?vars=%7B%22branch%22%3A%22main%22%2C%22n%22%3A5%2C%22nested%22%3A%7B%22k%22%3Atrue%7D%7D",
			header: map[string]string{"Authorization": "Bearer " + plantedToken},
		},
		"a webhook, other headers kept": {
			options: concourse.Options{Headers: map[string]string{"x-proxy": plantedHeader + "\n", "user-agent": "ua"}},
			ref:     ref, webhook: plantedWebhook,
			uri:    "/api/v1/teams/main/pipelines/app/resources/repo/check/webhook?webhook_token=planted-webhook%2Btoken",
			header: map[string]string{"Authorization": "", "X-Proxy": plantedHeader, "User-Agent": "ua"},
		},
		"a webhook of an instance": {
			ref:     config.Ref{Team: "main", Pipeline: "app", Resource: "repo", InstanceVars: map[string]any{"a": "b"}},
			webhook: plantedWebhook,
			uri: "/api/v1/teams/main/pipelines/app/resources/repo/check/webhook" +
				"?vars=%7B%22a%22%3A%22b%22%7D&webhook_token=planted-webhook%2Btoken",
		},
		"a header as the login": {
			options: concourse.Options{Headers: map[string]string{"authorization": "Bearer " + plantedToken, "content-type": "x"}},
			ref:     ref, webhook: plantedWebhook,
			uri:    "/api/v1/teams/main/pipelines/app/resources/repo/check",
			header: map[string]string{"Authorization": "Bearer " + plantedToken, "Content-Type": "application/json"},
		},
		"a login before a header": {
			options: concourse.Options{Headers: map[string]string{"Authorization": "Bearer other"}, Credentials: user},
			ref:     ref,
			uri:     "/api/v1/teams/main/pipelines/app/resources/repo/check",
			header:  map[string]string{"Authorization": "Bearer planted-bearer-1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newATC(t)
			a.webhooks["/api/v1/teams/main/pipelines/app/resources/repo"] = plantedWebhook
			test.options.URL = a.URL + "/"
			if _, err := newClient(t, test.options).Check(t.Context(), test.ref, test.webhook); err != nil {
				t.Fatal(err)
			}
			if len(a.checks) != 1 {
				t.Fatalf("%d checks, want 1", len(a.checks))
			}
			if got := a.checks[0].RequestURI; got != test.uri {
				t.Errorf("posted to\n%s, want\n%s", got, test.uri)
			}
			if a.bodies[0] != `{"shallow":true}` {
				t.Errorf("posted %q", a.bodies[0])
			}
			for header, want := range test.header {
				if got := a.checks[0].Header.Get(header); got != want {
					t.Errorf("%s is %q, want %q", header, got, want)
				}
			}
		})
	}
}

// What is between the server and the ATC may take .. out of a path, which would then be another resource's.
func TestCheckOfNoName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", ".", ".."} {
		a := newATC(t)
		c := newClient(t, concourse.Options{URL: a.URL, Credentials: concourse.Credentials{Token: plantedToken}})
		for _, ref := range []config.Ref{{Team: name, Pipeline: "p", Resource: "r"}, {Team: "main", Pipeline: name, Resource: "r"}, {Team: "main", Pipeline: "p", Resource: name}} {
			_, err := c.Check(t.Context(), ref, "")
			wantError(t, err, "name")
			if len(a.checks) > 0 {
				t.Errorf("%s: asked", ref)
			}
		}
	}
}

// The name of a team forges no line.
func TestCheckForbiddenInTeam(t *testing.T) {
	t.Parallel()
	a := newATC(t)
	a.answer = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }
	c := newClient(t, concourse.Options{URL: a.URL, Credentials: concourse.Credentials{Token: plantedToken}})
	_, err := c.Check(t.Context(), config.Ref{Team: "x\n\x1b[2K", Pipeline: "p", Resource: "r"}, "")
	wantError(t, err, `asking "x\n\x1b[2K"/p/r to check: `, `in team "x\n\x1b[2K"`)
	if strings.ContainsAny(err.Error(), "\n\x1b") {
		t.Errorf("error %q", err)
	}
}

func TestCheckBelowABasePath(t *testing.T) {
	t.Parallel()
	a := newATC(t)
	var paths []string
	a.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.Host+r.RequestURI)
		a.created(w)
	})
	c := newClient(t, concourse.Options{
		URL:         a.URL + "/con%20course/",
		Credentials: concourse.Credentials{Token: plantedToken},
	})
	if _, err := c.Check(t.Context(), ref, ""); err != nil {
		t.Fatal(err)
	}
	if want := a.Listener.Addr().String() + "/con%20course/api/v1/teams/main/pipelines/app/resources/repo/check"; len(paths) != 1 || paths[0] != want {
		t.Errorf("posted to %q, want %q", paths, want)
	}
}

func TestCheckAnswers(t *testing.T) {
	t.Parallel()
	login := concourse.Options{Credentials: concourse.Credentials{Token: plantedToken}}
	webhook := concourse.Options{}
	answer := func(status int, headers, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for header := range strings.SplitSeq(headers, "\n") {
				if name, value, ok := strings.Cut(header, ": "); ok && value != "" {
					w.Header().Set(name, value)
				} else if ok {
					w.Header().Del(name)
				}
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	for name, test := range map[string]struct {
		options    concourse.Options
		answer     http.HandlerFunc
		status     int // 0 for success
		text       string
		temporary  bool
		retryAfter time.Duration
	}{
		"created":                 {login, answer(201, "", `{"id":1}`), 0, "", false, 0},
		"created, for a proxy":    {login, answer(201, "X-Concourse-Version: ", `{"id":1}`), 0, "", false, 0},
		"any other 2xx":           {login, answer(204, "", ""), 204, "without the build that a check makes", true, 0},
		"an empty 200":            {login, answer(200, "", ""), 200, "without the build that a check makes", true, 0},
		"OK":                      {login, answer(200, "X-Concourse-Version: ", "OK"), 200, "without the build that a check makes", true, 0},
		"another JSON":            {login, answer(200, "", `{"error":"planted"}`), 200, "without the build that a check makes", true, 0},
		"an id that is no number": {login, answer(201, "", `{"id":"planted"}`), 201, "without the build that a check makes", true, 0},
		"JSON that says HTML":     {login, answer(200, "Content-Type: text/html", `{"id":1}`), 0, "", false, 0},
		"a proxy's 404":           {login, answer(404, "X-Concourse-Version: ", "default backend - 404"), 404, "but not Concourse itself", true, 0},
		"a proxy's 401":           {login, answer(401, "X-Concourse-Version: ", ""), 401, "but not Concourse itself", true, 0},
		"a proxy's 409":           {webhook, answer(409, "X-Concourse-Version: ", ""), 409, "but not Concourse itself", true, 0},
		"forbidden":               {login, answer(403, "", "forbidden"), 403, "lacks the pipeline-operator role in team main", false, 0},
		"missing":                 {login, answer(404, "", "not found"), 404, "it went away since the last sync", false, 0},
		"archived":                {login, answer(409, "", "action not allowed for an archived pipeline"), 409, "is archived", false, 0},
		"refused bearer":          {login, answer(401, "", "not authorized"), 401, "bearer token is wrong or has expired", false, 0},
		"webhook refused":         {webhook, answer(401, "", "not authorized"), 401, "the resource has none, or the pipeline is archived", false, 0},
		"webhook unresolvable":    {webhook, answer(500, "", "undefined vars: planted"), 500, "resolve the ((var)) of the webhook token", true, 0},
		"bad request":             {webhook, answer(400, "", "planted"), 400, "400 Bad Request", false, 0},
		"server error":            {login, answer(500, "", "planted"), 500, "Concourse answered 500 Internal Server Error", true, 0},
		"a gateway":               {login, answer(503, "Retry-After: 7", "<html>"), 503, "is the proxy in front of it working?", true, 7 * time.Second},
		"too many":                {login, answer(429, "Retry-After: 2", ""), 429, "too many requests", true, 2 * time.Second},
		"too many, no time":       {login, answer(429, "Retry-After: soon", ""), 429, "too many requests", true, 0},
		"too many, negative":      {login, answer(429, "Retry-After: -1", ""), 429, "too many requests", true, 0},
		"too many, until a date":  {login, answer(429, "Date: Mon, 02 Jan 2006 15:04:05 GMT\nRetry-After: Mon, 02 Jan 2006 15:05:05 GMT", ""), 429, "", true, time.Minute},
		"a page for an answer":    {login, answer(200, "", "\n <!doctype html><title>Log in</title>"), 200, "does not look like a Concourse", true, 0},
		"a page for an error":     {login, answer(404, "X-Concourse-Version: ", "<html>planted"), 404, "does not look like a Concourse", true, 0},
		"a redirect": {
			login, answer(308, "Location: https://u:planted@ci.example.com/planted/api/v1/teams/main/pipelines/app/resources/repo/check?a=planted#planted", ""),
			308, "with a redirect to https://ci.example.com: is that its external URL?", true, 0,
		},
		"a redirect that quotes the token": {
			webhook, answer(302, "Location: https://"+plantedWebhook+".example.com/"+plantedWebhook, ""), 302, "to https://[redacted].example.com: is that", true, 0,
		},
		"a redirect to nowhere": {login, answer(301, "", ""), 301, "a redirect to nowhere", true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newATC(t)
			a.answer = test.answer
			test.options.URL = a.URL
			_, err := newClient(t, test.options).Check(t.Context(), ref, plantedWebhook)
			if _, checks := a.counts(); checks != 1 {
				t.Errorf("%d posts, want 1", checks)
			}
			if test.status == 0 {
				if err != nil {
					t.Errorf("unexpected error: %v", err)
				}
				return
			}
			wantError(t, err, "asking main/app/repo to check: ", test.text)
			var status *concourse.StatusError
			if !errors.As(err, &status) {
				t.Fatalf("the error is a %T", err)
			}
			if status.Status != test.status || status.Temporary() != test.temporary || status.RetryAfter != test.retryAfter {
				t.Errorf("status %d, temporary %t, retry after %s", status.Status, status.Temporary(), status.RetryAfter)
			}
			if webhook := test.options.Credentials.Token == ""; status.Webhook != webhook {
				t.Errorf("Webhook is %t", status.Webhook)
			}
		})
	}
}

func TestCheckWithNothing(t *testing.T) {
	t.Parallel()
	a := newATC(t)
	c := newClient(t, concourse.Options{URL: a.URL})
	wantError(t, check(c.Check(t.Context(), ref, "")), "401 Unauthorized", "there is neither a login nor a webhook token")
	if c.HasLogin() {
		t.Error("there is a login")
	}
}

func TestCheckReadsLittle(t *testing.T) {
	t.Parallel()
	a := newATC(t)
	done := make(chan struct{})
	a.answer = func(w http.ResponseWriter, r *http.Request) {
		defer close(done)
		w.WriteHeader(http.StatusCreated)
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 32<<10)); err != nil {
				return
			}
		}
	}
	c := newClient(t, concourse.Options{URL: a.URL, Credentials: concourse.Credentials{Token: plantedToken}})
	wantError(t, check(c.Check(t.Context(), ref, "")), "without the build")
	<-done // the answer without an end was cut off
}
