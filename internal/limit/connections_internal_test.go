package limit

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// server is an http.Server of at most two connections. A request to /wait is answered when it is let go.
type server struct {
	address string
	log     *bytes.Buffer
	states  chan http.ConnState
	free    chan struct{}
}

func start(t *testing.T, spared time.Duration) *server {
	t.Helper()
	s := &server{log: new(bytes.Buffer), states: make(chan http.ConnState, 100), free: make(chan struct{})}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = l.Addr().String()
	h := &http.Server{
		ReadHeaderTimeout: time.Minute,
		ConnState:         func(_ net.Conn, state http.ConnState) { s.states <- state },
		Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/wait" {
				<-s.free
			}
		}),
	}
	c := BoundConnections(h, slog.New(slog.NewJSONHandler(s.log, nil)))
	c.max, c.spared = 2, spared
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = h.Serve(c.Listen(l))
	}()
	t.Cleanup(func() {
		_ = h.Close()
		<-ended
	})
	return s
}

// until waits for a state of any connection.
func (s *server) until(t *testing.T, state http.ConnState) {
	t.Helper()
	limit := time.After(30 * time.Second)
	for {
		select {
		case got := <-s.states:
			if got == state {
				return
			}
		case <-limit:
			t.Fatalf("no connection is %s", state)
		}
	}
}

type client struct {
	net.Conn
	r *bufio.Reader
}

func (s *server) dial(t *testing.T) *client {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	return &client{conn, bufio.NewReader(conn)}
}

func (c *client) send(t *testing.T, path string) {
	t.Helper()
	if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
}

func (c *client) want(t *testing.T, status int) *http.Response {
	t.Helper()
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != status {
		t.Errorf("answered %s, want %d", resp.Status, status)
	}
	return resp
}

func (c *client) wantClosed(t *testing.T) {
	t.Helper()
	var timeout net.Error
	if _, err := c.r.ReadByte(); err == nil || errors.As(err, &timeout) && timeout.Timeout() {
		t.Errorf("the connection is not closed: %v", err)
	}
}

// A new connection takes the place of the one that has been idle longest.
func TestIdleConnections(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	first, second := s.dial(t), s.dial(t)
	for _, c := range []*client{first, second} {
		c.send(t, "/")
		c.want(t, 200)
		s.until(t, http.StateIdle)
	}
	third := s.dial(t)
	third.send(t, "/")
	third.want(t, 200)
	first.wantClosed(t)
	second.send(t, "/")
	second.want(t, 200)
}

// A connection without a request keeps nobody out.
func TestSilentConnections(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	silent := s.dial(t)
	s.until(t, http.StateNew)
	half := s.dial(t)
	s.until(t, http.StateNew)
	if _, err := io.WriteString(half, "GET / HTTP/1.1\r\nHo"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		c := s.dial(t)
		c.send(t, "/")
		c.want(t, 200)
		s.until(t, http.StateIdle)
	}
	silent.wantClosed(t)
	half.wantClosed(t)
}

// Where all are at work, a new connection is refused at once, until one of them ends.
func TestBusyConnections(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	first, second := s.dial(t), s.dial(t)
	for _, c := range []*client{first, second} {
		c.send(t, "/wait")
		s.until(t, http.StateActive)
	}
	third := s.dial(t)
	third.send(t, "/")
	if resp := third.want(t, 503); resp.Header.Get("Retry-After") == "" {
		t.Error("the answer has no Retry-After")
	}
	if !strings.Contains(s.log.String(), "too many connections") {
		t.Errorf("the log has %s", s.log)
	}
	close(s.free)
	first.want(t, 200)
	second.want(t, 200)
	s.until(t, http.StateIdle)
	fourth := s.dial(t)
	fourth.send(t, "/")
	fourth.want(t, 200)
}

// A connection that was just opened or answered is not closed: its request may be on its way.
func TestSparedConnections(t *testing.T) {
	t.Parallel()
	s := start(t, time.Hour)
	first, second := s.dial(t), s.dial(t)
	first.send(t, "/")
	first.want(t, 200)
	s.until(t, http.StateIdle)
	third := s.dial(t)
	third.send(t, "/")
	third.want(t, 503)
	for _, c := range []*client{first, second} {
		c.send(t, "/")
		c.want(t, 200)
	}
}
