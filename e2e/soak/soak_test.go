package main

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/e2e/stack"
)

// runContext ends when the tests are interrupted, and ends everything that they started.
var runContext, stop = signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)

// TestRuns does each run with small numbers.
func TestRuns(t *testing.T) {
	t.Parallel()
	t.Cleanup(stop)
	programs := t.TempDir()
	if err := stack.Prepare(runContext, "..", say); err != nil {
		t.Fatal(err)
	}
	if err := build(runContext, filepath.Join("..", ".."), programs); err != nil {
		t.Fatal(err)
	}
	for _, r := range runs {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(runContext, 3*time.Minute)
			defer cancel()
			trial := newTrial(programs, t.TempDir(), true)
			r.try(ctx, trial)
			if trial.failed() {
				t.Error(trial.figures())
			} else {
				t.Log(trial.figures())
			}
		})
	}
}
