package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// run is one row of the table.
type run struct {
	name string
	what string
	do   func(ctx context.Context, t *trial) error
	// alone says that nothing else may run meanwhile, because it measures how fast the answers are.
	alone bool
}

// trial is a run under way: where it works, and what it found.
type trial struct {
	programs string // the folder of the built programs
	dir      string // its own
	short    bool
	found    []string
	failures []string
}

func newTrial(programs, dir string, short bool) *trial {
	return &trial{programs: programs, dir: dir, short: short}
}

// try runs r. Servers that it starts end with ctx.
func (r run) try(ctx context.Context, t *trial) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	err := os.MkdirAll(t.dir, 0o755)
	if err == nil {
		err = r.do(ctx, t)
	}
	if err != nil {
		t.found = append(t.found, err.Error())
		t.failures = append(t.failures, err.Error())
	}
}

// size is how much of something a run takes: less in its short form.
func (t *trial) size(full, short int) int {
	if t.short {
		return short
	}
	return full
}

// lasts is how long something lasts: less in the short form.
func (t *trial) lasts(full, short time.Duration) time.Duration {
	if t.short {
		return short
	}
	return full
}

// note adds a figure without a bound.
func (t *trial) note(format string, args ...any) {
	t.found = append(t.found, fmt.Sprintf(format, args...))
}

// atMost adds a figure with its bound.
func (t *trial) atMost(what string, got, bound float64) {
	t.within(what, got, bound, got <= bound, "at most")
}

// atLeast adds a figure with its bound.
func (t *trial) atLeast(what string, got, bound float64) {
	t.within(what, got, bound, got >= bound, "at least")
}

func (t *trial) within(what string, got, bound float64, ok bool, word string) {
	figure := fmt.Sprintf("%s %s (%s %s)", number(got), what, word, number(bound))
	if !ok {
		figure = "**" + figure + "**"
		t.failures = append(t.failures, figure)
	}
	t.found = append(t.found, figure)
}

func number(f float64) string { return strconv.FormatFloat(float64(int(f*100+0.5))/100, 'f', -1, 64) }

func (t *trial) failed() bool { return len(t.failures) > 0 }

func (t *trial) verdict() string {
	if t.failed() {
		return "FAILED"
	}
	return "ok"
}

func (t *trial) figures() string {
	return strings.ReplaceAll(strings.Join(t.found, ", "), "\n", " ")
}

func (t *trial) program(name string) string { return filepath.Join(t.programs, name) }

func (t *trial) file(name string) string { return filepath.Join(t.dir, name) }

// until polls until nothing is left, or the time is up.
func until(ctx context.Context, limit time.Duration, left func() int) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for left() > 0 {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// pass waits; it ends early with ctx.
func pass(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
