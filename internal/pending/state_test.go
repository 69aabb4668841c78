package pending_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
	"github.com/dpb587/concourse-resource-endpoints/internal/pending"
)

func open(t *testing.T, path string) *pending.State {
	t.Helper()
	s, err := pending.Open(path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func names(t *testing.T, list []pending.Entry, err error) []string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range list {
		out = append(out, e.Name)
	}
	return out
}

// eventually polls until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		<-time.After(time.Millisecond)
	}
}

// What was answered is in the file, and the next server goes on with it; what was taken is not.
func TestRestart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state")
	a := &atc{answer: only("main/p/b", status(502))}
	state := open(t, path)
	q, stop := run(t, a, pending.Options{State: state, AnswerWithin: time.Second})
	wantReport(t, q.Ask(t.Context(), []notify.Target{of(target("main/p/a"), "d-1", "github"), of(target("main/p/b"), "d-1", "github")}), "taken [main/p/a] pending [main/p/b] failed []")
	kept, err := state.Pending()
	if got := names(t, kept, err); !slices.Contains(got, "main/p/b") {
		t.Fatalf("the file holds %v right after the answer", got)
	}
	e := kept[slices.IndexFunc(kept, func(e pending.Entry) bool { return e.Name == "main/p/b" })]
	if e.Rule != "git.branch" || e.Reason != "push to main" || !slices.Equal(e.Deliveries, []string{"d-1"}) || !slices.Equal(e.Providers, []string{"github"}) || e.Oldest.IsZero() {
		t.Errorf("it holds %+v", e)
	}
	eventually(t, "what was taken is taken off", func() bool {
		kept, err := state.Pending()
		return slices.Equal(names(t, kept, err), []string{"main/p/b"})
	})
	stop()
	if err := state.Close(); err != nil {
		t.Fatal(err)
	}
	a.set(nil)
	state = open(t, path)
	q, stop = run(t, a, pending.Options{State: state})
	defer stop()
	eventually(t, "what was pending is taken", func() bool { return len(q.Status().Pending) == 0 })
	eventually(t, "and taken off", func() bool {
		kept, err := state.Pending()
		return len(names(t, kept, err)) == 0
	})
}

// Under load nothing stays behind in the file, though posts end before their entries are written.
func TestNothingStaysBehind(t *testing.T) {
	t.Parallel()
	state := open(t, filepath.Join(t.TempDir(), "state"))
	q, stop := run(t, new(atc), pending.Options{State: state, AnswerWithin: 5 * time.Second})
	defer stop()
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			name := fmt.Sprintf("main/p/r%d", i%20)
			if r := q.Ask(t.Context(), targets(name)); len(r.Failure) > 0 {
				t.Errorf("%s: %s", name, show(r))
			}
		})
	}
	wg.Wait()
	eventually(t, "nothing is pending in memory or in the file", func() bool {
		kept, err := state.Pending()
		return len(names(t, kept, err)) == 0 && len(q.Status().Pending) == 0
	})
}

// What is too old is dead, with the reason, and can be asked for again.
func TestDead(t *testing.T) {
	t.Parallel()
	state := open(t, filepath.Join(t.TempDir(), "state"))
	a := &atc{answer: func(string) error { return fmt.Errorf("asking: %w", ofConcourse(403)) }}
	q, stop := run(t, a, pending.Options{State: state, MaxAge: time.Nanosecond})
	defer stop()
	q.Ask(t.Context(), targets("main/p/a"))
	eventually(t, "it is dead", func() bool {
		dead, err := state.Dead()
		return slices.Equal(names(t, dead, err), []string{"main/p/a"})
	})
	dead, err := state.Dead()
	if err != nil || dead[0].Error == "" || dead[0].Died.IsZero() {
		t.Errorf("%+v, %v", dead, err)
	}
	kept, err := state.Pending()
	if left := names(t, kept, err); len(left) > 0 || len(q.Status().Pending) > 0 {
		t.Errorf("pending: %v, %v", left, q.Status().Pending)
	}
	if err := state.Drop([]string{"main/p/a"}); err != nil {
		t.Fatal(err)
	}
	if dead, err := state.Dead(); len(names(t, dead, err)) > 0 {
		t.Error("it is still dead")
	}
}

// A pause outlives the process.
func TestPauseIsKept(t *testing.T) {
	t.Parallel()
	state := open(t, filepath.Join(t.TempDir(), "state"))
	if err := state.SetPaused(pending.Pause{Teams: []string{"main"}}); err != nil {
		t.Fatal(err)
	}
	a := new(atc)
	q, stop := run(t, a, pending.Options{State: state, AnswerWithin: time.Second})
	defer stop()
	wantReport(t, q.Ask(t.Context(), targets("dev/p/a")), "taken [dev/p/a] pending [] failed []")
	q.Ask(t.Context(), targets("main/p/a"))
	if a.count() != 1 {
		t.Errorf("posted %v", a.posts)
	}
}

func TestStateInUse(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state")
	open(t, path)
	_, err := pending.Open(path, slog.New(slog.DiscardHandler))
	if !errors.Is(err, pending.ErrInUse) || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v", err)
	}
	if _, _, err := pending.Read(path); !errors.Is(err, pending.ErrInUse) || !strings.Contains(err.Error(), path) {
		t.Errorf("reading: error %v", err)
	}
}

// Read changes nothing: it neither makes a file nor repairs one, and leaves the entries where they are.
func TestReadState(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state")
	if _, _, err := pending.Read(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("reading no file: error %v", err)
	}
	s, err := pending.Open(path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(s.Put([]pending.Entry{{Name: "main/app/a", Team: "main", Generation: 1}}), s.Bury(pending.Entry{Name: "main/app/b"}), s.Close())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		waiting, dead, err := pending.Read(path)
		if err != nil || len(waiting) != 1 || waiting[0].Name != "main/app/a" || len(dead) != 1 || dead[0].Name != "main/app/b" {
			t.Errorf("got %v and %v, error %v", waiting, dead, err)
		}
	}
	if err := os.WriteFile(path, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := pending.Read(path); err == nil {
		t.Error("a damaged file was read")
	}
	if files, err := os.ReadDir(filepath.Dir(path)); err != nil || len(files) != 1 {
		t.Errorf("the damaged file did not stay alone where it was: %v, error %v", files, err)
	}
}

// A damaged file is moved aside, and the log names it; one that can't be read for another reason is left alone.
func TestDamagedState(t *testing.T) {
	t.Parallel()
	for name, spoilt := range map[string]func([]byte) []byte{
		"another file": func([]byte) []byte { return []byte("<html>") },
		"cut off":      func(data []byte) []byte { return data[:len(data)/3] },
		"zeroed":       func(data []byte) []byte { return make([]byte, len(data)) },
		"pages overwritten": func(data []byte) []byte {
			for i := 2 * os.Getpagesize(); i < len(data); i++ {
				data[i] = 0xff
			}
			return data
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "state")
			s := open(t, path)
			var entries []pending.Entry
			for i := range 500 {
				entries = append(entries, pending.Entry{Name: fmt.Sprintf("main/p/r%d", i), Generation: 1})
			}
			if err := errors.Join(s.Put(entries), s.Close()); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(path)
			if err == nil {
				err = os.WriteFile(path, spoilt(data), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			s, err = pending.Open(path, slog.New(slog.NewTextHandler(&log, nil)))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			aside, _ := filepath.Glob(path + ".damaged-*")
			if len(aside) != 1 || !strings.Contains(log.String(), aside[0]) {
				t.Errorf("moved to %v, log %s", aside, &log)
			}
			if kept, err := s.Pending(); len(names(t, kept, err)) > 0 {
				t.Errorf("%d entries in the new file", len(kept))
			}
		})
	}
	if _, err := pending.Open(filepath.Join(t.TempDir(), "missing", "state"), slog.New(slog.DiscardHandler)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("in a folder that is missing: %v", err)
	}
}

// Where the state can't be written, what is not taken was not kept, and the answer says so.
func TestStateThatFails(t *testing.T) {
	t.Parallel()
	state := open(t, filepath.Join(t.TempDir(), "state"))
	q, stop := run(t, &atc{answer: only("main/p/b", status(502))}, pending.Options{State: state, AnswerWithin: time.Second})
	defer stop()
	if err := state.Close(); err != nil {
		t.Fatal(err)
	}
	r := q.Ask(context.WithoutCancel(t.Context()), targets("main/p/a", "main/p/b"))
	wantReport(t, r, "taken [main/p/a] pending [] failed [main/p/b]")
	if !strings.Contains(r.Failure[0].Error, "it could not be kept: writing the state file") {
		t.Errorf("error %s", r.Failure[0].Error)
	}
}
