package providers_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// atcPassword is the password of the user bot.
const atcPassword = "planted-password"

// atc is a fake ATC. The user bot may log in, and it takes every check with the
// answer of the real one: its version, and the build that it began.
type atc struct {
	url string

	mu     sync.Mutex
	checks []string
	logIns int
}

func newATC(t *testing.T) *atc {
	t.Helper()
	a := new(atc)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /sky/issuer/token", a.logIn)
	mux.HandleFunc("POST /api/v1/teams/{team}/pipelines/{pipeline}/resources/{resource}/check", a.check)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	a.url = server.URL
	return a
}

func (a *atc) logIn(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("username") != "bot" || r.FormValue("password") != atcPassword {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.logIns++
	_, _ = io.WriteString(w, `{"access_token":"planted-bearer","token_type":"bearer","expires_in":3600}`)
}

func (a *atc) check(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer planted-bearer" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.checks = append(a.checks, strings.Join([]string{r.PathValue("team"), r.PathValue("pipeline"), r.PathValue("resource")}, "/"))
	w.Header().Set("X-Concourse-Version", "7.14.2")
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, `{"id":1}`)
}

// env is the environment that gives a program the ATC and the login.
func (a *atc) env() []string {
	return []string{"CONCOURSE_URL=" + a.url, "CONCOURSE_USERNAME=bot", "CONCOURSE_PASSWORD=" + atcPassword}
}

// wantChecked fails unless exactly these were checked since the last call.
func (a *atc) wantChecked(t *testing.T, want ...string) {
	t.Helper()
	a.mu.Lock()
	got := a.checks
	a.checks = nil
	a.mu.Unlock()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("checked %q, want %q", got, want)
	}
}
