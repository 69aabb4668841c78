package stack

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
)

// freePorts finds ports of 127.0.0.1 that nothing listens on at the moment.
func freePorts(n int) ([]int, error) {
	ports := make([]int, 0, n)
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("looking for a free port: %w", err)
		}
		defer func() { _ = listener.Close() }() // all stay taken until all are found
		address, err := netip.ParseAddrPort(listener.Addr().String())
		if err != nil {
			return nil, fmt.Errorf("looking for a free port: %w", err)
		}
		ports = append(ports, int(address.Port()))
	}
	return ports, nil
}

// forwarder passes connections from a port of 127.0.0.1 on to another address.
type forwarder struct {
	listener net.Listener
	target   string

	mu    sync.Mutex
	conns map[net.Conn]bool
}

// forward listens on a free port of 127.0.0.1; connections fail until something listens at target.
func forward(target string) (*forwarder, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for %s: %w", target, err)
	}
	f := &forwarder{listener: listener, target: target, conns: map[net.Conn]bool{}}
	go f.serve()
	return f, nil
}

// address is HOST:PORT of the listener.
func (f *forwarder) address() string { return f.listener.Addr().String() }

func (f *forwarder) serve() {
	for {
		conn, err := f.listener.Accept()
		if err != nil {
			return // closed
		}
		go f.pass(conn)
	}
}

func (f *forwarder) pass(from net.Conn) {
	defer f.drop(from)
	to, err := net.Dial("tcp", f.target)
	if err != nil {
		return
	}
	defer f.drop(to)
	if !f.keep(from) || !f.keep(to) {
		return
	}
	finished := make(chan struct{}, 2)
	go halfway(to, from, finished)
	go halfway(from, to, finished)
	<-finished
	<-finished
}

// halfway copies one direction, and passes its end on.
func halfway(to, from net.Conn, finished chan<- struct{}) {
	_, _ = io.Copy(to, from)
	if tcp, ok := to.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
	finished <- struct{}{}
}

// keep remembers a connection for close; false when the forwarder is closed already.
func (f *forwarder) keep(conn net.Conn) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.conns == nil {
		return false
	}
	f.conns[conn] = true
	return true
}

func (f *forwarder) drop(conn net.Conn) {
	_ = conn.Close()
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.conns, conn)
}

// close ends the listener and its connections. It may be called twice, and on nil.
func (f *forwarder) close() {
	if f == nil {
		return
	}
	_ = f.listener.Close()
	f.mu.Lock()
	defer f.mu.Unlock()
	for conn := range f.conns {
		_ = conn.Close()
	}
	f.conns = nil
}
