package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Login of the stub ATC.
const (
	username = "bot"
	password = "planted-password"
)

// atc is a stub of Concourse's web node. It takes checks as a real one does, unless its fault says otherwise, and records when
// each post began and whether it was taken.
type atc struct {
	URL     string
	address string

	mu     sync.Mutex
	server *http.Server // nil while the port is closed
	outage bool         // from close to open
	fault  faults       // nil for none
	takes  time.Duration
	hangs  time.Duration // how long a request hangs before a proxy ends it; 0: until the client gives up
	tokens int           // tokens that were given; only the last one is valid
	posts  int           // that began
	taken  int
	latest map[string]time.Time // by resource: when the last post began that was taken
}

// startATC serves a stub on a free port of 127.0.0.1 until ctx ends. In a short run a proxy in front of it has little patience.
func startATC(ctx context.Context, t *trial) (*atc, error) {
	a := &atc{address: "127.0.0.1:0", latest: make(map[string]time.Time), hangs: t.lasts(0, time.Second)}
	if err := a.open(); err != nil {
		return nil, err
	}
	a.URL = "http://" + a.address
	context.AfterFunc(ctx, a.close)
	return a, nil
}

// open opens the port, on which connections are refused until then.
func (a *atc) open() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.outage = false
	return a.listen()
}

// listen opens the port. The lock is held.
func (a *atc) listen() error {
	if a.server != nil {
		return nil
	}
	listener, err := net.Listen("tcp", a.address)
	if err != nil {
		return fmt.Errorf("opening the ATC's port: %w", err)
	}
	a.address = listener.Addr().String()
	server := &http.Server{Handler: a, ReadHeaderTimeout: 10 * time.Second}
	a.server = server
	go func() { _ = server.Serve(listener) }()
	return nil
}

// close closes the port until open opens it, and all connections.
func (a *atc) close() {
	a.mu.Lock()
	a.outage = true
	a.mu.Unlock()
	a.shut()
}

func (a *atc) shut() {
	a.mu.Lock()
	server := a.server
	a.server = nil
	a.mu.Unlock()
	if server != nil {
		_ = server.Close()
	}
}

// set changes how the ATC fails from now on, and how long a post takes.
func (a *atc) set(fault faults, takes time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fault, a.takes = fault, takes
}

// counts are how many posts began, and how many were taken.
func (a *atc) counts() (posts, taken int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.posts, a.taken
}

// since reports whether a check of one of the resources was taken whose post began at that time or later.
func (a *atc) since(at time.Time, resources ...string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range resources {
		if latest, ok := a.latest[r]; ok && !latest.Before(at) {
			return true
		}
	}
	return false
}

func (a *atc) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	resource := resourceOf(r.URL.Path)
	a.mu.Lock()
	if resource != "" {
		a.posts++
	}
	fault, takes := fault(nil), a.takes
	if a.fault != nil {
		fault = a.fault(resource)
	}
	a.mu.Unlock()
	if fault != nil {
		fault(a, w, r)
		return
	}
	w.Header().Set("X-Concourse-Version", "7.14.2")
	switch {
	case r.URL.Path == "/sky/issuer/token":
		a.logIn(w, r, body)
	case resource == "" || r.Method != http.MethodPost:
		http.NotFound(w, r)
	case !a.authorized(r):
		http.Error(w, "not authorized", http.StatusUnauthorized)
	case !json.Valid(body):
		http.Error(w, "malformed request", http.StatusBadRequest)
	default:
		if wait(r, takes) {
			a.take(w, resource, began)
		}
	}
}

// wait passes time, and reports whether the client still waits then.
func wait(r *http.Request, takes time.Duration) bool {
	pass(r.Context(), takes)
	return r.Context().Err() == nil
}

// resourceOf is TEAM/PIPELINE/RESOURCE of a check's path; "" for another path.
func resourceOf(path string) string {
	rest, ok := strings.CutPrefix(path, "/api/v1/teams/")
	parts := strings.Split(strings.TrimSuffix(rest, "/webhook"), "/")
	if !ok || len(parts) != 6 || parts[1] != "pipelines" || parts[3] != "resources" || parts[5] != "check" {
		return ""
	}
	return parts[0] + "/" + parts[2] + "/" + parts[4]
}

// logIn is Concourse's password grant.
func (a *atc) logIn(w http.ResponseWriter, r *http.Request, body []byte) {
	form := string(body)
	if id, secret, _ := r.BasicAuth(); id != "fly" || secret != "Zmx5" || !strings.Contains(form, "username="+username) || !strings.Contains(form, "password="+password) {
		http.Error(w, `{"error":"access_denied"}`, http.StatusUnauthorized)
		return
	}
	a.mu.Lock()
	a.tokens++
	token := a.token()
	a.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"access_token":%q,"token_type":"bearer","expires_in":86400}`, token)
}

// token is the valid token. Call it with the lock held.
func (a *atc) token() string { return fmt.Sprintf("planted-token-%d", a.tokens) }

// authorized reports whether a request has the valid token, or is a webhook with its token.
func (a *atc) authorized(r *http.Request) bool {
	if r.URL.Query().Get("webhook_token") == password {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return r.Header.Get("Authorization") == "Bearer "+a.token()
}

// take answers with the build of a check.
func (a *atc) take(w http.ResponseWriter, resource string, began time.Time) {
	id := a.record(resource, began)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, `{"id":%d,"name":"check","status":"started","api_url":"/api/v1/builds/%d"}`, id, id)
}

// record notes a check that was taken, and returns the number of its build.
func (a *atc) record(resource string, began time.Time) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.taken++
	if began.After(a.latest[resource]) {
		a.latest[resource] = began
	}
	return a.taken
}
