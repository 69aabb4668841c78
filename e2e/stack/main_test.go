package stack_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/e2e/stack"
)

// runContext ends when the tests are interrupted, and with it whatever they started.
var runContext context.Context

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	runContext = ctx //nolint:fatcontext // set once, for all tests
	if err := stack.Prepare(ctx, "..", say); err != nil {
		say(err.Error())
		return 1
	}
	defer func() {
		if shared.stack != nil {
			shared.stack.Close()
		}
	}()
	return m.Run()
}

func say(line string) { fmt.Fprintln(os.Stderr, line) }

// shared is the stack of all the tests that need a Concourse: starting one takes seconds.
var shared struct {
	once  sync.Once
	stack *stack.Stack
	err   error
}

// withWorker is the shared stack, with a worker. Without one here the test is skipped, except in CI.
func withWorker(t *testing.T) *stack.Stack {
	t.Helper()
	if err := stack.CanRunWorker(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	shared.once.Do(func() {
		shared.stack, shared.err = stack.Start(runContext, stack.Options{
			Worker:          true,
			GlobalResources: true,
			CheckInterval:   24 * time.Hour,
			GitInsteadOf:    []string{"https://github.com/"},
			Clients:         map[string]string{"robot": "robot-secret"},
			Progress:        say,
		})
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.stack
}

// within is the tests' context with a deadline.
func within(t *testing.T, limit time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(runContext, limit)
	t.Cleanup(cancel)
	return ctx
}

// eventually polls until check is nil.
func eventually(ctx context.Context, t *testing.T, check func() error) {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatal(errors.Join(context.Cause(ctx), err))
		case <-tick.C:
		}
	}
}
