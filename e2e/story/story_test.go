package story_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/e2e/stack"
	"github.com/dpb587/concourse-resource-endpoints/e2e/story"
)

func TestMain(m *testing.M) {
	if err := stack.Prepare(context.Background(), "..", say); err != nil {
		say(err.Error())
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func say(line string) { fmt.Fprintln(os.Stderr, line) }

func begin(t *testing.T) (context.Context, *story.Story) {
	t.Helper()
	if err := stack.CanRunWorker(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt, syscall.SIGTERM)
	t.Cleanup(stop)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(cancel)
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	s, err := story.Begin(ctx, story.Options{Root: root, Dir: t.TempDir(), Progress: say})
	t.Cleanup(s.Close)
	if err != nil {
		t.Fatal(err)
	}
	return ctx, s
}

func TestMainJob(t *testing.T) {
	ctx, s := begin(t)

	plan, err := s.Sync(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"+ main/app/source (git)", "+ main/deploy/settings (s3)", "+ main/deploy/tarball (s3)", "+ main/docs/docs (git)",
		"plan: 4 to add, 0 to change, 0 to remove", "asked 4 of them to check",
	} {
		if !strings.Contains(plan, want) {
			t.Errorf("the first sync printed no %q:\n%s", want, plan)
		}
	}
	again, err := s.Sync(ctx, "--detailed-exitcode")
	if err != nil || !strings.Contains(again, "no changes: 4 checks") {
		t.Errorf("the second sync: %v\n%s", err, again)
	}
	before, err := s.Until(ctx, time.Minute, story.Quiet)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.StartFunctions(ctx); err != nil {
		t.Fatal(err)
	}

	t.Run("push", func(t *testing.T) { before = testPush(ctx, t, s, before) })
	t.Run("object", func(t *testing.T) { before = testObject(ctx, t, s, before) })
	t.Run("scope", func(t *testing.T) { testScope(ctx, t, s) })
	t.Run("unsigned", func(t *testing.T) { testUnsigned(ctx, t, s) })
}

// A push to the application's code checks app/source, which finds the commit and starts its job. It does not check docs/docs, which
// watches other files of the same repository.
func testPush(ctx context.Context, t *testing.T, s *story.Story, before story.State) story.State {
	t.Helper()
	pushed, err := s.Stack.Git.Push(ctx, story.Repo, "main", stack.Edit{
		Message: "Round prices to cents", Write: map[string]string{"cart/price.go": "package cart // rounded\n"},
	})
	if err != nil {
		t.Fatal(err)
	}
	body := story.GitHubPush(pushed)
	answer, err := s.Deliver(ctx, "push", story.Sign(body), body)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != 200 || answer.Body.Message != "resources notified" || !slices.Equal(answer.Body.Checks.Success, []string{"main/app/source"}) {
		t.Errorf("answered %d %s", answer.StatusCode, answer.Raw)
	}
	return checkedOnly(ctx, t, s, before, "app/source", map[string]string{"ref": pushed.After})
}

// An object checks deploy/tarball only; deploy/settings watches other keys of the same bucket.
func testObject(ctx context.Context, t *testing.T, s *story.Story, before story.State) story.State {
	t.Helper()
	const key = "shop/shop-1.1.0.tgz"
	if _, err := s.S3.PutObject(ctx, story.Bucket, key, []byte("new")); err != nil {
		t.Fatal(err)
	}
	notification, err := s.Notified(ctx, key)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := s.Notify(ctx, notification)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(answer.Body.Checks.Success, []string{"main/deploy/tarball"}) {
		t.Errorf("answered %s", answer.Raw)
	}
	return checkedOnly(ctx, t, s, before, "deploy/tarball", map[string]string{"path": key})
}

// A second pipeline with the same resource shares its scope: one post serves both, and both jobs build.
func testScope(ctx context.Context, t *testing.T, s *story.Story) {
	t.Helper()
	if err := s.SetPipeline(ctx, "mirror", "app.yml"); err != nil {
		t.Fatal(err)
	}
	plan, err := s.Sync(ctx)
	if err != nil || !strings.Contains(plan, "plan: 1 to add, 0 to change, 0 to remove") {
		t.Fatalf("the sync: %v\n%s", err, plan)
	}
	before, err := s.Until(ctx, time.Minute, story.Quiet)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Webhook.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	pushed, err := s.Stack.Git.Push(ctx, story.Repo, "main", stack.Edit{
		Message: "Round up", Write: map[string]string{"cart/price.go": "package cart // rounded up\n"},
	})
	if err != nil {
		t.Fatal(err)
	}
	body := story.GitHubPush(pushed)
	answer, err := s.Deliver(ctx, "push", story.Sign(body), body)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(answer.Body.Checks.Success, []string{"main/app/source", "main/mirror/source"}) {
		t.Errorf("answered %s", answer.Raw)
	}
	if log := s.Webhook.Log(); !strings.Contains(log, `"check":"main/mirror/source"`) || !strings.Contains(log, `"by":"main/app/source"`) {
		t.Errorf("main/mirror/source was not served by main/app/source:\n%s", log)
	}
	if _, err := s.Until(ctx, time.Minute, func(now story.State) error {
		for _, name := range []string{"app/source", "mirror/source"} {
			switch r := now[name]; {
			case r.Version["ref"] != pushed.After:
				return fmt.Errorf("%s has the version %v, want %s", name, r.Version, pushed.After)
			case maps.Equal(r.Jobs, before[name].Jobs):
				return fmt.Errorf("no job of %s has built it: %v", name, r.Jobs)
			}
		}
		return story.Quiet(now)
	}); err != nil {
		t.Error(err)
	}
}

// checkedOnly waits until the resource has the version and its job has built it, and fails if another resource was checked since
// before.
func checkedOnly(ctx context.Context, t *testing.T, s *story.Story, before story.State, name string, version map[string]string) story.State {
	t.Helper()
	after, err := s.Until(ctx, time.Minute, func(now story.State) error {
		r := now[name]
		switch {
		case !maps.Equal(r.Version, version):
			return fmt.Errorf("%s has the version %v, want %v", name, r.Version, version)
		case maps.Equal(r.Jobs, before[name].Jobs):
			return fmt.Errorf("no job of %s has built it: %v", name, r.Jobs)
		}
		return story.Quiet(now)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range after.Names() {
		if checked := after[other].Check != before[other].Check; checked != (other == name) {
			t.Errorf("%s was checked: %t", other, checked)
		}
	}
	return after
}

// A wrong signature is denied, and the answer reveals nothing of the right one.
func testUnsigned(ctx context.Context, t *testing.T, s *story.Story) {
	t.Helper()
	body := []byte(`{"ref":"refs/heads/main"}`)
	right := strings.TrimPrefix(story.Sign(body), "sha256=")
	for name, signature := range map[string]string{
		"none": "", "wrong": "sha256=" + strings.Repeat("0", 64), "malformed": "sha256=zz", "of another kind": "md5=" + right,
	} {
		answer, err := s.Deliver(ctx, "push", signature, body)
		if err != nil {
			t.Fatal(err)
		}
		if answer.StatusCode != 401 {
			t.Errorf("signature %s: answered %d, want 401", name, answer.StatusCode)
		}
		if strings.Contains(answer.Raw, right) {
			t.Errorf("signature %s: the answer reveals the right one: %s", name, answer.Raw)
		}
	}
	if strings.Contains(s.Webhook.Log(), right) {
		t.Error("the log reveals the right signature")
	}
}
