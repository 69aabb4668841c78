package function

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/dpb587/concourse-resource-endpoints/internal/awscall"
	"github.com/dpb587/concourse-resource-endpoints/internal/endpoint"
	"github.com/dpb587/concourse-resource-endpoints/internal/logline"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/aws"
	"github.com/dpb587/concourse-resource-endpoints/internal/retry/sqstest"
	"github.com/dpb587/concourse-resource-endpoints/internal/secret"
	"github.com/dpb587/concourse-resource-endpoints/internal/secret/planted"
)

func TestMain(m *testing.M) {
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": sqstest.Region} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

const hookSecret = "planted-webhook-secret"

// scene is both functions, as they run in Lambda, with a stub of the ATC and a queue server on loopback. The config has the resources
// app/r0 and so on, one for each repository octo/r0 and each bucket r0.
type scene struct {
	*testing.T

	sqs                   *sqstest.Server
	webhook, notification *endpoint.Endpoint
	log                   *safeBuffer
	clock                 atomic.Int64 // how far the queues' clock is ahead

	mu    sync.Mutex
	fault func(http.ResponseWriter, *http.Request) bool // answers in the ATC's place; nil for never
	taken map[string]int
}

type safeBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func newScene(t *testing.T, resources int) *scene {
	t.Helper()
	s := &scene{T: t, taken: make(map[string]int), log: new(safeBuffer)}
	server, closed := sqstest.Start("retry", "dead", "other")
	t.Cleanup(closed)
	s.sqs = server
	s.sqs.FailEntry = func(body string) bool {
		if planted.In([]byte(body)) {
			t.Errorf("a message holds a secret: %s", body)
		}
		return false
	}
	t.Cleanup(func() {
		if planted.In([]byte(s.log.String())) {
			t.Errorf("the log holds a secret:\n%s", s.log)
		}
	})
	s.sqs.Now = func() time.Time { return time.Now().Add(time.Duration(s.clock.Load())) }
	atc := httptest.NewServer(http.HandlerFunc(s.serveATC))
	t.Cleanup(atc.Close)
	var checks []string
	for i := range resources {
		checks = append(checks, fmt.Sprintf(`{"check":"app/r%d","type":"git","filter":{"uri":"https://github.com/octo/r%d"}},`+
			`{"check":"app/b%d","type":"s3","filter":{"bucket":"b%d","versioned_file":"f"}}`, i, i, i, i))
	}
	path := filepath.Join(t.TempDir(), "config.json")
	document := `{"version":1,"atc":{"url":"` + atc.URL + `"},"checks":[` + strings.Join(checks, ",") + `]}`
	if err := os.WriteFile(path, []byte(document), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{
		"CONFIG": path, "CONCOURSE_URL": atc.URL, "CONCOURSE_TOKEN": "planted-token", "GITHUB_WEBHOOK_SECRET": hookSecret,
		"RETRY_QUEUE": s.sqs.QueueURL("retry"), "DEAD_QUEUE": s.sqs.QueueURL("dead"),
	}
	var err error
	if s.webhook, err = start(t, env, s.log, false); err != nil {
		t.Fatal(err)
	}
	if s.notification, err = start(t, env, s.log, true); err != nil {
		t.Fatal(err)
	}
	return s
}

// start does what Run does, up to the first invocation.
func start(t *testing.T, env map[string]string, log io.Writer, notification bool) (*endpoint.Endpoint, error) {
	t.Helper()
	getenv := func(name string) string { return env[name] }
	settings, err := endpoint.FromEnv(getenv)
	if err != nil {
		return nil, err
	}
	parts := endpoint.Parts{
		Settings: settings, Secrets: &secret.Cache{Resolver: &secret.Resolver{Getenv: getenv}}, Logger: logline.New(log, settings.LogLevel),
	}
	if notification {
		parts.ParseNotification = aws.ParseNotification
	} else {
		parts.Providers = endpoint.Providers(settings)
	}
	client, err := awscall.FromEnv(os.Getenv)
	if err != nil {
		return nil, err
	}
	return build(t.Context(), parts, client.Queue)
}

func (s *scene) serveATC(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // so that a client that goes away ends the request's context
	s.mu.Lock()
	fault := s.fault
	s.mu.Unlock()
	if fault != nil && fault(w, r) {
		return
	}
	name := strings.TrimSuffix(r.URL.Path[strings.Index(r.URL.Path, "/resources/")+len("/resources/"):], "/check")
	s.mu.Lock()
	s.taken[name]++
	s.mu.Unlock()
	w.Header().Set("X-Concourse-Version", "7.14.2")
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, `{"id":1}`)
}

func (s *scene) setFault(fault func(http.ResponseWriter, *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = fault
}

func hang(_ http.ResponseWriter, r *http.Request) bool {
	<-r.Context().Done()
	return true
}

func down(w http.ResponseWriter, _ *http.Request) bool {
	w.WriteHeader(http.StatusServiceUnavailable)
	return true
}

// someFaults is a mixture of all that goes wrong, at 30% of the requests.
func someFaults(w http.ResponseWriter, r *http.Request) bool {
	if rand.N(10) >= 3 {
		return false
	}
	faults := []func(){
		func() { w.WriteHeader(http.StatusInternalServerError) },
		func() { w.WriteHeader(http.StatusBadGateway) },
		func() { w.WriteHeader(http.StatusTooManyRequests) },
		func() { http.Error(w, "default backend - 404", http.StatusNotFound) },
		func() { http.Redirect(w, r, "/sign-in/planted-token?session=planted", http.StatusFound) },
		func() { w.WriteHeader(http.StatusOK) },
		func() { _, _ = io.WriteString(w, "<html>planted</html>") },
		func() { panic(http.ErrAbortHandler) },
		func() { // hangs for a while
			select {
			case <-r.Context().Done():
			case <-time.After(500 * time.Millisecond):
			}
			panic(http.ErrAbortHandler)
		},
	}
	faults[rand.N(len(faults))]()
	return true
}

// push sends a signed push of a repository to the function's URL, with a time-out of the function, and gives the answer's status.
func (s *scene) push(i int, timeout time.Duration) (int, error) {
	body := fmt.Sprintf(`{"ref":"refs/heads/main","before":"1","after":"2","repository":{"full_name":"octo/r%d","html_url":"https://github.com/octo/r%d"}}`, i, i)
	mac := hmac.New(sha256.New, []byte(hookSecret))
	mac.Write([]byte(body))
	payload, err := json.Marshal(map[string]any{
		"version": "2.0", "rawPath": "/github", "requestContext": map[string]any{"http": map[string]any{"method": "POST"}}, "body": body,
		"headers": map[string]string{
			"x-github-event": "push", "x-github-delivery": fmt.Sprintf("delivery-%d", i), "content-type": "application/json",
			"x-hub-signature-256": "sha256=" + hex.EncodeToString(mac.Sum(nil)),
		},
	})
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(s.Context(), timeout)
	defer cancel()
	out, err := s.webhook.Invoke(ctx, payload)
	if err != nil {
		return 0, err
	}
	var answer struct {
		StatusCode int `json:"statusCode"`
	}
	err = json.Unmarshal(out, &answer)
	return answer.StatusCode, err
}

func (s *scene) notify(payload string) (string, error) {
	ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
	defer cancel()
	out, err := s.notification.Invoke(ctx, json.RawMessage(payload))
	return string(out), err
}

// drain polls the retry queue, in steps of the queues' clock, until it is empty. killed says of each poll whether the function is
// killed just before it answers.
func (s *scene) drain(steps int, killed func() bool) {
	s.Helper()
	for range steps {
		for {
			n, _ := s.sqs.Poll("retry", func(payload json.RawMessage) (json.RawMessage, error) { // a function that is killed answers nothing
				out, err := s.notify(string(payload))
				if killed != nil && killed() {
					err = errors.New("killed")
				}
				return json.RawMessage(out), err
			})
			if n == 0 {
				break
			}
		}
		if len(s.sqs.Bodies("retry")) == 0 {
			return
		}
		s.clock.Add(int64(30 * time.Second))
	}
}

func (s *scene) total() (total int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.taken {
		total += n
	}
	return total
}

// Whatever the function's time-out is, a webhook is answered in time while the ATC hangs, and the queue has what it concerns.
func TestAnswersWhileATCHangs(t *testing.T) {
	t.Parallel()
	for _, timeout := range []time.Duration{3 * time.Second, 10 * time.Second, time.Minute} {
		t.Run(timeout.String(), func(t *testing.T) {
			t.Parallel()
			s := newScene(t, 1)
			s.setFault(hang)
			start := time.Now()
			status, err := s.push(0, timeout)
			if took := time.Since(start); took > 2500*time.Millisecond {
				t.Errorf("answered after %s", took)
			}
			if err != nil || status != http.StatusAccepted {
				t.Errorf("answered %d, %v", status, err)
			}
			bodies := s.sqs.Bodies("retry")
			if len(bodies) != 1 || !strings.Contains(bodies[0], `"name":"main/app/r0","deliveries":["delivery-0"],"providers":["github"]`) {
				t.Errorf("the queue holds %q", bodies)
			}
			for _, text := range append(bodies, s.log.String()) {
				if strings.Contains(text, "planted") {
					t.Errorf("it holds a secret: %s", text)
				}
			}
		})
	}
}

// If SQS can't be reached either, the sender learns that nothing was kept.
func TestNeitherTakenNorKept(t *testing.T) {
	t.Parallel()
	s := newScene(t, 1)
	s.setFault(down)
	s.sqs.Before = func(context.Context, string, string) bool { return true }
	if status, err := s.push(0, time.Minute); err != nil || status != http.StatusBadGateway {
		t.Errorf("answered %d, %v", status, err)
	}
}

// Sources that wait for no answer are satisfied when their checks are kept.
func TestAsynchronousSources(t *testing.T) {
	t.Parallel()
	s := newScene(t, 2)
	s.setFault(down)
	s3 := func(i int) string {
		return fmt.Sprintf(`{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"b%d"},"object":{"key":"f"}}}]}`, i)
	}
	out, err := s.notify(s3(0))
	if want := `"pending":["main/app/b0"]`; err != nil || !strings.Contains(out, want) {
		t.Errorf("S3: answered %s, %v", out, err)
	}
	out, err = s.notify(string(sqstest.Event(sqstest.ARN("other"), []sqstest.Message{{MessageID: "m", ReceiptHandle: "h", Body: s3(1)}})))
	if err != nil || out != `{"batchItemFailures":[]}` {
		t.Errorf("SQS: answered %s, %v", out, err)
	}
	if n := len(s.sqs.Bodies("retry")); n != 2 {
		t.Errorf("the queue holds %d messages", n)
	}
	s.setFault(nil)
	s.drain(10, nil)
	if s.taken["b0"] != 1 || s.taken["b1"] != 1 {
		t.Errorf("taken %v", s.taken)
	}
}

// Pushes of many repositories while much goes wrong, then an outage, and functions that are killed: each is taken, hardly any twice,
// and none is dead.
func TestNothingLost(t *testing.T) {
	t.Parallel()
	const pushes, killedBatches = 200, 2
	s := newScene(t, pushes)
	var outage, kills atomic.Int32
	s.setFault(func(w http.ResponseWriter, r *http.Request) bool {
		if outage.Load() == 1 {
			return down(w, r)
		}
		return someFaults(w, r)
	})
	var work errgroup.Group
	work.SetLimit(30)
	for i := range pushes {
		if i == pushes*2/3 {
			if err := work.Wait(); err != nil {
				t.Fatal(err)
			}
			outage.Store(1)
		}
		work.Go(func() error {
			status, err := s.push(i, time.Minute)
			if err == nil && status/100 != 2 {
				err = fmt.Errorf("push %d was answered %d", i, status)
			}
			return err
		})
	}
	if err := work.Wait(); err != nil {
		t.Fatal(err)
	}
	s.drain(3, nil)
	outage.Store(0)
	s.drain(60, func() bool { return kills.Add(1) <= killedBatches })
	for _, queue := range []string{"retry", "dead"} {
		if bodies := s.sqs.Bodies(queue); len(bodies) > 0 {
			t.Errorf("the queue %s holds %q", queue, bodies)
		}
	}
	for i := range pushes {
		if s.taken[fmt.Sprintf("r%d", i)] == 0 {
			t.Errorf("push %d is lost", i)
		}
	}
	if total, most := s.total(), pushes*102/100+killedBatches*10; total > most {
		t.Errorf("the ATC took %d checks, more than %d", total, most)
	}
}

// What the settings lack is said at start, once; what is wrong in them ends it.
func TestStart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(path, []byte(`{"atc":{"url":"https://ci.example.com"},"checks":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	const retryURL, deadURL = "https://sqs.eu-west-1.amazonaws.com/123456789012/retry", "https://sqs.eu-west-1.amazonaws.com/123456789012/dead"
	const noQueue, noDead = "RETRY_QUEUE is not set", "DEAD_QUEUE is not set"
	for _, tt := range []struct {
		name          string
		env           map[string]string
		notification  bool
		warning, fail string
	}{
		{"no queue", nil, false, noQueue, ""},
		{"no queue, notification", nil, true, noQueue, ""},
		{"queue", map[string]string{"RETRY_QUEUE": retryURL}, false, "", ""},
		{"both, notification", map[string]string{"RETRY_QUEUE": retryURL, "DEAD_QUEUE": deadURL}, true, "", ""},
		{"no dead-letter queue, notification", map[string]string{"RETRY_QUEUE": retryURL}, true, noDead, ""},
		{"wrong queue", map[string]string{"RETRY_QUEUE": "retry"}, false, "", "RETRY_QUEUE: it is not the URL of an SQS queue"},
		{"wrong dead-letter queue", map[string]string{"RETRY_QUEUE": retryURL, "DEAD_QUEUE": "dead"}, true, "", "DEAD_QUEUE: it is not the URL of an SQS queue"},
		{"one queue for both", map[string]string{"RETRY_QUEUE": retryURL, "DEAD_QUEUE": retryURL}, true, "", "DEAD_QUEUE: it is the RETRY_QUEUE"},
		{"too little time", map[string]string{"RETRY_QUEUE": retryURL, "ANSWER_WITHIN": "100ms"}, false, "", "ANSWER_WITHIN: it is less than 200ms"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			env := map[string]string{"CONFIG": path, "GITHUB_WEBHOOK_SECRET": hookSecret}
			maps.Copy(env, tt.env)
			log := new(safeBuffer)
			_, err := start(t, env, log, tt.notification)
			if (err == nil) != (tt.fail == "") || err != nil && !strings.Contains(err.Error(), tt.fail) {
				t.Errorf("error %v, want %q", err, tt.fail)
			}
			want := 0
			if tt.warning != "" {
				want = 1
			}
			if n := strings.Count(log.String(), `"WARN"`); n != want || !strings.Contains(log.String(), tt.warning) {
				t.Errorf("log, with %d warnings:\n%s", n, log)
			}
		})
	}
}
