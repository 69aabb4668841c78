package stack_test

import (
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/e2e/stack"
)

// buildFunction builds the function of internal/testfunction as a Lambda function is built.
func buildFunction(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "bootstrap")
	out, err := exec.CommandContext(within(t, 2*time.Minute), "go", "build", "-tags", "lambda.norpc", "-o", binary, "./internal/testfunction").CombinedOutput()
	if err != nil {
		t.Fatalf("building the function: %v\n%s", err, out)
	}
	return binary
}

// A function's life: invocations in one environment, failures, an exit and a time out, each followed by a cold start.
func TestLambda(t *testing.T) {
	ctx := within(t, 3*time.Minute)
	options := stack.LambdaOptions{
		Name: "f", Binary: buildFunction(t), Dir: t.TempDir(), Env: []string{"WORD=there"}, Timeout: time.Second,
	}
	l, err := stack.StartLambda(ctx, options)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, step := range []struct {
		do, failure string
		count       int // invocations since the cold start, in a response
	}{
		{do: "hello", count: 1},
		{do: "hello", count: 2},
		{do: "fail", failure: "errorString"},
		{do: "hello", count: 4},
		{do: "exit", failure: "Runtime.ExitError"},
		{do: "hello", count: 1},
		{do: "sleep", failure: "Sandbox.Timedout"},
		{do: "hello", count: 1},
	} {
		body, failure, err := l.Invoke(ctx, []byte(`{"do":"`+step.do+`"}`))
		if err != nil {
			t.Fatalf("%s: %v", step.do, err)
		}
		if step.failure != "" {
			if failure == nil || failure.Type != step.failure {
				t.Errorf("%s: failure is %v, want %s", step.do, failure, step.failure)
			}
			continue
		}
		var got struct {
			Said      string
			RequestID string `json:"request_id"`
			Count     int
		}
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatalf("%s: %v: %s", step.do, err, body)
		}
		if got.Said != "hello there" || got.RequestID == "" || got.Count != step.count {
			t.Errorf("%s: response is %s, want count %d", step.do, body, step.count)
		}
	}
}

// If a function ends before its first invocation, its initialisation has failed, and the error holds its log.
func TestLambdaInitError(t *testing.T) {
	_, err := stack.StartLambda(within(t, time.Minute), stack.LambdaOptions{
		Name: "f", Binary: buildFunction(t), Dir: t.TempDir(), Env: []string{"FAIL_INIT=1"},
	})
	var failed *stack.InitError
	if !errors.As(err, &failed) || !strings.Contains(err.Error(), "config missing") {
		t.Errorf("error is %v, want an InitError with the function's log", err)
	}
}
