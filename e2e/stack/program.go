package stack

import (
	"context"
	"fmt"
	"os/exec"
	"syscall"
	"time"
)

// Running is a program that was started with Run.
type Running struct{ process *process }

// Run starts cmd, with its output appended to the file log. The program ends with this one. name stands for it in errors.
func Run(name, log string, cmd *exec.Cmd) (*Running, error) {
	p, err := start(name, log, cmd)
	if err != nil {
		return nil, err
	}
	return &Running{p}, nil
}

// PID is the program's process id.
func (r *Running) PID() int { return r.process.pid }

// Answers waits until the program answers a GET of url with 200. The error holds the end of its log.
func (r *Running) Answers(ctx context.Context, url string) error {
	return r.process.await(ctx, 20*time.Second, func(ctx context.Context) error { return answers(ctx, url) })
}

// Wait waits until the program ends by itself, and returns its error. If ctx ends first, it kills the program.
func (r *Running) Wait(ctx context.Context) error {
	select {
	case <-r.process.done:
		if r.process.err != nil {
			return r.process.ended()
		}
		return nil
	case <-ctx.Done():
		r.Kill()
		return fmt.Errorf("waiting for %s: %w", r.process.name, context.Cause(ctx))
	}
}

// Kill ends the program at once (SIGKILL) and waits until it has ended. It may be called twice, and on nil.
func (r *Running) Kill() {
	if r != nil {
		r.process.stop(syscall.SIGKILL, time.Second)
	}
}

// Signal sends the program a signal.
func (r *Running) Signal(s syscall.Signal) { _ = syscall.Kill(r.process.pid, s) }
