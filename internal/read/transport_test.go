package read_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/read"
)

// If the server is not a Concourse, or redirects, the error does not quote the answer, and the login is not sent elsewhere.
func TestReadFromAnotherServer(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s was sent elsewhere with Authorization %q", r.URL, r.Header.Get("Authorization"))
	}))
	t.Cleanup(elsewhere.Close)
	text := func(status int, kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"a page":          {text(200, "text/html; charset=utf-8", "<html>planted</html>"), "the answer is HTML, not Concourse's API"},
		"a page with 404": {text(404, "text/html", "<html>planted</html>"), "the answer is HTML, not Concourse's API"},
		"text":            {text(200, "text/plain", "planted"), "not the JSON of Concourse's API"},
		"truncated":       {text(200, "application/json", `{"version":`), "not the JSON of Concourse's API"},
		"a list":          {text(200, "application/json", `["planted"]`), "not the JSON of Concourse's API"},
		"404":             {text(404, "text/plain", "planted"), "the answer is 404 Not Found"},
		"401":             {text(401, "text/plain", "planted"), "the login is wrong or has expired"},
		"403":             {text(403, "text/plain", "planted"), "lacks a role"},
		"502":             {text(502, "text/plain", "planted"), "the answer is 502 Bad Gateway"},
		"a redirect": {
			func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, elsewhere.URL+"/login/planted?planted", http.StatusFound)
			},
			"the answer is a redirect to " + elsewhere.URL + ": is that the external URL?",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(test.answer)
			t.Cleanup(server.Close)
			_, err := (&read.ATC{URL: server.URL, Transport: bearer("planted")}).Read(t.Context(), read.Options{})
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "asking "+server.URL) {
				t.Fatalf("error %v, want %q in it", err, test.want)
			}
			if strings.Contains(err.Error(), "planted") {
				t.Errorf("the error quotes the answer: %v", err)
			}
		})
	}
}

func TestReadFromClosedPort(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	_, err := (&read.ATC{URL: server.URL, Transport: bearer("x")}).Read(t.Context(), read.Options{})
	if err == nil || !strings.Contains(err.Error(), "connection refused") || strings.Contains(err.Error(), "/api/v1") {
		t.Errorf("error %v", err)
	}
}
