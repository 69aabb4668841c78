package concourse_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
)

// A bearer that the ATC has dropped costs one more log in, not the request.
func TestTransportLogsInAgain(t *testing.T) {
	t.Parallel()
	logins := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/sky/issuer/token":
			logins++
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"access_token":"`+strings.Repeat("t", logins)+`","token_type":"bearer","expires_in":86400}`)
		case r.Header.Get("Authorization") != "Bearer tt":
			w.WriteHeader(http.StatusUnauthorized)
		default:
			_, _ = io.WriteString(w, r.Header.Get("X-Proxy"))
		}
	}))
	defer server.Close()
	c, err := concourse.New(concourse.Options{
		URL: server.URL, Headers: map[string]string{"X-Proxy": "let me through"},
		Credentials: concourse.Credentials{Username: "bot", Password: "hunter2"},
	})
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Transport: c.Transport()}
	resp, err := client.Get(server.URL + "/api/v1/info")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK || string(body) != "let me through" {
		t.Errorf("answered %d %q", resp.StatusCode, body)
	}
	if logins != 2 {
		t.Errorf("logged in %d times, want 2", logins)
	}
}

func TestTransportWrongPassword(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	defer server.Close()
	c, err := concourse.New(concourse.Options{URL: server.URL, Credentials: concourse.Credentials{Username: "bot", Password: "hunter2"}})
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Transport: c.Transport()}
	resp, err := client.Get(server.URL)
	if err == nil {
		_ = resp.Body.Close()
		t.Fatal("no error")
	}
	if !strings.Contains(err.Error(), "user or password refused") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error %q", err)
	}
}

// body tells whether it was closed.
type body struct {
	io.Reader
	closed bool
}

func (b *body) Close() error {
	b.closed = true
	return nil
}

// transport answers by path.
type transport map[string]func() *http.Response

func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	return t[req.URL.Path](), nil
}

// An answer that is refused is closed, also where logging in again fails.
func TestTransportClosesRefused(t *testing.T) {
	t.Parallel()
	answer := func(status int, content io.ReadCloser) *http.Response {
		return &http.Response{StatusCode: status, Body: content}
	}
	refused, logins := &body{Reader: strings.NewReader("not authorized")}, 0
	c := newClient(t, concourse.Options{
		URL: "https://ci.example.com", Credentials: user,
		HTTPClient: &http.Client{Transport: transport{
			"/sky/issuer/token": func() *http.Response {
				if logins++; logins > 1 {
					return answer(http.StatusUnauthorized, http.NoBody)
				}
				return answer(http.StatusOK, io.NopCloser(strings.NewReader(`{"access_token":"t"}`)))
			},
			"/api/v1/info": func() *http.Response { return answer(http.StatusUnauthorized, refused) },
		}},
	})
	client := http.Client{Transport: c.Transport()}
	resp, err := client.Get("https://ci.example.com/api/v1/info")
	if err == nil {
		_ = resp.Body.Close()
		t.Fatal("no error")
	}
	if logins != 2 || !refused.closed {
		t.Errorf("logged in %d times, and the refused answer was closed: %t", logins, refused.closed)
	}
}
