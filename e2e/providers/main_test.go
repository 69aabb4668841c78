package providers_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/e2e/stack"
)

// runContext ends when the tests are interrupted, and ends everything that they started.
var runContext, stop = signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)

// programs is the folder of the built programs: webhook, notification and server.
var programs string

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	defer stop()
	dir, err := os.MkdirTemp("", "providers-")
	if err != nil {
		say(err.Error())
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	programs = dir
	if err := stack.Prepare(runContext, "..", say); err != nil {
		say(err.Error())
		return 1
	}
	if err := build(runContext); err != nil {
		say(err.Error())
		return 1
	}
	return m.Run()
}

func say(line string) { fmt.Fprintln(os.Stderr, line) }

// build builds the programs as they are released.
func build(ctx context.Context) error {
	for _, p := range []string{"server", "lambda/webhook", "lambda/notification"} {
		cmd := exec.CommandContext(ctx, "go", "build", "-tags", "lambda.norpc", "-o", program(filepath.Base(p)), "./"+p)
		cmd.Dir = filepath.Join("..", "..")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("building %s: %w\n%s", p, err, out)
		}
	}
	return nil
}

func program(name string) string { return filepath.Join(programs, name) }

// within is the tests' context with a deadline.
func within(t *testing.T, limit time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(runContext, limit)
	t.Cleanup(cancel)
	return ctx
}

// startLambda starts a function: its cold start.
func startLambda(ctx context.Context, t *testing.T, name string, env ...string) *stack.Lambda {
	t.Helper()
	l, err := stack.StartLambda(ctx, stack.LambdaOptions{Name: name, Binary: program(name), Dir: t.TempDir(), Env: env})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}
