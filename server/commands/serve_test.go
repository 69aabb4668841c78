package commands

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"
)

// When the server is told to stop, it is not ready any more, but still takes deliveries until the drain delay is over. Then its
// port closes.
func TestDrain(t *testing.T) {
	t.Parallel()
	_, _, url, _ := fakeATC(t)
	p := start(t, "--config", file(t, form2016(url)), "--drain-delay", "3s")
	p.stop()
	p.log.wait(t, "the drain delay", message("not ready any more; the port closes after the drain delay"))
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 503} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want || !resp.Close {
			t.Errorf("%s: answered %s, and the connection is kept: %v", path, resp.Status, !resp.Close)
		}
	}
	if status, answer := p.post(t, "/github", signed("planted-hook", push), push); status != 200 {
		t.Errorf("answered %d %s", status, answer)
	}
	if err := <-p.ended; err != nil {
		t.Errorf("the server ended: %v", err)
	}
	if conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(p.url, "http://")); err == nil {
		_ = conn.Close()
		t.Error("the port is open")
	}
}

// The port takes only so many connections. Not parallel: it needs 2,050 descriptors.
func TestConnectionLimit(t *testing.T) {
	p := start(t, "--config", file(t, form2016("http://127.0.0.1:1")))
	for range 1025 {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(p.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
	}
	p.log.wait(t, "the limit", func(l line) bool { return l["limit"] == 1024.0 })
}

// listening is a socket on loopback, and its file for a server to inherit, as from systemd.
func listening(t *testing.T) (net.Listener, *os.File) {
	t.Helper()
	socket, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	inherited, err := socket.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = inherited.Close() })
	return socket, inherited
}

// Idle connections do not block the port, even where they are more than the files that the process may have open.
func TestIdleConnectionsDoNotBlock(t *testing.T) {
	t.Parallel()
	_, _, url, _ := fakeATC(t)
	socket, inherited := listening(t)
	server, l := child(t, inherited, "ulimit -n 200;", "--config", file(t, form2016(url)))
	defer func() {
		_ = server.Process.Signal(syscall.SIGTERM)
		_ = server.Wait()
	}()
	for i := range 320 {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", socket.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		if i%2 == 0 { // else it is silent
			_, _ = io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
		}
	}
	sender := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}} // as GitHub's
	for status := http.StatusServiceUnavailable; status != http.StatusOK; {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+socket.Addr().String()+"/github", strings.NewReader(push))
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range signed("planted-hook", push) {
			req.Header.Set(name, value)
		}
		// A connection that was just opened is spared for a second. Until then this one is refused, or closed, at once.
		resp, err := sender.Do(req)
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			t.Fatalf("%v\n%s", err, l)
		}
		if err != nil {
			continue
		}
		_ = resp.Body.Close()
		if status = resp.StatusCode; status != http.StatusOK && status != http.StatusServiceUnavailable {
			t.Fatalf("answered %s\n%s", resp.Status, l)
		}
	}
}

// A line of the log is short, whatever a delivery holds.
func TestLongLogLine(t *testing.T) {
	t.Parallel()
	p := start(t, "--config", file(t, form2016("http://127.0.0.1:1")), "--allow-unsigned")
	events := strings.TrimSuffix(strings.Repeat(`{"bucket":"releases","key":"app-1.2.0.tgz"},`, 5000), ",")
	if status, answer := p.post(t, "/generic", nil, `{"events":[`+events+`]}`); status != http.StatusOK {
		t.Errorf("answered %d %s", status, answer)
	}
	p.log.wait(t, "the delivery", func(l line) bool { return l["msg"] == "delivery" && l["cut"] != nil && l["provider"] == "generic" })
	for line := range strings.Lines(p.log.String()) {
		if len(line) > 8<<10 || !json.Valid([]byte(line)) {
			t.Errorf("a line of %d bytes: %.200s", len(line), line)
		}
	}
}

// runChild makes TestChild a server, with the arguments after "--".
const runChild = "TEST_RUNS_SERVER"

// TestChild is no test, but the child process of TestSocketActivation.
func TestChild(t *testing.T) {
	if os.Getenv(runChild) == "" {
		t.Skip("only TestSocketActivation runs it")
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := Run(ctx, flag.Args(), os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		t.Fail()
	}
}

// child starts a server that inherits the listening socket, as systemd starts one, after a command of the shell.
func child(t *testing.T, socket *os.File, before string, args ...string) (*exec.Cmd, *log) {
	t.Helper()
	test, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args = append([]string{"-c", before + ` LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$@"`, test, "-test.run=^TestChild$", "--"}, args...)
	c, l := exec.CommandContext(t.Context(), "/bin/sh", args...), new(log)
	c.Env = append(os.Environ(), runChild+"=1")
	c.ExtraFiles, c.Stderr = []*os.File{socket}, l
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c, l
}

// While the server restarts, the socket that systemd holds takes connections, and the next server answers them.
func TestSocketActivation(t *testing.T) {
	t.Parallel()
	_, _, url, checked := fakeATC(t)
	socket, inherited := listening(t)
	p := &program{url: "http://" + socket.Addr().String()}
	args := []string{"--config", file(t, form2016(url)), "--listen", "nowhere:x"}
	answered := make(chan string, 1)
	for range 3 {
		go func() { // while no server runs
			status, answer := p.post(t, "/github", signed("planted-hook", push), push)
			answered <- fmt.Sprint(status, " ", answer)
		}()
		server, l := child(t, inherited, "", args...)
		if got := <-answered; !strings.HasPrefix(got, "200 ") {
			t.Errorf("answered %s\n%s", got, l)
		}
		<-checked
		if err := server.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := server.Wait(); err != nil {
			t.Errorf("the server ended: %v\n%s", err, l)
		}
		if serving := `"msg":"serving","address":"` + socket.Addr().String(); !strings.Contains(l.String(), serving) {
			t.Errorf("the server did not serve the socket:\n%s", l)
		}
	}
}

// A socket that can't be listened on is named.
func TestSocketThatDoesNotListen(t *testing.T) {
	t.Parallel()
	plain, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = plain.Close() }()
	server, l := child(t, plain, "", "--config", file(t, form2016("http://127.0.0.1:1")))
	if err := server.Wait(); err == nil || !strings.Contains(l.String(), "a socket of LISTEN_FDS") {
		t.Errorf("the server ended: %v\n%s", err, l)
	}
}
