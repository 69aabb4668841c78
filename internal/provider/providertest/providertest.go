// Package providertest tests what every provider (a delivery -> provider -> event) must keep to; each provider's own tests call
// it with their payloads.
package providertest

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// Headers are a request's, by name.
type Headers map[string]string

// Request is a POST with the headers and the body.
func Request(headers Headers, body []byte) *provider.Request {
	h := make(http.Header, len(headers))
	for name, value := range headers {
		h.Set(name, value)
	}
	return &provider.Request{Method: http.MethodPost, Path: "/", Header: h, Body: body}
}

// Payload reads a file of testdata.
func Payload(t testing.TB, file string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// ParseCase is a delivery and what it is read as: a Delivery, or an error.
type ParseCase struct {
	Name    string
	Headers Headers
	// File is a file of testdata with the body; Body is the body where it is empty.
	File string
	Body string
	Want provider.Delivery
	// Malformed is the text of the *MalformedError that is wanted instead of Want.
	Malformed string
}

// Parse runs the cases. Those with a file are run again with each of its values spoilt in several ways; see spoil.
func Parse(t *testing.T, p provider.Provider, cases []ParseCase) {
	t.Helper()
	for _, tt := range cases {
		t.Run(tt.Name, func(t *testing.T) {
			t.Parallel()
			body := []byte(tt.Body)
			if tt.File != "" {
				body = Payload(t, tt.File)
				spoil(t, body, func(spoilt []byte) { Check(t, p, Request(tt.Headers, spoilt)) })
			}
			got, err := p.Parse(Request(tt.Headers, body))
			if tt.Malformed != "" {
				var malformed *provider.MalformedError
				if !errors.As(err, &malformed) || malformed.Reason != tt.Malformed {
					t.Fatalf("error %v, want the *MalformedError %q", err, tt.Malformed)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.Want, got); diff != "" {
				t.Errorf("delivery (-want +got):\n%s", diff)
			}
		})
	}
}

// Check fails unless Parse keeps to its contract: its only error is a *MalformedError, which shows nothing of the payload; the
// delivery has events that name what they happened to, or else the reason for having none.
func Check(t testing.TB, p provider.Provider, req *provider.Request) {
	t.Helper()
	d, err := parseOnce(t, p, *req)
	if err != nil {
		var malformed *provider.MalformedError
		if !errors.As(err, &malformed) {
			t.Fatalf("error %T %v on %s", err, err, req.Body)
		}
		if strings.Contains(err.Error(), canary) {
			t.Fatalf("the error shows the payload: %v", err)
		}
		return
	}
	if (len(d.Events) == 0) == (d.Ignored == "") {
		t.Fatalf("%d events and ignored %q on %s", len(d.Events), d.Ignored, req.Body)
	}
	if d.Name == "" || strings.ContainsAny(d.Name+d.Ignored+d.ID, "\r\n\x00\x1b") {
		t.Fatalf("name %q, id %q, ignored %q", d.Name, d.ID, d.Ignored)
	}
	for _, e := range d.Events {
		for _, k := range e.Keys() {
			if k.Name == "" {
				t.Fatalf("event %v has an empty key on %s", e, req.Body)
			}
		}
		if len(e.Keys()) == 0 || e.String() == "" {
			t.Fatalf("event %#v has no key on %s", e, req.Body)
		}
		if push, ok := e.(event.Push); ok {
			checkPush(t, push)
		}
	}
}

// parseOnce fails where the delivery keeps a part of the body, whose memory is used again.
func parseOnce(t testing.TB, p provider.Provider, req provider.Request) (provider.Delivery, error) {
	t.Helper()
	req.Body = bytes.Clone(req.Body)
	d, err := p.Parse(&req)
	before := asJSON(t, d)
	for i := range req.Body {
		req.Body[i] = '#'
	}
	if after := asJSON(t, d); after != before {
		t.Fatalf("the delivery changes with the body's memory, from\n%s\nto\n%s", before, after)
	}
	return d, err
}

func asJSON(t testing.TB, d provider.Delivery) string {
	t.Helper()
	raw, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// checkPush fails where a push could be skipped because of its files although none are known.
func checkPush(t testing.TB, p event.Push) {
	t.Helper()
	if !strings.HasPrefix(p.Ref, "refs/") {
		t.Fatalf("ref %q is not a full name", p.Ref)
	}
	if p.Deleted || p.CommitsPartial != "" || p.FilesPartial != "" {
		return
	}
	if len(p.Commits) == 0 {
		t.Fatalf("a push without commits is said to be complete: %#v", p)
	}
	for _, c := range p.Commits {
		if len(c.Files) == 0 {
			t.Fatalf("a commit without files is said to be complete: %#v", p)
		}
	}
}

// VerifyCase is a request and whether it is authentic.
type VerifyCase struct {
	Name    string
	Request *provider.Request
	// Unauthorized is the error's text; "" where the request is authentic.
	Unauthorized string
}

// Verify runs the cases with the secrets.
func Verify(t *testing.T, p provider.Provider, secrets []string, cases []VerifyCase) {
	t.Helper()
	for _, tt := range cases {
		t.Run(tt.Name, func(t *testing.T) {
			t.Parallel()
			err := p.Verify(tt.Request, secrets)
			checkRefuse(t, p, tt.Request, secrets, err)
			if tt.Unauthorized == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var unauthorized *provider.UnauthorizedError
			if !errors.As(err, &unauthorized) || unauthorized.Reason != tt.Unauthorized {
				t.Fatalf("error %v, want the *UnauthorizedError %q", err, tt.Unauthorized)
			}
		})
	}
}

// checkRefuse fails where Refuse looks at the body, or gives another error than Verify.
func checkRefuse(t *testing.T, p provider.Provider, req *provider.Request, secrets []string, verified error) {
	t.Helper()
	early := *req
	early.Body = nil
	if refused := p.Refuse(&early, secrets); refused != nil && (verified == nil || refused.Error() != verified.Error()) {
		t.Errorf("refused for %v before the body is read, while Verify says %v", refused, verified)
	}
}

// Fuzz feeds Parse and Verify, beginning with the files of testdata and of the provider's folder in it. Each of the headers is
// used, such as one for each event.
func Fuzz(f *testing.F, p provider.Provider, headers ...Headers) {
	f.Helper()
	if len(headers) == 0 {
		headers = []Headers{{}}
	}
	files, _ := filepath.Glob(filepath.Join("testdata", "*.json"))
	own, _ := filepath.Glob(filepath.Join("testdata", p.Name, "*.json"))
	files = append(files, own...)
	if len(files) == 0 {
		f.Fatal("no payloads in testdata")
	}
	for i := range headers {
		for _, file := range files {
			body, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(i, body, "sha256=00")
		}
		f.Add(i, bytes.Repeat([]byte("["), 20_000), "v1,AA==")
	}
	f.Fuzz(func(t *testing.T, i int, body []byte, signature string) {
		req := Request(headers[((i%len(headers))+len(headers))%len(headers)], body)
		Check(t, p, req)
		for _, name := range []string{"X-Hub-Signature-256", "X-Signature-256", "Webhook-Signature", "Webhook-Id", "Webhook-Timestamp", "Authorization"} {
			req.Header.Set(name, signature)
		}
		var unauthorized *provider.UnauthorizedError
		if err := p.Verify(req, []string{"a secret that nobody guesses"}); !errors.As(err, &unauthorized) {
			t.Fatalf("verified, or an error of another type: %v", err)
		}
	})
}
