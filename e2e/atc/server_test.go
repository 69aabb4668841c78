package atc_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/e2e/stack"
)

// The server alone, in step with a Concourse, as in the README's "Start". A pipeline that is set while the server runs is served
// within one interval, and the server stops without an error.
func TestServerSync(t *testing.T) {
	set(t, "first")
	fly(t, "unpause-pipeline", "-p", "first")
	s := startServer(t)
	s.until(t, "main/first/open")

	set(t, "second")
	fly(t, "unpause-pipeline", "-p", "second")
	s.until(t, "main/second/open")

	if code, body := s.deliver(t, "sha256="+hex.EncodeToString(make([]byte, 32))); code != http.StatusUnauthorized {
		t.Errorf("a wrong signature is answered %d %s", code, body)
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("the end: %v\n%s", err, s.log(t))
	}
}

// A push that comes while Concourse is down is answered 202, outlives a kill -9 of the server, and is checked when both are back.
func TestOutage(t *testing.T) {
	set(t, "outage")
	fly(t, "unpause-pipeline", "-p", "outage")
	dir := t.TempDir()
	s := startServerIn(t, dir)
	s.until(t, "main/outage/open")
	atc.KillWeb()
	restart := sync.OnceValue(func() error { return atc.RestartWeb(context.WithoutCancel(t.Context())) })
	t.Cleanup(func() { // for the tests after this one, whatever happens
		if err := restart(); err != nil {
			t.Error(err)
		}
	})
	code, body := s.deliver(t, signature())
	var answer struct {
		Checks struct{ Success, Pending []string }
	}
	if err := json.Unmarshal(body, &answer); err != nil || code != http.StatusAccepted || !slices.Contains(answer.Checks.Pending, "main/outage/open") {
		t.Fatalf("answered %d %s while Concourse is down", code, body)
	}
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = s.cmd.Wait()
	if err := restart(); err != nil {
		t.Fatal(err)
	}
	s = startServerIn(t, dir)
	taken := regexp.MustCompile(`"msg":"check taken","check":"main/outage/open".*"build":[1-9]`)
	poll(t, func() error {
		if !taken.MatchString(s.log(t)) {
			return fmt.Errorf("what was pending is not taken:\n%s", s.log(t))
		}
		return nil
	})
}

// server is the running program and its URL.
type server struct {
	cmd      *exec.Cmd
	url, out string
}

func startServer(t *testing.T) *server {
	t.Helper()
	return startServerIn(t, t.TempDir())
}

// startServerIn starts the server with its config, state and log in a folder.
func startServerIn(t *testing.T, dir string) *server {
	t.Helper()
	program := filepath.Join(dir, "server")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./server")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the server: %v\n%s", err, out)
	}
	s := &server{out: filepath.Join(dir, "log")}
	log, err := os.Create(s.out)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	s.cmd = exec.CommandContext(context.WithoutCancel(t.Context()), program, "--config", filepath.Join(dir, "config.json"),
		"--sync", "1s", "--username", stack.AdminUser, "--password", "env:PASSWORD", "--listen", "127.0.0.1:0")
	s.cmd.Env = append(os.Environ(), "CONCOURSE_URL="+atc.URL, "PASSWORD="+stack.AdminPassword, "GITHUB_WEBHOOK_SECRET=planted")
	s.cmd.Stderr = log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.cmd.Process.Kill() })
	address := regexp.MustCompile(`"msg":"serving","address":"([^"]+)"`)
	poll(t, func() error {
		m := address.FindStringSubmatch(s.log(t))
		if m == nil {
			return fmt.Errorf("the server does not serve yet:\n%s", s.log(t))
		}
		s.url = "http://" + m[1]
		return nil
	})
	return s
}

func (s *server) log(t *testing.T) string {
	t.Helper()
	log, err := os.ReadFile(s.out)
	if err != nil {
		t.Fatal(err)
	}
	return string(log)
}

var push = []byte(`{"ref":"refs/heads/main","before":"1","after":"2",
	"repository":{"clone_url":"https://github.com/acme/app.git","default_branch":"main"},
	"commits":[{"id":"2","message":"x","added":[],"removed":[],"modified":["a"]}]}`)

// signature is that of push.
func signature() string {
	mac := hmac.New(sha256.New, []byte("planted"))
	mac.Write(push)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// until sends a push again and again until that checks the resource.
func (s *server) until(t *testing.T, resource string) {
	t.Helper()
	poll(t, func() error {
		code, body := s.deliver(t, signature())
		var answer struct {
			Checks struct{ Success []string }
		}
		if err := json.Unmarshal(body, &answer); err != nil {
			return err
		}
		if code != http.StatusOK || !slices.Contains(answer.Checks.Success, resource) {
			return fmt.Errorf("%s is not checked: %d %s", resource, code, body)
		}
		return nil
	})
}

func (s *server) deliver(t *testing.T, signature string) (code int, body []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/github", bytes.NewReader(push))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-GitHub-Event", "push")
	req.Header.Set("X-Hub-Signature-256", signature)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if body, err = io.ReadAll(resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body
}

// poll repeats a function until it returns nil, for half a minute.
func poll(t *testing.T, try func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatal(errors.Join(ctx.Err(), err))
		case <-tick.C:
		}
	}
}
