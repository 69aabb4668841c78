package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// LambdaOptions describe a function.
type LambdaOptions struct {
	// Name is the function's name. Its ARN and the name of its log file hold it.
	Name string
	// Binary is the function's `bootstrap`, built for this machine.
	Binary string
	// Env is the function's configured environment, NAME=VALUE each. As on AWS, it gets nothing else of this
	// program's environment.
	Env []string
	// Dir is the folder for its log; it must exist.
	Dir string
	// Timeout is the time that an invocation may take; zero: 30 s.
	Timeout time.Duration
}

// initTimeout is how long an execution environment may take from its start to asking for an invocation.
// See https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html.
const initTimeout = 10 * time.Second

// Lambda is a function in one execution environment after another, behind the Lambda Runtime API. Like an
// execution environment it serves one invocation at a time.
type Lambda struct {
	// LogFile is what the function wrote to its standard output and error, over all cold starts.
	LogFile string

	options LambdaOptions

	mu      sync.Mutex
	env     *environment            // nil or ended: the next invocation makes a cold start
	running atomic.Pointer[process] // env's process
	closed  bool
}

// FunctionError is what Lambda answers in place of a response when the function fails: with the header
// X-Amz-Function-Error and this payload.
type FunctionError struct {
	Type    string // such as "errorString", "Runtime.ExitError" or "Sandbox.Timedout"
	Message string
	Payload []byte // as the function sent it, else made of the above
}

func (e *FunctionError) Error() string { return e.Type + ": " + e.Message }

// InitError is the error of a cold start that failed: the function said so, ended, or took too long.
type InitError struct {
	FunctionError
	Log string // the end of the function's log
}

func (e *InitError) Error() string {
	return fmt.Sprintf("initialising the function: %s: %s; its log ends:\n%s", e.Type, e.Message, e.Log)
}

// StartLambda makes a cold start and returns when the function asks for its first invocation. When the function's
// initialisation fails the error is an *InitError. The function ends with ctx or Close.
func StartLambda(ctx context.Context, options LambdaOptions) (*Lambda, error) {
	if options.Timeout == 0 {
		options.Timeout = 30 * time.Second
	}
	l := &Lambda{options: options, LogFile: filepath.Join(options.Dir, "lambda-"+options.Name+".log")}
	if err := l.Restart(ctx); err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, l.Close)
	return l, nil
}

// Restart ends the execution environment and makes a cold start, as a change of the function's
// configuration does.
func (l *Lambda) Restart(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.env.end()
	l.env = nil
	return l.coldStart(ctx)
}

// coldStart makes an execution environment. Call it with the lock held.
func (l *Lambda) coldStart(ctx context.Context) error {
	if l.closed {
		return fmt.Errorf("starting the function %s: %w", l.options.Name, os.ErrClosed)
	}
	env, err := newEnvironment(l.options, l.LogFile)
	if err != nil {
		return fmt.Errorf("starting the function %s: %w", l.options.Name, err)
	}
	if err := env.initialised(ctx); err != nil {
		env.end()
		return err
	}
	l.env = env
	l.running.Store(env.process)
	return nil
}

// Kill ends the function's process, also in the middle of an invocation, which then fails as if the function had exited.
func (l *Lambda) Kill() {
	if p := l.running.Load(); p != nil {
		stopFunction(p)
	}
}

// Invoke invokes the function with a payload in JSON, after a cold start if its environment has ended. It
// returns the response, or the function's failure, or another error, such as an *InitError.
func (l *Lambda) Invoke(ctx context.Context, payload []byte) ([]byte, *FunctionError, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		if l.env.hasEnded() {
			l.env.end()
			if err := l.coldStart(ctx); err != nil {
				return nil, nil, err
			}
		}
		response, failure, err := l.env.invoke(ctx, payload, l.options.Timeout)
		if errors.Is(err, errNotTaken) {
			continue // it ended between two invocations
		}
		if failure != nil && failure.Type == timedOut {
			l.env.end()
		}
		return response, failure, err
	}
}

// Log is what the function has logged so far.
func (l *Lambda) Log() string {
	content, err := os.ReadFile(l.LogFile)
	if err != nil {
		return ""
	}
	return string(content)
}

// Close ends the function. It may be called twice, and on nil.
func (l *Lambda) Close() {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.env.end()
}

// functionEnv is the environment of a function's process: the configured one, and what the runtime sets. See
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html.
func functionEnv(options LambdaOptions, runtimeAPI string) []string {
	env := []string{
		"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=en_US.UTF-8", "TZ=:UTC", "HOME=" + options.Dir,
		"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1",
		"AWS_LAMBDA_FUNCTION_NAME=" + options.Name, "AWS_LAMBDA_FUNCTION_VERSION=$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128",
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand", "AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/" + options.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME=e2e", "LAMBDA_TASK_ROOT=" + filepath.Dir(options.Binary), "_HANDLER=bootstrap",
	}
	env = append(env, options.Env...) // of two values of one name the last counts
	return append(env, "AWS_LAMBDA_RUNTIME_API="+runtimeAPI)
}

// startFunction starts the function's process.
func startFunction(options LambdaOptions, log, runtimeAPI string) (*process, error) {
	cmd := exec.Command(options.Binary)
	cmd.Dir, cmd.Env = filepath.Dir(options.Binary), functionEnv(options, runtimeAPI)
	return start("the function "+options.Name, log, cmd)
}

// stopFunction kills the process: Lambda gives a function without extensions no time to end either.
func stopFunction(p *process) { p.stop(syscall.SIGKILL, time.Second) }
