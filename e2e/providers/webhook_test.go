package providers_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/e2e/stack"
)

// answer is the answer to a delivery.
type answer struct {
	Status  string `json:"status"`
	Message string `json:"message"`
	Checks  struct {
		Success []string `json:"success"`
		Failure []string `json:"failure"`
	} `json:"checks"`
}

// wantNotified fails unless the answer says that these were notified, and no other.
func wantNotified(t *testing.T, status int, raw []byte, want ...string) {
	t.Helper()
	var a answer
	if err := json.Unmarshal(raw, &a); err != nil {
		t.Fatalf("reading the answer %s: %v", raw, err)
	}
	if status != 200 || a.Message != "resources notified" || !slices.Equal(a.Checks.Success, want) || len(a.Checks.Failure) > 0 {
		t.Errorf("answered %d %s, want %q", status, raw, want)
	}
}

// functionURL is the event that a function URL makes from a delivery
// (https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads).
func functionURL(t *testing.T, path string, headers map[string]string, body []byte) []byte {
	t.Helper()
	lower := make(map[string]string, len(headers))
	for name, value := range headers {
		lower[strings.ToLower(name)] = value
	}
	payload, err := json.Marshal(object{
		"version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "", "headers": lower,
		"requestContext": object{"stage": "$default", "http": object{"method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"}},
		"body":           base64.StdEncoding.EncodeToString(body), "isBase64Encoded": true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

// response is the form of the function's answer that a function URL reads.
type response struct {
	StatusCode int    `json:"statusCode"`
	Body       string `json:"body"`
}

// deliver invokes the webhook function.
func deliver(t *testing.T, l *stack.Lambda, path string, headers map[string]string, body []byte) response {
	t.Helper()
	raw, failed, err := l.Invoke(runContext, functionURL(t, path, headers, body))
	if err != nil || failed != nil {
		t.Fatalf("invoking the function: %v, %v\n%s", err, failed, l.Log())
	}
	var r response
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatalf("reading the response %s: %v", raw, err)
	}
	return r
}

// Each provider's delivery goes through the webhook function and checks the provider's resource alone; with a wrong secret,
// or none, nothing is checked.
func TestWebhookFunction(t *testing.T) {
	a := newATC(t)
	env := append(append(a.env(), secretEnv()...), "CONFIG="+file(t, document(t, a.url)))
	l := startLambda(within(t, 3*time.Minute), t, "webhook", env...)
	for _, d := range deliveries() {
		t.Run(d.provider, func(t *testing.T) {
			d.prepare(t, secretOf(d.servedAs()))
			r := deliver(t, l, d.path, d.headers, d.body)
			wantNotified(t, r.StatusCode, []byte(r.Body), resource(d.provider))
			a.wantChecked(t, resource(d.provider))

			d.prepare(t, "planted-guess")
			for name, path := range map[string]string{"a wrong secret": d.path, "none": "/" + d.servedAs()} {
				r := deliver(t, l, path, without(d.headers, name == "none"), d.body)
				if r.StatusCode != 401 {
					t.Errorf("%s: answered %d %s", name, r.StatusCode, r.Body)
				}
			}
			a.wantChecked(t)
		})
	}
	if a.logIns != 1 {
		t.Errorf("%d log ins", a.logIns)
	}
	wantNothingPlanted(t, l.Log())
}

// without are the headers without those that prove that a delivery is authentic.
func without(headers map[string]string, bare bool) map[string]string {
	if !bare {
		return headers
	}
	left := make(map[string]string)
	for name, value := range headers {
		if name != "Authorization" && !strings.Contains(name, "Signature") && !strings.Contains(name, "Token") && !strings.Contains(name, "Auth") {
			left[name] = value
		}
	}
	return left
}

// At its root, the function recognises a provider that has headers of its own.
func TestWebhookFunctionRoot(t *testing.T) {
	a := newATC(t)
	env := append(append(a.env(), secretEnv()...), "CONFIG="+file(t, document(t, a.url)))
	l := startLambda(within(t, 3*time.Minute), t, "webhook", env...)
	for _, d := range deliveries() {
		d.prepare(t, secretOf(d.servedAs()))
		if d.path != "/"+d.servedAs() || slices.Contains([]string{"harbor", "acr"}, d.provider) {
			continue
		}
		t.Run(d.provider, func(t *testing.T) {
			r := deliver(t, l, "/", d.headers, d.body)
			wantNotified(t, r.StatusCode, []byte(r.Body), resource(d.provider))
			a.wantChecked(t, resource(d.provider))
		})
	}
	if r := deliver(t, l, "/", nil, []byte("{}")); r.StatusCode != 404 || !strings.Contains(r.Body, "/github") {
		t.Errorf("an unknown provider: answered %d %s", r.StatusCode, r.Body)
	}
}

// Each provider's delivery goes through the server, with the same results.
func TestServer(t *testing.T) {
	a := newATC(t)
	s := startServer(t, append(a.env(), secretEnv()...), "--config", file(t, document(t, a.url)))
	for _, d := range deliveries() {
		t.Run(d.provider, func(t *testing.T) {
			d.prepare(t, secretOf(d.servedAs()))
			status, body := s.post(t, d)
			wantNotified(t, status, body, resource(d.provider))
			a.wantChecked(t, resource(d.provider))

			d.prepare(t, "planted-guess")
			if status, body := s.post(t, d); status != 401 {
				t.Errorf("a wrong secret: answered %d %s", status, body)
			}
			a.wantChecked(t)
		})
	}
	if err := s.stop(); err != nil {
		t.Errorf("the server ended: %v\n%s", err, s.log)
	}
	wantNothingPlanted(t, s.log.String())
}

func (s *server) post(t *testing.T, d *delivery) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(runContext, http.MethodPost, s.url+d.path, bytes.NewReader(d.body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range d.headers {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body
}

func wantNothingPlanted(t *testing.T, log string) {
	t.Helper()
	if log == "" {
		t.Error("the log is empty")
	}
	for line := range strings.Lines(log) {
		if strings.Contains(line, "planted") {
			t.Errorf("the log holds a secret: %s", line)
		}
	}
}
