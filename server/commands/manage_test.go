package commands

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/pending"
)

// command runs a command, and gives what it prints.
func command(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	if err := Run(t.Context(), args, &out, &out); err != nil {
		return "error: " + err.Error()
	}
	return out.String()
}

func wantOutput(t *testing.T, got string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(got, part) {
			t.Errorf("it prints\n%swithout %q", got, part)
		}
	}
}

// While Concourse is down, a delivery is answered 202 and kept, over a restart too; commands show it, pause it and ask for it.
func TestOutage(t *testing.T) {
	t.Parallel()
	atc, _, url, checked := fakeATC(t)
	var down atomic.Bool
	down.Store(true)
	atc.Answer = func(w http.ResponseWriter, _ *http.Request) bool {
		if down.Load() {
			http.Error(w, "default backend - 404", http.StatusNotFound)
		}
		return down.Load()
	}
	path := file(t, `{"atc":{"url":"`+url+`"},"secret":"planted-hook","checks":[{"check":"app/source","filter":{"uri":"https://github.com/example/test"}}]}`)
	args := []string{"--config", path, "--concourse-url", url, "--username", "bot", "--password", "planted"}
	p := start(t, args...)
	headers := signed("planted-hook", push)
	headers["X-GitHub-Delivery"] = "d-1"
	status, answer := p.post(t, "/github", headers, push)
	if status != 202 || !strings.Contains(answer, `"success":[],"failure":[],"pending":["main/app/source"]`) {
		t.Fatalf("answered %d %s", status, answer)
	}
	list := command(t, "pending", "--config", path)
	wantOutput(t, list, "RESOURCE", "main/app/source", "d-1", "1 pending\n")
	if strings.Contains(list, "planted") {
		t.Errorf("it prints a secret:\n%s", list)
	}
	var answered adminAnswer
	if err := json.Unmarshal([]byte(command(t, "pending", "--config", path, "--json")), &answered); err != nil || len(answered.Pending) != 1 || answered.Pending[0].Rule == "" {
		t.Errorf("in JSON: %+v, %v", answered, err)
	}
	socket, err := os.Stat(strings.TrimSuffix(path, ".json") + ".state.sock")
	if err != nil || socket.Mode().Perm() != 0o600 {
		t.Errorf("the socket: %v, %v", socket.Mode(), err)
	}
	wantOutput(t, command(t, "pause", "--team", "main", "--config", path), "1 pending, posting is paused for main")
	p.stop()
	if err := <-p.ended; err != nil {
		t.Fatal(err)
	}
	wantOutput(t, command(t, "pending", "--config", path), "main/app/source", "paused for main")
	wantOutput(t, command(t, "check", "main/app/source", "--config", path), "error: no server runs with the state file")
	down.Store(false)
	start(t, args...)
	wantOutput(t, command(t, "pending", "--config", path), "main/app/source")
	wantOutput(t, command(t, "resume", "--config", path), " pending\n")
	if got := <-checked; got != "main/app/source" {
		t.Errorf("checked %s", got)
	}
	wantOutput(t, command(t, "check", "--repository", "git@github.com:example/test.git", "--config", path), "1 taken, 0 pending, 0 failed")
	wantOutput(t, command(t, "check", "--all", "--config", path), "1 taken, 0 pending, 0 failed")
	wantOutput(t, command(t, "check", "main/app/nothing", "--config", path), `error: the config has no resource "main/app/nothing"`)
	wantOutput(t, command(t, "check", "main/app/..", "--config", path), `error: the config has no resource "main/app/.."`)
	wantOutput(t, command(t, "check", "--repository", "https://github.com/example/other", "--config", path), "error: no resource of the config watches")
	wantOutput(t, command(t, "check", "--config", path), "error: name the resources to check, or give --repository URL or --all")
}

// Ids and errors come from senders. They forge no line, neither in a table nor in JSON, and a name with .. finds nothing.
func TestTablesForgeNoLines(t *testing.T) {
	t.Parallel()
	stateFile := filepath.Join(t.TempDir(), "state")
	state, err := pending.Open(stateFile, nil)
	if err != nil {
		t.Fatal(err)
	}
	const forged = "x\n0 pending\x1b[2K\u009b\u202e"
	name := config.Ref{Team: "main", Pipeline: "app", Resource: forged}.String()
	entry := pending.Entry{Name: name, Team: "main", Generation: 1, Oldest: time.Now(), Deliveries: []string{forged}, Error: forged}
	if err := errors.Join(state.Put([]pending.Entry{entry}), state.Bury(pending.Entry{Name: name + "2", Generation: 2, Error: forged}), state.Close()); err != nil {
		t.Fatal(err)
	}
	const cell = `x\n0 pending\x1b[2K\u009b\u202e`
	wantOutput(t, command(t, "pending", "--state", stateFile), `main/app/"`+cell+`"  `, "  "+cell+"  "+cell+"\n1 pending\n")
	wantOutput(t, command(t, "dead", "--state", stateFile), `main/app/"`+cell+`"2  `, "  "+cell+"\n1 dead\n")
	wantOutput(t, command(t, "dead", "drop", "main/app/..", "--state", stateFile), `error: "main/app/.." is not among the dead`)
	for _, command := range []string{command(t, "pending", "--json", "--state", stateFile), command(t, "dead", "--json", "--state", stateFile)} {
		if strings.ContainsAny(command, "\x1b\u009b\u202e") {
			t.Errorf("a terminal would obey\n%q", command)
		}
	}
}

// The dead are looked after by a server that runs, and without one.
func TestDead(t *testing.T) {
	t.Parallel()
	_, _, url, checked := fakeATC(t)
	path := file(t, `{"atc":{"url":"`+url+`"},"secret":"planted-hook","checks":[{"check":"app/source","filter":{"uri":"https://github.com/example/test"}}]}`)
	stateFile := filepath.Join(t.TempDir(), "state")
	bury := func() {
		t.Helper()
		state, err := pending.Open(stateFile, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = state.Close() }()
		if err := state.Bury(pending.Entry{Name: "main/app/source", Team: "main", Generation: 1, Oldest: time.Now().Add(-25 * time.Hour), Error: "no role"}); err != nil {
			t.Fatal(err)
		}
	}
	wantOutput(t, command(t, "dead", "--state", stateFile), "error: no server runs with the state file", "no such file")
	bury()
	wantOutput(t, command(t, "dead", "list", "--state", stateFile), "main/app/source", "25h0m", "no role", "1 dead\n")
	wantOutput(t, command(t, "dead", "drop", "main/app/other", "--state", stateFile), `error: "main/app/other" is not among the dead`)
	wantOutput(t, command(t, "dead", "drop", "--state", stateFile), "1 dropped\n")
	wantOutput(t, command(t, "dead", "--state", stateFile), "0 dead\n")
	bury()
	wantOutput(t, command(t, "dead", "retry", "--state", stateFile), "1 pending again\n")
	p := start(t, "--config", path, "--state", stateFile, "--concourse-url", url, "--username", "bot", "--password", "planted")
	<-checked
	p.stop()
	<-p.ended
	bury()
	start(t, "--config", path, "--state", stateFile, "--concourse-url", url, "--username", "bot", "--password", "planted")
	wantOutput(t, command(t, "dead", "--state", stateFile), "1 dead\n")
	wantOutput(t, command(t, "dead", "retry", "main/app/source", "--state", stateFile), "1 taken, 0 pending, 0 failed\n")
	wantOutput(t, command(t, "dead", "--state", stateFile), "0 dead\n")
	err := Run(t.Context(), []string{"--config", path, "--state", stateFile}, &bytes.Buffer{}, &bytes.Buffer{})
	if err == nil || !strings.Contains(err.Error(), "is a server already running on this state file?") {
		t.Errorf("a second server: %v", err)
	}
}
