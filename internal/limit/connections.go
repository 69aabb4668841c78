package limit

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// maxConnections is the most that are open at once. Each costs about 20 KiB. Where the process may have few files open, it is half
	// of them: else idle connections could take them all, and the port would not even refuse the next one.
	maxConnections = 1024
	// maxRefusing is how many are answered at once that they are one too many, a quarter of the open files at most; those above are
	// closed.
	maxRefusing = 512
	// spared is how long a connection without a request is safe: its request may be on its way.
	spared = time.Second
)

// Connections bounds the open connections of an http.Server. At the limit a new one takes the place of the one that has waited
// longest for a request; where none waits, the new one is refused.
type Connections struct {
	max    int
	spared time.Duration
	logger *slog.Logger

	mu     sync.Mutex
	open   map[net.Conn]time.Time // since when it waits for a request; zero while it has one
	logged time.Time

	refusing chan struct{} // a token for each that is being refused
}

// BoundConnections bounds those that a server takes from the Listen of what it returns.
func BoundConnections(server *http.Server, logger *slog.Logger) *Connections {
	files := openFiles()
	c := &Connections{
		max: max(1, min(maxConnections, files/2)), spared: spared, logger: logger,
		open: make(map[net.Conn]time.Time), refusing: make(chan struct{}, min(maxRefusing, files/4)),
	}
	hook := server.ConnState
	server.ConnState = func(conn net.Conn, state http.ConnState) {
		c.follow(conn, state)
		if hook != nil {
			hook(conn, state)
		}
	}
	return c
}

// Listen makes the listener's connections count.
func (c *Connections) Listen(l net.Listener) net.Listener { return &listener{l, c} }

type listener struct {
	net.Listener
	connections *Connections
}

// Accept waits for a connection that is within the limit.
func (l *listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil || l.connections.admit(conn) {
			return conn, err
		}
		go l.connections.refuse(conn)
	}
}

// follow notes what becomes of a connection.
func (c *Connections) follow(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, counted := c.open[conn]
	switch {
	case state == http.StateClosed || state == http.StateHijacked:
		delete(c.open, conn)
	case counted && state == http.StateActive:
		c.open[conn] = time.Time{}
	case counted && state == http.StateIdle:
		c.open[conn] = time.Now()
	}
}

// admit counts a new connection. At the limit it closes the one that has waited longest, or reports that there is none.
func (c *Connections) admit(conn net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.open) >= c.max {
		c.warn()
		oldest := c.longestWaiting()
		if oldest == nil || time.Since(c.open[oldest]) < c.spared {
			return false
		}
		delete(c.open, oldest)
		_ = oldest.Close()
	}
	c.open[conn] = time.Now()
	return true
}

func (c *Connections) longestWaiting() (oldest net.Conn) {
	for conn, since := range c.open {
		if !since.IsZero() && (oldest == nil || since.Before(c.open[oldest])) {
			oldest = conn
		}
	}
	return oldest
}

// warn says so once in a while; c.mu is held.
func (c *Connections) warn() {
	if now := time.Now(); now.Sub(c.logged) > 10*time.Second {
		c.logged = now
		c.logger.Warn("too many connections: idle ones are closed, and new ones refused", "limit", c.max)
	}
}

// refuse answers the request that comes, without reading it. Where many are refused it only closes the connection.
func (c *Connections) refuse(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	select {
	case c.refusing <- struct{}{}:
		defer func() { <-c.refusing }()
	default:
		return
	}
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		return
	}
	_, _ = io.WriteString(conn, "HTTP/1.1 503 Service Unavailable\r\nRetry-After: "+RetryAfter+"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
		_, _ = io.CopyN(io.Discard, conn, 256<<10) // else the connection's reset might overtake the answer
	}
}
