package providers_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

// server is the running program.
type server struct {
	url string
	log *log

	cmd   *exec.Cmd
	ended chan error
	once  sync.Once
	err   error
}

// log is what a program writes to its standard error.
type log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// startServer runs the server on a free port, with an environment of its own.
func startServer(t *testing.T, env []string, args ...string) *server {
	t.Helper()
	s := &server{log: new(log), ended: make(chan error, 1)}
	s.cmd = exec.CommandContext(within(t, 3*time.Minute), program("server"), append(args, "--listen", "127.0.0.1:0")...)
	s.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}, env...)
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address := make(chan string, 1)
	go func() {
		s.read(stderr, address)
		close(address)
		s.ended <- s.cmd.Wait()
	}()
	t.Cleanup(func() { _ = s.stop() })
	found, ok := <-address
	if !ok {
		t.Fatalf("the server ended:\n%s", s.log)
	}
	s.url = "http://" + found
	return s
}

// read copies the log, and sends the address that the server listens on.
func (s *server) read(stderr io.Reader, address chan<- string) {
	lines := bufio.NewScanner(stderr)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		_, _ = s.log.Write(append(lines.Bytes(), '\n'))
		var line struct {
			Message string `json:"msg"`
			Address string `json:"address"`
		}
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Message == "serving" {
			address <- line.Address
		}
	}
}

// stop asks the server to end, and returns the error with which it ended. It may be called twice.
func (s *server) stop() error {
	s.once.Do(func() {
		_ = s.cmd.Process.Signal(syscall.SIGTERM)
		s.err = <-s.ended
	})
	return s.err
}
