package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"github.com/dpb587/concourse-resource-endpoints/e2e/stack"
)

// server is the real program, with its config and its state in the trial's folder. It can be killed and started again on the same
// port.
type server struct {
	*stack.Running

	url    string
	log    string
	config string
	cmd    func() *exec.Cmd
	peak   int // MiB of memory, of the processes that have ended
}

// startServer starts the server with a config of the ATC.
func startServer(ctx context.Context, t *trial, config []byte, atcURL string, args ...string) (*server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &server{url: "http://" + port, log: t.file("server.log"), config: t.file("config.json")}
	if err := replace(s.config, config); err != nil {
		return nil, err
	}
	s.cmd = func() *exec.Cmd {
		cmd := exec.Command(t.program("server"), append([]string{"--config", s.config, "--listen", port}, args...)...)
		cmd.Dir = t.dir
		cmd.Env = []string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + t.dir, "GITHUB_WEBHOOK_SECRET=" + hookSecret,
			"CONCOURSE_URL=" + atcURL, "CONCOURSE_USERNAME=" + username, "CONCOURSE_PASSWORD=" + password,
		}
		return cmd
	}
	context.AfterFunc(ctx, func() { s.Kill() })
	return s, s.start(ctx)
}

// start starts the process, and waits until it answers.
func (s *server) start(ctx context.Context) (err error) {
	if s.Running, err = stack.Run("the server", s.log, s.cmd()); err != nil {
		return err
	}
	return s.Answers(ctx, s.url+"/healthz")
}

// kept counts what the server holds for Concourse, as its command `pending` does: by the socket beside its state file.
func (s *server) kept(ctx context.Context) func() int {
	socket := strings.TrimSuffix(s.config, ".json") + ".state.sock"
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}}
	return func() int {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://server/pending", strings.NewReader("{}"))
		if err != nil {
			return 1
		}
		res, err := client.Do(req)
		if err != nil {
			return 1
		}
		defer func() { _ = res.Body.Close() }()
		answer := struct{ Pending []struct{} }{Pending: make([]struct{}, 1)} // where it can't be read
		if json.NewDecoder(res.Body).Decode(&answer) != nil {
			return 1
		}
		return len(answer.Pending)
	}
}

// restart kills the process at once, and starts another.
func (s *server) restart(ctx context.Context) error {
	s.memory()
	s.Kill()
	return s.start(ctx)
}

// memory is the most memory that the server had so far, in MiB.
func (s *server) memory() float64 {
	s.peak = max(s.peak, s.status("VmHWM")>>10)
	return float64(s.peak)
}

// resident is the memory that the server has now, in MiB.
func (s *server) resident() float64 { return float64(s.status("VmRSS") >> 10) }

// status is a number of the process's status (proc_pid_status(5)); 0 where the process has ended.
func (s *server) status(name string) int {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.PID()))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(raw)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == name+":" {
			n, _ := strconv.Atoi(fields[1])
			return n
		}
	}
	return 0
}

// descriptors are the files and connections that the server has open.
func (s *server) descriptors() int {
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.PID()))
	if err != nil {
		return 0
	}
	return len(open)
}

// goroutines ends the server, and counts the goroutines that it had: Go prints them on SIGQUIT.
func (s *server) goroutines(ctx context.Context) (int, error) {
	s.Signal(syscall.SIGQUIT)
	if err := s.Wait(ctx); err == nil {
		return 0, errors.New("counting goroutines: the server ended as if nothing were wrong")
	}
	log, err := os.ReadFile(s.log)
	if err != nil {
		return 0, fmt.Errorf("counting goroutines: %w", err)
	}
	return len(goroutine.FindAllIndex(log, -1)), nil
}

var goroutine = regexp.MustCompile(`(?m)^goroutine \d+ .*:$`)

// freePort is an address that nothing listens on at the moment.
func freePort() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("looking for a free port: %w", err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String(), nil
}
