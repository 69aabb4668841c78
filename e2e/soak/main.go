// Soak runs the real programs against a stub of Concourse that fails in many ways, and measures what is lost. It prints one table,
// and fails where a figure is out of its bounds.
//
//	go run ./soak                    all runs, two at once where their times don't matter: about half an hour
//	go run ./soak -run 'outage|kill' those whose names match
//	go run ./soak -short             all, with small numbers, as the tests run them
//
// The working directory is e2e.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/dpb587/concourse-resource-endpoints/e2e/stack"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	names := flag.String("run", "", "run only those whose names match this regular expression")
	short := flag.Bool("short", false, "run with small numbers")
	flag.Parse()
	if err := soak(ctx, *names, *short); err != nil {
		fmt.Fprintln(os.Stderr, "soak: error:", err)
		stop()
		os.Exit(1)
	}
}

func say(line string) { fmt.Fprintln(os.Stderr, line) }

// soak runs the runs that are wanted, and prints the table.
func soak(ctx context.Context, names string, short bool) error {
	wanted, err := regexp.Compile(names)
	if err != nil {
		return fmt.Errorf("reading -run: %w", err)
	}
	dir, err := os.MkdirTemp("", "soak-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := stack.Prepare(ctx, ".", say); err != nil {
		return err
	}
	programs := filepath.Join(dir, "bin")
	if err := build(ctx, "..", programs); err != nil {
		return err
	}
	var list []run
	for _, r := range runs {
		if wanted.MatchString(r.name) {
			list = append(list, r)
		}
	}
	trials := tryAll(ctx, list, func(r run) *trial { return newTrial(programs, filepath.Join(dir, r.name), short) })
	failed := 0
	fmt.Println("| run | figures (bound) | |\n| --- | --- | --- |")
	for i, t := range trials {
		fmt.Printf("| %s: %s | %s | %s |\n", list[i].name, list[i].what, t.figures(), t.verdict())
		if t.failed() {
			failed++
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if failed > 0 {
		return fmt.Errorf("%d runs are out of bounds", failed)
	}
	return nil
}

// together is how many runs are under way at once.
const together = 2

// tryAll does the runs, and those that have to be alone last, one after the other.
func tryAll(ctx context.Context, list []run, begin func(run) *trial) []*trial {
	trials := make([]*trial, len(list))
	for i, r := range list {
		trials[i] = begin(r)
	}
	for _, alone := range []bool{false, true} {
		group := new(errgroup.Group)
		if group.SetLimit(together); alone {
			group.SetLimit(1)
		}
		for i, r := range list {
			if r.alone == alone && ctx.Err() == nil {
				group.Go(func() error { r.tell(ctx, trials[i]); return nil })
			}
		}
		_ = group.Wait()
	}
	return trials
}

// tell does a run, and says when it begins and ends.
func (r run) tell(ctx context.Context, t *trial) {
	say("soak: " + r.name + ": " + r.what)
	start := time.Now()
	r.try(ctx, t)
	say(fmt.Sprintf("soak: %s: %s after %.0f s: %s", r.name, t.verdict(), time.Since(start).Seconds(), t.figures()))
}

// build builds the programs as they are released.
func build(ctx context.Context, root, to string) error {
	for _, p := range []string{"server", "syncer", "lambda/webhook", "lambda/notification"} {
		cmd := exec.CommandContext(ctx, "go", "build", "-tags", "lambda.norpc", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(to, filepath.Base(p)), "./"+p)
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("building %s: %w\n%s", p, err, out)
		}
	}
	return nil
}
