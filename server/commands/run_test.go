package commands

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providertest"
	"github.com/dpb587/concourse-resource-endpoints/internal/read/atctest"
	"github.com/dpb587/concourse-resource-endpoints/internal/secret/planted"
)

// line is one line of the log.
type line map[string]any

// log is a log that a test can wait on.
type log struct {
	mu    sync.Mutex
	lines []line
	text  bytes.Buffer
	more  chan struct{} // closed and replaced at each write
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(p)
	var fields line
	if json.Unmarshal(p, &fields) == nil {
		l.lines = append(l.lines, fields)
	}
	if l.more != nil {
		close(l.more)
		l.more = nil
	}
	return len(p), nil
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// find returns the first line that is wanted, or else a channel that is closed at the next write.
func (l *log) find(want func(line) bool) (line, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, one := range l.lines {
		if want(one) {
			return one, nil
		}
	}
	if l.more == nil {
		l.more = make(chan struct{})
	}
	return nil, l.more
}

// wait waits for a line that is wanted.
func (l *log) wait(t *testing.T, what string, want func(line) bool) line {
	t.Helper()
	limit := time.After(30 * time.Second)
	for {
		found, more := l.find(want)
		if found != nil {
			return found
		}
		select {
		case <-more:
		case <-limit:
			t.Fatalf("no line of the log has %s:\n%s", what, l)
		}
	}
}

func message(m string) func(line) bool { return func(l line) bool { return l["msg"] == m } }

// program is a running server.
type program struct {
	url   string
	log   *log
	stop  context.CancelFunc
	ended chan error
}

// start runs the server until the test ends, or until stop is called.
func start(t *testing.T, args ...string) *program {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	p := &program{log: new(log), stop: cancel, ended: make(chan error, 1)}
	done := make(chan struct{})
	search := leaks(t, p.log, args)
	go func() {
		defer close(done)
		p.ended <- Run(ctx, append(args, "--listen", "127.0.0.1:0"), io.Discard, p.log)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		search()
	})
	found := make(chan string, 1)
	go func() {
		for {
			serving, more := p.log.find(message("serving"))
			if serving != nil {
				found <- serving["address"].(string)
				return
			}
			select {
			case <-more:
			case <-done:
				return
			}
		}
	}()
	select {
	case address := <-found:
		p.url = "http://" + address
	case <-done:
		t.Fatalf("the server ended: %v\n%s", <-p.ended, p.log)
	}
	return p
}

// leaks gives a function that looks for planted secrets in the log, and in the files beside the config that are new or changed. A
// config keeps the secrets that it held.
func leaks(t *testing.T, l *log, args []string) (search func()) {
	t.Helper()
	config := args[slices.Index(args, "--config")+1]
	dir := filepath.Dir(config)
	before, err := planted.Holding(dir)
	if err != nil {
		t.Fatal(err)
	}
	held := slices.Contains(slices.Collect(maps.Values(before)), config)
	return func() {
		files, err := before.Leaked(dir)
		files = slices.DeleteFunc(files, func(path string) bool { return path == config && held })
		if err != nil || len(files) > 0 {
			t.Errorf("files hold a secret: %q, %v", files, err)
		}
		if planted.In([]byte(l.String())) {
			t.Errorf("the log holds a secret:\n%s", l)
		}
	}
}

// post sends a delivery.
func (p *program) post(t *testing.T, path string, headers map[string]string, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if planted.In(answer) {
		t.Errorf("the answer holds a secret: %s", answer)
	}
	return resp.StatusCode, string(answer)
}

// signed are GitHub's headers of a push.
func signed(secret, body string) map[string]string {
	return map[string]string{
		"X-GitHub-Event": "push", "X-Hub-Signature-256": "sha256=" + providertest.HexMAC(sha256.New, secret, body),
	}
}

const push = `{"ref":"refs/heads/master","repository":{"clone_url":"https://github.com/example/test.git","default_branch":"master"}}`

// fakeATC is an ATC with a pipeline app, which bot may check. It sends the checks that were posted to checked.
func fakeATC(t *testing.T) (atc *atctest.ATC, data *atctest.Data, url string, checked <-chan string) {
	t.Helper()
	app := atctest.Pipeline{Config: json.RawMessage(
		`{"resources":[{"name":"source","type":"git","source":{"uri":"https://github.com/example/test","branch":"master"}}]}`)}
	app.ID, app.Name, app.TeamName, app.LastUpdated = 1, "app", "main", 1_500_000_000
	data = &atctest.Data{
		Teams: []string{"main"}, Pipelines: []atctest.Pipeline{app},
		Users: map[string]atctest.User{"bot": {Password: "planted", Teams: map[string][]string{"main": {"pipeline-operator"}}}},
	}
	checks := make(chan string, 100)
	atc = atctest.Holding(data)
	atc.Checked = func(check string) { checks <- check }
	server := httptest.NewServer(atc)
	t.Cleanup(server.Close)
	return atc, data, server.URL, checks
}

// file writes a config to a new file and returns its path.
func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
