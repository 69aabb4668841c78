package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Options say what Start starts. The zero value is Concourse web with its database.
type Options struct {
	// Dir is the folder for logs and state; it must exist. Empty: a temporary one that Close removes.
	// (PostgreSQL's files are elsewhere, where its user may go; a worker's are in memory.)
	Dir string
	// Worker also starts a worker; see CanRunWorker.
	Worker bool
	// GlobalResources turns on --enable-global-resources.
	GlobalResources bool
	// CheckInterval is how often Concourse checks by itself, with a webhook token or without. Zero: its
	// default, a minute. With 24h only what is asked for is checked (after a first check of what is new).
	CheckInterval time.Duration
	// LocalUsers are further users, name to password.
	LocalUsers map[string]string
	// Clients are OAuth clients for the client credentials grant, id to secret.
	Clients map[string]string
	// ResourceTypes are further base resource types, name to a folder with rootfs.tgz and
	// resource_metadata.json.
	ResourceTypes map[string]string
	// GitInsteadOf starts the stack's git server (Stack.Git) before the worker, and makes the resource type
	// git fetch from there whatever has a URL that begins with one of these, such as "https://github.com/".
	GitInsteadOf []string
	// WebFlags are further arguments of `concourse web`.
	WebFlags []string
	// Progress is told each step, in one line. It may be nil.
	Progress func(string)
}

// Stack is a running Concourse.
type Stack struct {
	URL          string     // of Concourse, as this machine reaches it
	ContainerURL string     // of Concourse, as a container reaches it; as URL without a worker
	HostAddress  string     // the IP address of this machine that containers reach; 127.0.0.1 without a worker
	FlyHome      string     // the folder with .flyrc, whose target is Target
	Git          *GitServer // set with Options.GitInsteadOf

	options Options
	dir     string
	keys    keys
	started time.Time

	postgres  *postgres
	namespace *namespace
	forwarder *forwarder
	web       *process
	webAt     webAddress
	worker    *process

	closing sync.Once
	closed  chan struct{} // closed when Close has begun
}

// Start starts a stack, and returns when fly is logged in and the worker, where one is asked for, runs.
// When it fails it leaves nothing behind but the logs in Options.Dir. The stack ends with ctx.
func Start(ctx context.Context, options Options) (*Stack, error) {
	s := &Stack{options: options, dir: options.Dir, started: time.Now(), closed: make(chan struct{}), HostAddress: "127.0.0.1"}
	if s.dir == "" {
		dir, err := os.MkdirTemp("", "cre-stack-")
		if err != nil {
			return nil, fmt.Errorf("making a folder for the stack: %w", err)
		}
		s.dir = dir
	}
	if err := s.start(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("starting the stack: %w", err)
	}
	go func() {
		select {
		case <-ctx.Done():
			s.Close()
		case <-s.closed:
		}
	}()
	return s, nil
}

func (s *Stack) start(ctx context.Context) (err error) {
	s.progress("PostgreSQL: a throw-away cluster")
	made := make(chan error, 1)
	go func() {
		var err error
		s.keys, err = generateKeys(ctx, filepath.Join(s.dir, "keys"))
		made <- err
	}()
	s.postgres, err = startPostgres(ctx, s.LogFile("postgres"))
	if err := errors.Join(err, <-made); err != nil {
		return err
	}
	s.progress("Concourse web")
	at, err := s.network(ctx)
	if err != nil {
		return err
	}
	if err := s.startWeb(ctx, at); err != nil {
		return err
	}
	if err := s.login(ctx); err != nil {
		return err
	}
	if len(s.options.GitInsteadOf) > 0 {
		if s.Git, err = StartGitServer(ctx, filepath.Join(s.dir, "git"), s.HostAddress); err != nil {
			return err
		}
	}
	if s.options.Worker {
		s.progress("Concourse worker")
		if err := s.startWorker(ctx); err != nil {
			return err
		}
	}
	s.progress("Concourse " + s.URL + " is up")
	return nil
}

// The ports of Concourse web in a network namespace of its own.
const (
	innerWebPort = 8080
	innerTSAPort = 2222
)

// network decides where web listens: on this machine's loopback, or beside a worker in its namespace, with a
// port of the loopback that leads there.
func (s *Stack) network(ctx context.Context) (webAddress, error) {
	if !s.options.Worker {
		ports, err := freePorts(4)
		if err != nil {
			return webAddress{}, err
		}
		s.URL = "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(ports[0]))
		s.ContainerURL = s.URL
		return webAddress{
			ip: "127.0.0.1", port: ports[0], tsaPort: ports[1], debugPort: ports[2], tsaDebugPort: ports[3], externalURL: s.URL,
		}, nil
	}
	if err := CanRunWorker(); err != nil {
		return webAddress{}, err
	}
	var err error
	if s.namespace, err = newNamespace(ctx, s.LogFile("namespace")); err != nil {
		return webAddress{}, err
	}
	inner := net.JoinHostPort(s.namespace.inner.String(), strconv.Itoa(innerWebPort))
	if s.forwarder, err = forward(inner); err != nil {
		return webAddress{}, err
	}
	s.URL, s.ContainerURL = "http://"+s.forwarder.address(), "http://"+inner
	s.HostAddress = s.namespace.outer.String()
	return webAddress{
		ip: s.namespace.inner.String(), port: innerWebPort, tsaPort: innerTSAPort, debugPort: 8079, tsaDebugPort: 2221,
		externalURL: s.URL, enter: s.namespace.enterNetwork,
	}, nil
}

// LogFile is the path of a server's log: of "postgres", "web", "worker" or "namespace".
func (s *Stack) LogFile(server string) string { return filepath.Join(s.dir, server+".log") }

func (s *Stack) progress(line string) {
	if s.options.Progress != nil {
		s.options.Progress(fmt.Sprintf("[%4.1fs] %s", time.Since(s.started).Seconds(), line))
	}
}

// Close ends everything and removes what was made, but for the logs where Options.Dir was given. It may be
// called more than once; each call returns when all is over.
func (s *Stack) Close() {
	s.closing.Do(func() {
		close(s.closed)
		s.Git.Close()
		s.forwarder.close()
		s.web.stop(syscall.SIGKILL, time.Second) // its database goes with it: there is nothing to finish
		s.namespace.close()
		if s.worker != nil {
			<-s.worker.done
		}
		s.postgres.stop()
		for _, dir := range []string{"resource-types", "keys", "fly", "git"} {
			_ = os.RemoveAll(filepath.Join(s.dir, dir))
		}
		if s.options.Dir == "" {
			_ = os.RemoveAll(s.dir)
		}
	})
}
