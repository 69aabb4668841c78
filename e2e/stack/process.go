package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a running server, in a process group of its own, with its output in a file.
type process struct {
	name string
	log  string
	pid  int

	done chan struct{} // closed when the process has ended
	err  error         // how it ended; to be read after done
	once sync.Once
}

// start runs cmd with its output appended to the file log. cmd.SysProcAttr, when set, must come from
// ownGroup. The kernel kills the process when this program dies.
func start(name, log string, cmd *exec.Cmd) (*process, error) {
	file, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("opening the log of %s: %w", name, err)
	}
	defer func() { _ = file.Close() }()
	cmd.Stdout, cmd.Stderr = file, file
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = ownGroup()
	}
	p := &process{name: name, log: log, done: make(chan struct{})}
	started := make(chan error, 1)
	go p.run(cmd, started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	return p, nil
}

// run starts cmd and waits for it on one and the same thread: the kernel's parent-death signal follows
// the thread that forked (prctl(2), PR_SET_PDEATHSIG), so that thread must outlive the process.
func (p *process) run(cmd *exec.Cmd, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		started <- err
		return
	}
	p.pid = cmd.Process.Pid
	started <- nil
	p.err = cmd.Wait()
	close(p.done)
}

// await polls ready until it returns nil. It fails when the process ends before, when the time is up or
// when ctx ends; the error then holds ready's last answer and the end of the log.
func (p *process) await(ctx context.Context, within time.Duration, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		last := ready(ctx)
		if last == nil {
			return nil
		}
		select {
		case <-p.done:
			return p.ended()
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w; the last answer was: %w; its log %s ends:\n%s",
				p.name, context.Cause(ctx), last, p.log, tail(p.log, 15))
		case <-tick.C:
		}
	}
}

// ended says how the process ended, with the end of its log. To be called after done.
func (p *process) ended() error {
	how := p.err
	if how == nil {
		how = errors.New("exit status 0")
	}
	return fmt.Errorf("%s ended: %w; its log %s ends:\n%s", p.name, how, p.log, tail(p.log, 15))
}

// stop signals the process group, and kills it when it is still there after the grace time.
// It may be called twice, and on nil.
func (p *process) stop(signal syscall.Signal, grace time.Duration) {
	if p == nil {
		return
	}
	p.once.Do(func() {
		select {
		case <-p.done:
			return // the pid is no longer ours
		default:
		}
		_ = syscall.Kill(-p.pid, signal)
		select {
		case <-p.done:
		case <-time.After(grace):
			_ = syscall.Kill(-p.pid, syscall.SIGKILL)
			<-p.done
		}
	})
}

// environ is this program's environment for a server: without proxies, which would stand between servers
// that are all on this machine, and with the given NAME=VALUE instead of its own.
func environ(set ...string) []string {
	drop := map[string]bool{"HTTP_PROXY": true, "HTTPS_PROXY": true, "ALL_PROXY": true}
	for _, kv := range set {
		name, _, _ := strings.Cut(kv, "=")
		drop[name] = true
	}
	var env []string
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if !drop[name] && !drop[strings.ToUpper(name)] {
			env = append(env, kv)
		}
	}
	return append(env, set...)
}

// output runs a short command and returns its standard output. The error's text is its standard error, and
// where that is empty its standard output (fly writes the log of a check there).
func output(cmd *exec.Cmd) (string, error) {
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		said := strings.TrimSpace(stderr.String())
		if said == "" {
			said = strings.TrimSpace(stdout.String())
		}
		return stdout.String(), fmt.Errorf("running %s: %w: %s", filepath.Base(cmd.Path), err, said)
	}
	return stdout.String(), nil
}
