package stack_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/e2e/stack"
)

// Without a worker, a stack listens on the loopback only, needs no root, and can run beside another stack.
func TestWebOnly(t *testing.T) {
	ctx := within(t, time.Minute)
	s, err := stack.Start(ctx, stack.Options{Dir: t.TempDir(), LocalUsers: map[string]string{"eve": "eve"}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if !strings.HasPrefix(s.URL, "http://127.0.0.1:") || s.HostAddress != "127.0.0.1" {
		t.Errorf("it is at %s and %s, want the loopback", s.URL, s.HostAddress)
	}
	teams, err := s.Fly(ctx, "teams")
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(teams) != "main" {
		t.Errorf("teams are %q, want main", teams)
	}
	s.Close()
	s.Close()
	left, err := filepath.Glob(filepath.Join(filepath.Dir(s.LogFile("web")), "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range left {
		if filepath.Ext(path) != ".log" {
			t.Errorf("Close left %s", path)
		}
	}
}

// If a server can't start, the error holds the server's own message.
func TestStartFails(t *testing.T) {
	_, err := stack.Start(within(t, time.Minute), stack.Options{WebFlags: []string{"--no-such-flag"}})
	if err == nil || !strings.Contains(err.Error(), "no-such-flag") {
		t.Errorf("error is %v, want web's own complaint", err)
	}
}

const pipeline = `
resources:
- name: site
  type: git
  source: {uri: "https://github.com/acme/site.git", branch: main, paths: [docs/], ignore_paths: [docs/draft]}
- name: release
  type: s3
  source:
    bucket: releases
    endpoint: ((endpoint))
    access_key_id: ((access_key))
    secret_access_key: ((secret_key))
    regexp: app-(.*).tgz
- name: latest
  type: s3
  source:
    bucket: releases
    endpoint: ((endpoint))
    access_key_id: ((access_key))
    secret_access_key: ((secret_key))
    versioned_file: latest.txt
jobs:
- name: fetch
  plan:
  - get: site
    trigger: true
  - get: release
  - get: latest
`

// setPipeline starts an S3 server beside the stack and sets the pipeline.
func setPipeline(t *testing.T, s *stack.Stack) *stack.S3Server {
	t.Helper()
	ctx := within(t, time.Minute)
	store, err := stack.StartS3(ctx, stack.S3Options{Dir: t.TempDir(), Address: s.HostAddress})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	if err := store.CreateBucket(ctx, "releases", true); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "pipeline.yml")
	if err := os.WriteFile(file, []byte(pipeline), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = s.Fly(ctx, "set-pipeline", "--non-interactive", "--pipeline", "tiny", "--config", file,
		"--var", "endpoint="+store.ContainerURL, "--var", "access_key="+store.AccessKey, "--var", "secret_key="+store.SecretKey)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Fly(ctx, "unpause-pipeline", "--pipeline", "tiny"); err != nil {
		t.Fatal(err)
	}
	return store
}

// check asks for a check of tiny/RESOURCE, waits for it, and returns its versions, latest first.
func check(t *testing.T, s *stack.Stack, resource string) []map[string]string {
	t.Helper()
	ctx := within(t, time.Minute)
	begin := time.Now()
	if _, err := s.Fly(ctx, "check-resource", "--shallow", "--resource", "tiny/"+resource); err != nil {
		t.Fatal(err)
	}
	t.Logf("the check of %s took %s", resource, time.Since(begin).Round(10*time.Millisecond))
	out, err := s.Fly(ctx, "resource-versions", "--json", "--resource", "tiny/"+resource)
	if err != nil {
		t.Fatal(err)
	}
	var list []struct {
		Version map[string]string `json:"version"`
	}
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		t.Fatal(err)
	}
	var versions []map[string]string
	for _, item := range list {
		versions = append(versions, item.Version)
	}
	return versions
}

// push pushes to acme/site and fails the test when it cannot.
func push(t *testing.T, s *stack.Stack, edits ...stack.Edit) stack.Pushed {
	t.Helper()
	pushed, err := s.Git.Push(within(t, time.Minute), "acme/site", "main", edits...)
	if err != nil {
		t.Fatal(err)
	}
	return pushed
}
