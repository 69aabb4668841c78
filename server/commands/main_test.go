package commands

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// form2016 is a config in the 2016 form: with Basic authentication and a secret, and without versions, teams and types.
func form2016(atc string) string {
	basic := base64.StdEncoding.EncodeToString([]byte("bot:planted"))
	return `{
		"atc": {"url": "` + atc + `", "headers": {"authorization": "Basic ` + basic + `"}},
		"secret": "planted-hook",
		"checks": [
			{"check": "app/source", "filter": {"uri": "https://github.com/example/test", "branch": "master", "paths": []}},
			{"check": "app/tarball", "filter": {"bucket": "example", "regexp": "app-(.*).tgz"}}
		]
	}`
}

// A config in the 2016 form works unchanged, although today's ATC refuses Basic authentication.
func Test2016Config(t *testing.T) {
	t.Setenv("S3_WEBHOOK_SECRET", "planted/path")
	_, _, atc, checked := fakeATC(t)
	p := start(t, "--config", file(t, form2016(atc)))

	status, answer := p.post(t, "/github", signed("planted-hook", push), push)
	if want := `{"status":"ok","message":"resources notified","checks":{"success":["main/app/source"],"failure":[]}}`; status != 200 || answer != want {
		t.Errorf("GitHub's push: answered %d %s", status, answer)
	}
	if got := <-checked; got != "main/app/source" {
		t.Errorf("GitHub's push checked %s", got)
	}
	object := `{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"example"},"object":{"key":"app-1.tgz"}}}]}`
	status, answer = p.post(t, "/s3/planted%2Fpath", nil, object)
	if want := `"success":["main/app/tarball"]`; status != 200 || !strings.Contains(answer, want) {
		t.Errorf("S3's object: answered %d %s", status, answer)
	}
	if got := <-checked; got != "main/app/tarball" {
		t.Errorf("S3's object checked %s", got)
	}
	for path, headers := range map[string]map[string]string{"/s3/planted": nil, "/s3": nil, "/github": signed("planted-guess", push)} {
		if status, answer := p.post(t, path, headers, object); status != 401 {
			t.Errorf("%s: answered %d %s", path, status, answer)
		}
	}
	if strings.Contains(p.log.String(), "planted") {
		t.Errorf("the log holds a secret:\n%s", p.log)
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	p := start(t, "--config", file(t, form2016("http://127.0.0.1:1")))
	for _, tt := range []struct {
		method, path string
		status       int
		body         string
	}{
		{http.MethodGet, "/healthz", 200, "ok\n"},
		{http.MethodHead, "/healthz", 200, ""},
		{http.MethodGet, "/readyz", 200, "ok\n"},
		{http.MethodGet, "/github", 405, `{"status":"error","message":"deliveries are sent by POST"}`},
		{http.MethodPost, "//github", 401, `{"status":"error","message":"no X-Hub-Signature-256 or X-Hub-Signature header"}`},
	} {
		req, err := http.NewRequestWithContext(t.Context(), tt.method, p.url+tt.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != tt.status || string(body) != tt.body {
			t.Errorf("%s %s: answered %d %q, %v", tt.method, tt.path, resp.StatusCode, body, err)
		}
	}
}

// A request that is too large is refused before it is read.
func TestLimits(t *testing.T) {
	t.Parallel()
	p := start(t, "--config", file(t, form2016("http://127.0.0.1:1")))
	for name, tt := range map[string]struct {
		request string
		status  int
	}{
		"body":   {"POST /github HTTP/1.1\r\nHost: x\r\nContent-Length: 31457280\r\n\r\n{", 413},
		"header": {"POST /github HTTP/1.1\r\nHost: x\r\nX-Long: " + strings.Repeat("x", 80<<10) + "\r\n\r\n", 431},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(p.url, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
			if _, err := io.WriteString(conn, tt.request); err != nil {
				t.Fatal(err)
			}
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode != tt.status {
				t.Errorf("answered %d, want %d", resp.StatusCode, tt.status)
			}
		})
	}
}

// The server does not wait forever for a slow client.
func TestTimeLimits(t *testing.T) {
	t.Parallel()
	s := newServer(http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	for name, limit := range map[string]time.Duration{
		"header": s.ReadHeaderTimeout, "body": s.ReadTimeout, "answer": s.WriteTimeout, "idle": s.IdleTimeout,
	} {
		if limit <= 0 || limit > 2*time.Minute {
			t.Errorf("the limit of the %s is %s", name, limit)
		}
	}
	if least := s.ReadTimeout + 20*time.Second; s.WriteTimeout < least { // 20 s is the notifier's deadline
		t.Errorf("the answer is given up after %s, while it may take %s", s.WriteTimeout, least)
	}
}

// When the server is told to stop, it still answers the current delivery, and then ends without an error.
func TestShutdown(t *testing.T) {
	t.Parallel()
	atc, _, url, checked := fakeATC(t)
	reached, free := make(chan struct{}), make(chan struct{})
	atc.Answer = func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/check") && strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") {
			close(reached)
			<-free
		}
		return false
	}
	p := start(t, "--config", file(t, form2016(url)))
	answered := make(chan string, 1)
	go func() {
		status, answer := p.post(t, "/github", signed("planted-hook", push), push)
		answered <- fmt.Sprint(status, " ", answer)
	}()
	<-reached
	p.stop()
	p.log.wait(t, "the shutdown", message("shutting down"))
	select {
	case err := <-p.ended:
		t.Fatalf("the server ended before it had answered a delivery: %v", err)
	default:
	}
	close(free)
	if got := <-answered; !strings.HasPrefix(got, "200 ") || !strings.Contains(got, "main/app/source") {
		t.Errorf("answered %s", got)
	}
	if got := <-checked; got != "main/app/source" {
		t.Errorf("checked %s", got)
	}
	if err := <-p.ended; err != nil {
		t.Errorf("the server ended: %v", err)
	}
}

func TestDryRun(t *testing.T) {
	t.Parallel()
	atc, _, url, _ := fakeATC(t)
	p := start(t, "--config", file(t, form2016(url)), "--dry-run")
	status, answer := p.post(t, "/github", signed("planted-hook", push), push)
	if status != 200 || !strings.Contains(answer, `"would":["main/app/source"]`) {
		t.Errorf("answered %d %s", status, answer)
	}
	if requests := atc.Requests(); len(requests) > 0 {
		t.Errorf("the ATC was sent %q", requests)
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	var out, log bytes.Buffer
	if err := Run(t.Context(), []string{"--help"}, &out, &log); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"--config", "--sync", "GITHUB_WEBHOOK_SECRET", "/s3/SECRET", "Examples:"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("the help lacks %q:\n%s", part, out.String())
		}
	}
	if log.Len() > 0 {
		t.Errorf("the log has %s", log.String())
	}
}

// An error says what to do next.
func TestErrors(t *testing.T) {
	t.Parallel()
	_, _, url, _ := fakeATC(t)
	missing := filepath.Join(t.TempDir(), "config.json")
	bare := file(t, `{"version":1,"atc":{"url":"https://ci.example.com"},"checks":[]}`)
	good := file(t, form2016("https://ci.example.com"))
	withSync := func(args ...string) []string { return append([]string{"--config", missing, "--sync", "1h"}, args...) }
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"no config", nil, "no config is given: give --config FILE or s3://BUCKET/KEY; see `server --help`"},
		{"no such flag", []string{"--confg", "x"}, "see `server --help`"},
		{"no such level", []string{"--config", good, "--log-level", "loud"}, "see `server --help`"},
		{"config that is missing", []string{"--config", missing}, "`syncer sync --config " + missing + "` publishes one"},
		{"no secret", []string{"--config", bare}, "set GITHUB_WEBHOOK_SECRET"},
		{"address", []string{"--config", good, "--listen", "nowhere:x"}, "listening on nowhere:x"},
		{"sync without a URL", withSync("--username", "bot", "--password", "planted"), "--sync needs the URL of the Concourse to read: give --concourse-url URL"},
		{"sync without a login", withSync("--concourse-url", url), "--sync needs a login: give --username and --password"},
		{"sync to S3", []string{"--config", "s3://b/k", "--sync", "1m", "--concourse-url", url}, "--sync needs an interval such as 1m, and a --config that is a file"},
		{"sync with a wrong password", withSync("--concourse-url", url, "--username", "bot", "--password", "wrong"), "logging in to Concourse as bot: user or password refused"},
		{"sync with a bad interval", []string{"--config", missing, "--sync", "planted"}, "--sync: expected duration, and it is something else; see `server --help`"},
		{"no such level, a secret", []string{"--config", good, "--log-level", "planted"}, "--log-level: slog: level string [what was given]: unknown name; see `server --help`"},
		{"a password for a flag", []string{"--config", good, "--token", "-planted"}, "--token: expected string value, and it is something else; see `server --help`"},
		{"a password for a command", []string{"planted", "--config", good}, "unexpected argument; see `server --help`"},
		{"state in a URL", []string{"--config", good, "--state", "s3://KEY:planted@bucket/state"}, "--state: it is a URL; give a file on a local disk, or none"},
		{"config in a URL", []string{"--config", "s3://KEY:planted@bucket/x", "--state", "none"}, "config location: it is not of the form s3://BUCKET/KEY"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := Run(t.Context(), append([]string{"--listen", "127.0.0.1:0"}, tt.args...), io.Discard, io.Discard)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "planted") {
				t.Errorf("the error holds a secret: %v", err)
			}
		})
	}
}
