package stack_test

import (
	"slices"
	"testing"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/e2e/stack"
)

// Push describes commits as a GitHub push event would.
func TestPush(t *testing.T) {
	ctx := within(t, time.Minute)
	server, err := stack.StartGitServer(ctx, t.TempDir(), "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if err := server.CreateRepo(ctx, "a/b"); err != nil {
		t.Fatal(err)
	}
	first, err := server.Push(ctx, "a/b", "main", stack.Edit{Write: map[string]string{"x/ü \"y\".txt": "1", "z": "1"}})
	if err != nil {
		t.Fatal(err)
	}
	if first.Before != stack.NoCommit || !slices.Equal(first.Commits[0].Added, []string{"x/ü \"y\".txt", "z"}) {
		t.Errorf("the first push is %+v", first)
	}
	second, err := server.Push(ctx, "a/b", "main",
		stack.Edit{Write: map[string]string{"z": "2"}}, stack.Edit{Remove: []string{"x/ü \"y\".txt"}, Message: "gone"})
	if err != nil {
		t.Fatal(err)
	}
	if second.Before != first.After || second.After != second.Commits[1].ID || second.Forced {
		t.Errorf("the second push is %+v", second)
	}
	if !slices.Equal(second.Commits[0].Modified, []string{"z"}) || !slices.Equal(second.Commits[1].Removed, []string{"x/ü \"y\".txt"}) {
		t.Errorf("the second push's commits are %+v", second.Commits)
	}
	branch, err := server.Push(ctx, "a/b", "topic", stack.Edit{Write: map[string]string{"t": "1"}})
	if err != nil {
		t.Fatal(err)
	}
	if branch.Before != stack.NoCommit || len(branch.Commits) != 1 {
		t.Errorf("the push of a new branch is %+v", branch)
	}
	forced, err := server.ForcePush(ctx, "a/b", "main", first.After, stack.Edit{Write: map[string]string{"z": "3"}})
	if err != nil {
		t.Fatal(err)
	}
	if !forced.Forced || forced.Before != second.After {
		t.Errorf("the forced push is %+v", forced)
	}
}
