package commands

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
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

// child starts a server that inherits the listening socket, as systemd starts one.
func child(t *testing.T, socket *os.File, args ...string) (*exec.Cmd, *log) {
	t.Helper()
	test, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args = append([]string{"-c", `LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$@"`, test, "-test.run=^TestChild$", "--"}, args...)
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
	socket, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = socket.Close() }()
	inherited, err := socket.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = inherited.Close() }()
	p := &program{url: "http://" + socket.Addr().String()}
	args := []string{"--config", file(t, form2016(url)), "--listen", "nowhere:x"}
	answered := make(chan string, 1)
	for range 3 {
		go func() { // while no server runs
			status, answer := p.post(t, "/github", signed("planted-hook", push), push)
			answered <- fmt.Sprint(status, " ", answer)
		}()
		server, l := child(t, inherited, args...)
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
	server, l := child(t, plain, "--config", file(t, form2016("http://127.0.0.1:1")))
	if err := server.Wait(); err == nil || !strings.Contains(l.String(), "a socket of LISTEN_FDS") {
		t.Errorf("the server ended: %v\n%s", err, l)
	}
}
