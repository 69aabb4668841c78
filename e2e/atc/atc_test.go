// Package atc_test tests against a real ATC what other tests assume of their fakes: how it answers requests for checks, and who
// can log in.
package atc_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/e2e/stack"
	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/generate"
	"github.com/dpb587/concourse-resource-endpoints/internal/read"
)

var atc *stack.Stack

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	say := func(line string) { fmt.Fprintln(os.Stderr, line) }
	if err := stack.Prepare(ctx, "..", say); err != nil {
		say(err.Error())
		return 1
	}
	var err error
	atc, err = stack.Start(ctx, stack.Options{
		GlobalResources: true, Clients: map[string]string{"robot": "robot-secret"}, LocalUsers: map[string]string{"viewer": "viewer"},
		WebFlags: []string{"--main-team-local-user", "viewer"}, Progress: say,
	})
	if err != nil {
		say(err.Error())
		return 1
	}
	defer atc.Close()
	return m.Run()
}

const pipelineYAML = `
resources:
- {name: open, type: git, source: {uri: "https://github.com/acme/app.git"}}
- {name: hooked, type: git, webhook_token: the-token, source: {uri: "https://github.com/acme/app.git"}}
- {name: unresolved, type: git, webhook_token: ((nowhere)), source: {uri: "https://github.com/acme/app.git"}}
jobs:
- name: job
  plan: [{get: open}, {get: hooked}, {get: unresolved}]
`

func fly(t *testing.T, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if out, err := atc.Fly(ctx, args...); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// set sets the pipeline under a name, or as an instance.
func set(t *testing.T, name string, args ...string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "pipeline.yml")
	if err := os.WriteFile(file, []byte(pipelineYAML), 0o600); err != nil {
		t.Fatal(err)
	}
	fly(t, append([]string{"set-pipeline", "-n", "-p", name, "-c", file}, args...)...)
}

func client(t *testing.T, o concourse.Options) *concourse.Client {
	t.Helper()
	o.URL = atc.URL
	c, err := concourse.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var admin = concourse.Credentials{Username: stack.AdminUser, Password: stack.AdminPassword}

func TestCheck(t *testing.T) {
	set(t, "plain")
	set(t, "paused")
	set(t, "gone")
	fly(t, "unpause-pipeline", "-p", "plain")
	fly(t, "archive-pipeline", "-n", "-p", "gone")
	set(t, "many", "-i", "branch=main", "-y", "n=5")

	ref := func(pipeline, resource string) config.Ref {
		return config.Ref{Team: "main", Pipeline: pipeline, Resource: resource}
	}
	instance := ref("many", "hooked")
	instance.InstanceVars = map[string]any{"branch": "main"}
	another := ref("many", "hooked")
	another.InstanceVars = map[string]any{"branch": "dev"}

	tests := []struct {
		name string
		ref  config.Ref
		// login and token are the status with a login, and with this webhook token; 0 for success.
		login int
		token string
		hook  int
	}{
		{"ok", ref("plain", "hooked"), 0, "the-token", 0},
		{"paused", ref("paused", "hooked"), 0, "the-token", 0},
		{"instance", instance, 0, "the-token", 0},
		{"no such instance", another, 404, "the-token", 404},
		{"no such pipeline", ref("nowhere", "hooked"), 404, "the-token", 404},
		{"no such resource", ref("plain", "nothing"), 404, "the-token", 404},
		{"no such team", config.Ref{Team: "nobody", Pipeline: "plain", Resource: "open"}, 404, "the-token", 404},
		{"archived", ref("gone", "hooked"), 409, "the-token", 401},
		{"wrong token", ref("plain", "hooked"), 0, "another", 401},
		{"a resource without a token", ref("plain", "open"), 0, "the-token", 401},
		{"unresolvable token", ref("plain", "unresolved"), 0, "the-token", 500},
	}
	loggedIn, anonymous := client(t, concourse.Options{Credentials: admin}), client(t, concourse.Options{})
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			build, err := loggedIn.Check(t.Context(), test.ref, "")
			want(t, "with a login", build, err, test.login)
			build, err = anonymous.Check(t.Context(), test.ref, test.token)
			want(t, "with a webhook token", build, err, test.hook)
		})
	}
}

// want compares the status that an error tells, and looks for secrets in it. Every answer of the ATC carries its version, so
// that it is known to be the ATC's own; a check that was taken has a build.
func want(t *testing.T, how string, build concourse.Build, err error, status int) {
	t.Helper()
	got := 0
	var e *concourse.StatusError
	if err == nil && (build.ID == 0 || !strings.HasSuffix(build.URL, fmt.Sprintf("/builds/%d", build.ID))) {
		t.Errorf("%s: the build is %+v", how, build)
	}
	if errors.As(err, &e) {
		got = e.Status
		if !e.Concourse {
			t.Errorf("%s: the answer %d lacks the ATC's version", how, got)
		}
	} else if err != nil {
		t.Errorf("%s: %v", how, err)
		return
	}
	if got != status {
		t.Errorf("%s: status %d, want %d (%v)", how, got, status, err)
	}
	if err != nil && (strings.Contains(err.Error(), "the-token") || strings.Contains(err.Error(), "webhook_token=")) {
		t.Errorf("%s: the error shows the token: %v", how, err)
	}
}

func TestLogins(t *testing.T) {
	set(t, "plain")
	ref := config.Ref{Team: "main", Pipeline: "plain", Resource: "open"}
	// fly can't give a client a role, so the API does (atc.TeamAuth).
	fly(t, "curl", "/api/v1/teams/robots", "--", "-X", "PUT", "-H", "Content-Type: application/json",
		"-d", `{"auth":{"pipeline-operator":{"users":["client:robot"]}}}`)
	tests := []struct {
		name    string
		options concourse.Options
		want    string // of the error; "" for none
	}{
		{"user", concourse.Options{Credentials: admin}, ""},
		{"wrong password", concourse.Options{Credentials: concourse.Credentials{Username: "admin", Password: "planted"}}, "user or password refused"},
		{"the 2016 form's Basic header", concourse.Options{Headers: map[string]string{"authorization": "Basic YWRtaW46YWRtaW4="}}, ""},
		{"bad bearer", concourse.Options{Credentials: concourse.Credentials{Token: "planted"}}, "not authorized"},
		{"client of another team", concourse.Options{Credentials: concourse.Credentials{ClientID: "robot", ClientSecret: "robot-secret"}}, "pipeline-operator"},
		{"wrong client secret", concourse.Options{Credentials: concourse.Credentials{ClientID: "robot", ClientSecret: "planted"}}, "refused"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := client(t, test.options).Check(t.Context(), ref, "")
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("error %v, want one with %q", err, test.want)
			case err != nil && strings.Contains(err.Error(), "planted"):
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
	t.Run("client of the team", func(t *testing.T) {
		c := client(t, concourse.Options{Credentials: concourse.Credentials{ClientID: "robot", ClientSecret: "robot-secret"}})
		from := &read.ATC{URL: atc.URL, Transport: c.Transport()}
		reading, err := from.Read(t.Context(), read.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(reading.Teams) != 1 || reading.Teams[0] != "robots" || !reading.GlobalResources {
			t.Errorf("read teams %v with global resources %t, want robots and true", reading.Teams, reading.GlobalResources)
		}
	})
}

// The same pipelines give the same bytes, even just after they were set, and a pipeline that has not changed is not read again.
func TestReadIsStable(t *testing.T) {
	set(t, "stable")
	c := client(t, concourse.Options{Credentials: admin})
	counter := &counting{next: c.Transport()}
	from := &read.ATC{URL: atc.URL, Transport: counter}
	generate := func(previous *config.Config) (*config.Config, string) {
		o := read.Options{Settings: "s"}
		if previous != nil {
			o.Previous = previous.Pipelines
		}
		reading, err := from.Read(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		g, err := generate.Generate(reading, generate.Settings{}, previous)
		if err != nil {
			t.Fatal(err)
		}
		data, err := g.Config.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		return g.Config, string(data)
	}
	document, first := generate(nil)
	counter.configs = 0
	if _, second := generate(document); second != first {
		t.Errorf("the second reading gives another document:\n%s\nafter\n%s", second, first)
	}
	if counter.configs != 0 {
		t.Errorf("%d configs were read again", counter.configs)
	}
}

// counting counts the pipeline configs that are read.
type counting struct {
	next    http.RoundTripper
	configs int
}

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/config") {
		c.configs++
	}
	return c.next.RoundTrip(r)
}
