// Demo shows on real servers what the project is for: a push and an object each make Concourse check the right resources at once,
// and no others.
package main

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
	"text/tabwriter"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/e2e/stack"
	"github.com/dpb587/concourse-resource-endpoints/e2e/story"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "demo: error:", err)
		os.Exit(1)
	}
}

// say prints a step's line, with the time since the start.
var say = func() func(string) {
	start := time.Now()
	return func(line string) { fmt.Printf("%6.1fs  %s\n", time.Since(start).Seconds(), line) }
}()

// run runs the demo. The working directory must be e2e, as in the Makefile.
func run(ctx context.Context) error {
	if err := stack.Prepare(ctx, ".", say); err != nil {
		return err
	}
	if err := stack.CanRunWorker(); err != nil {
		return fmt.Errorf("the demo needs a Concourse worker, which this machine can't run: %w", err)
	}
	root, err := filepath.Abs("..")
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "demo-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	s, err := story.Begin(ctx, story.Options{Root: root, Dir: dir, Progress: say})
	defer func() {
		say("stopping what was started")
		s.Close()
	}()
	if err != nil {
		return err
	}
	return tell(ctx, s)
}

func tell(ctx context.Context, s *story.Story) error {
	say("$ syncer sync -n -t " + stack.Target + " --config " + story.ConfigURL)
	plan, err := s.Sync(ctx)
	if err != nil {
		return err
	}
	quote(plan)
	say("waiting for the first checks and builds, which the sync asked for")
	before, err := s.Until(ctx, 2*time.Minute, story.Quiet)
	if err != nil {
		return err
	}
	show(story.State{}, before)
	say("starting the two Lambda functions; they load the config from S3")
	if err := s.StartFunctions(ctx); err != nil {
		return err
	}
	if before, err = tellPush(ctx, s, before); err != nil {
		return err
	}
	if err := tellObject(ctx, s, before); err != nil {
		return err
	}
	say("done: each event checked what it concerned, and nothing else")
	return nil
}

func tellPush(ctx context.Context, s *story.Story, before story.State) (story.State, error) {
	say("git push: a change of cart/price.go")
	pushed, err := s.Stack.Git.Push(ctx, story.Repo, "main", stack.Edit{
		Message: "Round prices to cents", Write: map[string]string{"cart/price.go": "package cart // rounded\n"},
	})
	if err != nil {
		return nil, err
	}
	say("delivering GitHub's signed push event of it to the webhook function, which answers")
	body := story.GitHubPush(pushed)
	answer, err := s.Deliver(ctx, "push", story.Sign(body), body)
	if err != nil {
		return nil, err
	}
	quote(fmt.Sprintf("%d %s", answer.StatusCode, answer.Raw))
	return showNext(ctx, s, before, "app/source", map[string]string{"ref": pushed.After})
}

func tellObject(ctx context.Context, s *story.Story, before story.State) error {
	const key = "shop/shop-1.1.0.tgz"
	say("putting the object " + key)
	if _, err := s.S3.PutObject(ctx, story.Bucket, key, []byte("new")); err != nil {
		return err
	}
	notification, err := s.Notified(ctx, key)
	if err != nil {
		return err
	}
	say("delivering the notification that the S3 server posted to the notification function, which answers")
	answer, err := s.Notify(ctx, notification)
	if err != nil {
		return err
	}
	quote(answer.Raw)
	_, err = showNext(ctx, s, before, "deploy/tarball", map[string]string{"path": key})
	return err
}

// showNext waits until the resource has the version and its jobs have built it, and shows what Concourse did since before.
func showNext(ctx context.Context, s *story.Story, before story.State, name string, version map[string]string) (story.State, error) {
	found := false
	after, err := s.Until(ctx, time.Minute, func(now story.State) error {
		r := now[name]
		if !maps.Equal(r.Version, version) {
			return fmt.Errorf("%s has the version %v, want %v", name, r.Version, version)
		}
		if !found {
			found = true
			say(name + " has the new version; waiting for its job")
		}
		if maps.Equal(r.Jobs, before[name].Jobs) {
			return fmt.Errorf("no job of %s has built it: %v", name, r.Jobs)
		}
		return story.Quiet(now)
	})
	if err != nil {
		return after, err
	}
	show(before, after)
	for _, other := range after.Names() {
		if checked := after[other].Check != before[other].Check; checked != (other == name) {
			return after, fmt.Errorf("%s was checked: %t", other, checked)
		}
	}
	return after, nil
}

// show prints what Concourse's API says about the resources.
func show(before, after story.State) {
	say("Concourse's API says")
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "         RESOURCE\tCHECKED\tLATEST VERSION\tLAST BUILD OF ITS JOB")
	for _, name := range after.Names() {
		r, was := after[name], before[name]
		checked, jobs := "-", []string{}
		if r.Check != was.Check {
			checked = "yes"
		}
		for _, job := range slices.Sorted(maps.Keys(r.Jobs)) {
			text := job + " " + r.Jobs[job]
			if r.Jobs[job] != was.Jobs[job] {
				text += " (new)"
			}
			jobs = append(jobs, text)
		}
		fmt.Fprintf(w, "         %s\t%s\t%s\t%s\n", name, checked, versionText(r.Version), strings.Join(jobs, ", "))
	}
	_ = w.Flush()
}

func versionText(version map[string]string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(version)) {
		v := version[k]
		if len(v) == 40 { // a commit
			v = v[:10]
		}
		parts = append(parts, k+" "+v)
	}
	return strings.Join(parts, ", ")
}

func quote(text string) {
	for line := range strings.Lines(text) {
		fmt.Print("         ", strings.TrimRight(line, "\n"), "\n")
	}
}
