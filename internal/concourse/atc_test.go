package concourse_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
	"github.com/dpb587/concourse-resource-endpoints/internal/config"
)

// What must never be seen outside of a request.
const (
	plantedPassword = "planted-p&ss word"
	plantedClient   = "planted-client/secret"
	plantedToken    = "planted-bearer"
	plantedWebhook  = "planted-webhook+token"
	plantedHeader   = "planted-header"
)

// planted are the strings that no error may hold: the secrets, as they are and escaped, share this.
const planted = "planted"

// atc answers as the ATC does (measured on 7.14.2): statuses, content types and all.
type atc struct {
	*httptest.Server

	mu       sync.Mutex
	logIns   []string          // the forms of the log ins, with the Basic user and password before them
	checks   []*http.Request   // the posts, their bodies in bodies
	bodies   []string          // of checks
	live     map[string]bool   // bearers that are taken
	webhooks map[string]string // tokens by path, without the /check/webhook
	answer   http.HandlerFunc  // answers every check, where not nil
	expires  int               // expires_in of new tokens
}

func newATC(t *testing.T) *atc {
	t.Helper()
	a := &atc{live: map[string]bool{plantedToken: true}, webhooks: map[string]string{}, expires: 86399}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /sky/issuer/token", a.serveToken)
	mux.HandleFunc("POST /api/v1/teams/{team}/pipelines/{pipeline}/resources/{resource}/check", a.serveCheck)
	mux.HandleFunc("POST /api/v1/teams/{team}/pipelines/{pipeline}/resources/{resource}/check/webhook", a.serveWebhook)
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Concourse-Version", "7.14.2")
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *atc) serveToken(w http.ResponseWriter, r *http.Request) {
	user, password, _ := r.BasicAuth()
	_ = r.ParseForm()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.logIns = append(a.logIns, user+":"+password+" "+r.PostForm.Encode())
	w.Header().Set("Content-Type", "application/json")
	byUser := r.PostForm.Get("grant_type") == "password" && user == "fly" && password == "Zmx5" &&
		r.PostForm.Get("username") == "bot" && r.PostForm.Get("password") == plantedPassword
	byClient := r.PostForm.Get("grant_type") == "client_credentials" && user == "robot" && password == "planted-client%2Fsecret"
	if !byUser && !byClient {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"error":"access_denied","error_description":"Invalid username or password"}`)
		return
	}
	bearer := fmt.Sprintf("planted-bearer-%d", len(a.logIns))
	a.live[bearer] = true
	_ = json.NewEncoder(w).Encode(map[string]any{
		"access_token": bearer, "token_type": "bearer", "expires_in": a.expires, "id_token": "planted-id-token",
	})
}

func (a *atc) serveCheck(w http.ResponseWriter, r *http.Request) {
	bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	a.record(r)
	a.mu.Lock()
	live, answer := a.live[bearer], a.answer
	a.mu.Unlock()
	switch {
	case answer != nil:
		answer(w, r)
	case !live:
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, "not authorized")
	default:
		a.created(w)
	}
}

func (a *atc) serveWebhook(w http.ResponseWriter, r *http.Request) {
	a.record(r)
	given := r.URL.Query().Get("webhook_token")
	a.mu.Lock()
	wanted, answer := a.webhooks[strings.TrimSuffix(r.URL.Path, "/check/webhook")], a.answer
	a.mu.Unlock()
	switch {
	case answer != nil:
		answer(w, r)
	case given == "":
		w.WriteHeader(http.StatusBadRequest)
	case given != wanted || r.Header.Get("Authorization") != "":
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, "not authorized")
	default:
		a.created(w)
	}
}

// created is what 8.2 sends: JSON that says it is text.
func (a *atc) created(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, `{"id":1,"name":"check","status":"started"}`)
}

func (a *atc) record(r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.checks = append(a.checks, r)
	a.bodies = append(a.bodies, string(body))
}

// expireAll makes every bearer that was given out a dead one.
func (a *atc) expireAll() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.live)
}

func (a *atc) counts() (logIns, checks int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.logIns), len(a.checks)
}

var (
	user = concourse.Credentials{Username: "bot", Password: plantedPassword}
	ref  = config.Ref{Team: "main", Pipeline: "app", Resource: "repo"}
)

func newClient(t *testing.T, o concourse.Options) *concourse.Client {
	t.Helper()
	c, err := concourse.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// wantError fails where err lacks a part, or holds a secret or a query.
func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	text := fmt.Sprintf("%v\n%+v\n%#v", err, err, err.Error())
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("the error lacks %q: %v", part, err)
		}
	}
	for _, secret := range []string{planted, "webhook_token=", "vars=", "Zmx5"} {
		if strings.Contains(text, secret) {
			t.Errorf("the error holds %q: %v", secret, err)
		}
	}
}

// check is Check's error.
func check(_ concourse.Build, err error) error { return err }
