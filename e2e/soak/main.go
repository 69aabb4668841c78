// Soak runs the real programs against a stub of Concourse that fails in many ways, and measures what is lost. It prints one table,
// and fails where a figure is out of its bounds.
//
//	go run ./soak                    all runs: about an hour
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
	"strings"
	"syscall"
	"time"

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

// soak runs the runs that are wanted, one after the other, and prints the table.
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
	table := []string{"| run | figures (bound) | |", "| --- | --- | --- |"}
	failed := 0
	for _, r := range runs {
		if !wanted.MatchString(r.name) || ctx.Err() != nil {
			continue
		}
		say("soak: " + r.name + ": " + r.what)
		t := newTrial(programs, filepath.Join(dir, r.name), short)
		start := time.Now()
		r.try(ctx, t)
		say(fmt.Sprintf("soak: %s: %s after %.0f s: %s", r.name, t.verdict(), time.Since(start).Seconds(), t.figures()))
		table = append(table, fmt.Sprintf("| %s: %s | %s | %s |", r.name, r.what, t.figures(), t.verdict()))
		if t.failed() {
			failed++
		}
	}
	fmt.Println(strings.Join(table, "\n"))
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if failed > 0 {
		return fmt.Errorf("%d runs are out of bounds", failed)
	}
	return nil
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
