package stack_test

import (
	"strings"
	"testing"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/e2e/stack"
)

// A worker checks git and S3 resources on the stack's servers: everything that the demo needs.
func TestCheck(t *testing.T) {
	s := withWorker(t)
	ctx := within(t, 3*time.Minute)
	if err := s.Git.CreateRepo(ctx, "acme/site"); err != nil {
		t.Fatal(err)
	}
	first := push(t, s, stack.Edit{Write: map[string]string{"docs/index.md": "one", "README.md": "one"}})
	store := setPipeline(t, s)
	latest, err := store.PutObject(ctx, "releases", "latest.txt", []byte("one"))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"app-1.10.0.tgz", "app-1.9.0.tgz"} {
		if _, err := store.PutObject(ctx, "releases", key, []byte(key)); err != nil {
			t.Fatal(err)
		}
	}

	wantLatest(t, check(t, s, "site"), "ref", first.After)
	wantLatest(t, check(t, s, "release"), "path", "app-1.10.0.tgz")
	wantLatest(t, check(t, s, "latest"), "version_id", latest)

	second := push(t, s,
		stack.Edit{Write: map[string]string{"docs/index.md": "two"}, Message: "docs"},
		stack.Edit{Write: map[string]string{"docs/draft/new.md": "two"}, Message: "ignored"},
		stack.Edit{Remove: []string{"README.md"}, Message: "elsewhere"})
	versions := check(t, s, "site")
	wantLatest(t, versions, "ref", second.Commits[0].ID)
	if len(versions) != 2 {
		t.Errorf("versions are %v, want two: the first and that of docs/", versions)
	}
	eventually(ctx, t, func() error { return jobRan(t, s) })
}

func wantLatest(t *testing.T, versions []map[string]string, field, want string) {
	t.Helper()
	if len(versions) == 0 || versions[0][field] != want {
		t.Fatalf("versions are %v, want %s %s first", versions, field, want)
	}
}

// jobRan is nil when the job has fetched its inputs.
func jobRan(t *testing.T, s *stack.Stack) error {
	t.Helper()
	t.Helper()
	out, err := s.Fly(within(t, time.Minute), "builds", "--job", "tiny/fetch")
	if err != nil {
		return err
	}
	if !strings.Contains(out, "succeeded") {
		return &jobError{out}
	}
	return nil
}

type jobError struct{ builds string }

func (e *jobError) Error() string { return "no build of the job succeeded: " + e.builds }
