package commands

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/read/atctest"
)

// The server reads Concourse itself, writes the config to the file, follows changes, and keeps serving while Concourse does not
// answer.
func TestSync(t *testing.T) {
	t.Setenv("GITHUB_WEBHOOK_SECRET", "planted-hook")
	atc, data, url, checked := fakeATC(t)
	var down atomic.Bool
	now := *data
	var current atomic.Pointer[atctest.Data]
	current.Store(&now)
	atc.Load = func() (*atctest.Data, error) { return current.Load(), nil }
	atc.Answer = func(w http.ResponseWriter, r *http.Request) bool {
		if !down.Load() || strings.HasSuffix(r.URL.Path, "/check") || r.URL.Path == "/sky/issuer/token" {
			return false
		}
		http.Error(w, "planted", http.StatusBadGateway)
		return true
	}
	path := filepath.Join(t.TempDir(), "config.json")
	p := start(t, "--config", path, "--sync", "20ms", "--concourse-url", url, "--username", "bot", "--password", "planted")
	want := func(pipeline string) {
		t.Helper()
		if got := <-checked; got != "main/"+pipeline+"/source" {
			t.Errorf("checked %s, want %s's", got, pipeline)
		}
	}
	want("app") // to catch up
	content, err := os.ReadFile(path)
	if err != nil || !json.Valid(content) || !strings.Contains(string(content), `"app/source"`) {
		t.Errorf("the file holds %s, %v", content, err)
	}

	more := atctest.Pipeline{Config: data.Pipelines[0].Config}
	more.ID, more.Name, more.TeamName, more.LastUpdated = 2, "more", "main", 1_500_000_000
	grown := *data
	grown.Pipelines = append(grown.Pipelines[:1:1], more)
	current.Store(&grown)
	want("more")
	if loaded := `"msg":"config loaded"`; strings.Count(p.log.String(), loaded) < 2 {
		t.Errorf("the new check was posted before the config was loaded:\n%s", p.log)
	}
	p.log.wait(t, "a config of two checks", func(l line) bool { return l["msg"] == "config loaded" && l["checks"] == 2.0 })

	down.Store(true)
	p.log.wait(t, "a sync that failed", message("sync failed; serving the last good config"))
	status, answer := p.post(t, "/github", signed("planted-hook", push), push)
	if status != 200 || !strings.Contains(answer, `"success":["main/app/source","main/more/source"]`) {
		t.Errorf("answered %d %s", status, answer)
	}
	if strings.Contains(p.log.String(), "planted") {
		t.Errorf("the log holds a secret:\n%s", p.log)
	}
}

// If the config can't be written, as on a full disk, the server serves it from memory, and says so. Here there is no room for the name
// of a temporary file.
func TestSyncOnAFullDisk(t *testing.T) {
	t.Parallel()
	_, _, url, checked := fakeATC(t)
	path := filepath.Join(t.TempDir(), strings.Repeat("x", 250))
	before := `{"atc":{"url":"` + url + `"},"secret":"planted-hook","checks":[]}`
	if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, "--config", path, "--state", filepath.Join(t.TempDir(), "state"), "--sync", "20ms", "--concourse-url", url, "--username", "bot", "--password", "planted")
	p.log.wait(t, "a config of one check", func(l line) bool { return l["msg"] == "config loaded" && l["checks"] == 1.0 })
	p.log.wait(t, "a warning", message("the config can't be written; serving it from memory"))
	if got := <-checked; got != "main/app/source" {
		t.Errorf("caught up with %s", got)
	}
	status, answer := p.post(t, "/github", signed("planted-hook", push), push)
	if status != 200 || !strings.Contains(answer, `"success":["main/app/source"]`) {
		t.Errorf("answered %d %s", status, answer)
	}
	if now, err := os.ReadFile(path); err != nil || string(now) != before {
		t.Errorf("the file holds %s, %v", now, err)
	}
}

// If Concourse does not answer at the start, the server uses the previous config.
func TestSyncStartsWithoutConcourse(t *testing.T) {
	t.Parallel()
	path := file(t, form2016("http://127.0.0.1:1"))
	p := start(t, "--config", path, "--sync", "1h", "--concourse-url", "http://127.0.0.1:1", "--username", "bot", "--password", "planted")
	p.log.wait(t, "a sync that failed", message("sync failed; serving the previous config"))
	if status, answer := p.post(t, "/github", map[string]string{"X-GitHub-Event": "ping"}, "{}"); status != 401 {
		t.Errorf("answered %d %s", status, answer)
	}
}

// health is what /healthz answers.
func (p *program) health(t *testing.T) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("answered %d, %v", resp.StatusCode, err)
	}
	return string(body)
}

// A team that the login can't read any more keeps its checks, and makes the health degraded until it can be read again.
func TestSyncLostTeam(t *testing.T) {
	t.Parallel()
	atc, data, url, _ := fakeATC(t)
	more := atctest.Pipeline{Config: data.Pipelines[0].Config}
	more.ID, more.Name, more.TeamName, more.LastUpdated = 2, "more", "dev", 1_500_000_000
	var current atomic.Pointer[atctest.Data]
	with := func(teams ...string) {
		d := *data
		d.Teams, d.Pipelines = []string{"main", "dev"}, []atctest.Pipeline{data.Pipelines[0], more}
		user := data.Users["bot"]
		user.Teams = map[string][]string{}
		for _, team := range teams {
			user.Teams[team] = []string{"member"}
		}
		d.Users = map[string]atctest.User{"bot": user}
		current.Store(&d)
	}
	with("main", "dev")
	atc.Load = func() (*atctest.Data, error) { return current.Load(), nil }
	path := file(t, `{"atc":{"url":"`+url+`"},"secret":"planted-hook","checks":[]}`)
	p := start(t, "--config", path, "--sync", "20ms", "--concourse-url", url, "--username", "bot", "--password", "planted", "--no-catch-up")
	p.log.wait(t, "a config of both teams", func(l line) bool { return l["msg"] == "config loaded" && l["checks"] == 2.0 })
	if got := p.health(t); got != "ok\n" {
		t.Errorf("the health is %q", got)
	}
	with("main")
	lost := p.log.wait(t, "a lost team", message("sync degraded"))
	if text, _ := lost["error"].(string); !strings.Contains(text, "can't read team dev any more") {
		t.Errorf("the log says %s", text)
	}
	_, answer := p.post(t, "/github", signed("planted-hook", push), push) // Concourse refuses it, or not
	if got := p.health(t); got != "degraded\n" || !strings.Contains(answer, "dev/more/source") {
		t.Errorf("the health is %q; answered %s", got, answer)
	}
}

// A removal of most of the checks is held back, and the log says how to publish it. Later it is published.
func TestSyncForce(t *testing.T) {
	t.Parallel()
	_, _, url, _ := fakeATC(t)
	var checks []string
	for range 12 {
		checks = append(checks, `{"check":"gone/`+string(rune('a'+len(checks)))+`","filter":{"uri":"https://github.com/example/gone"}}`)
	}
	path := file(t, `{"atc":{"url":"`+url+`"},"secret":"planted-hook","checks":[`+strings.Join(checks, ",")+`]}`)
	args := []string{"--config", path, "--sync", "1h", "--concourse-url", url, "--username", "bot", "--password", "planted"}
	p := start(t, args...)
	failed := p.log.wait(t, "a removal held back", message("sync degraded"))
	if text, _ := failed["error"].(string); !strings.Contains(text, "would remove 12 of 12 checks") || !strings.Contains(text, "--force") {
		t.Errorf("the log says %s", text)
	}
	p.log.wait(t, "a config with the new check", func(l line) bool { return l["msg"] == "config loaded" && l["checks"] == 13.0 })
	if got := p.health(t); got != "degraded\n" {
		t.Errorf("the health is %q", got)
	}
	p.stop()
	<-p.ended
	p = start(t, append(args, "--force")...)
	p.log.wait(t, "a config of one check", func(l line) bool { return l["msg"] == "config loaded" && l["checks"] == 1.0 })
}
