package receiver_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providers"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providertest"
	"github.com/dpb587/concourse-resource-endpoints/internal/receiver"
)

// attempt is a request that its path and headers show to be forged, whatever its body is. The path is below the provider's own.
type attempt struct {
	path    string
	headers headers
}

const snsTopic = "arn:aws:sns:us-east-1:123456789012:app"

var (
	wrongURL = []attempt{{}, {path: "/"}, {path: "/x"}, {path: "/" + plantedSecret + "/x"}, {path: "?token="}, {path: "?token=x"}, {path: "/x?token=" + plantedSecret}}
	// Those of a header with the whole secret.
	wrongAuthorization = with("Authorization", "x", "Bearer x", "Basic "+plantedSecret)
)

// attempts has for each provider all the ways to be refused before the body is read.
var attempts = map[string][]attempt{
	"github":    signatures("X-Hub-Signature-256 sha256= 64", "X-Hub-Signature sha1= 40"),
	"gitea":     signatures("X-Forgejo-Signature  64", "X-Gitea-Signature  64", "X-Gogs-Signature  64", "X-Hub-Signature-256 sha256= 64"),
	"bitbucket": signatures("X-Hub-Signature sha256= 64"),
	"generic":   signatures("X-Signature-256 sha256= 64", "X-Hub-Signature-256 sha256= 64"),
	"gitlab": slices.Concat([]attempt{{}, {headers: standard("", "v1,"+strings.Repeat("A", 43)+"=")}}, with("X-Gitlab-Token", "x"), []attempt{
		{headers: standard(now(), "")},
		{headers: standard("now", "v1,"+strings.Repeat("A", 43)+"=")},
		{headers: standard("1700000000", "v1,"+strings.Repeat("A", 43)+"=")}, // long ago
		{headers: standard(now(), "v1,"+strings.Repeat("A", 40))},
		{headers: standard(now(), "v1,"+strings.Repeat("A", 48))},
		{headers: standard(now(), "v1,"+strings.Repeat("!", 44))},
		{headers: standard(now(), "v2,"+strings.Repeat("A", 43)+"=")},
	}),
	"azure-devops": slices.Concat([]attempt{{}, {path: "/" + plantedSecret}}, with("Authorization", "Bearer "+plantedSecret, "Basic !", "Basic dTp3cm9uZw==")), // u:wrong
	"jfrog":        slices.Concat(wrongURL, with("X-JFrog-Event-Auth", "x", strings.Repeat("g", 64), strings.Repeat("0", 62), strings.Repeat("0", 66))),
	"sns": {
		{headers: headers{"X-Amz-Sns-Rawdelivery": "true"}},
		{path: "/x", headers: headers{"X-Amz-Sns-Rawdelivery": "true"}},
		{headers: headers{"X-Amz-Sns-Topic-Arn": snsTopic + "2"}},
		{path: "/x", headers: headers{"X-Amz-Sns-Topic-Arn": "arn:aws:sns:us-east-1:210987654321:app"}},
	},
	"event-grid": slices.Concat(wrongURL, with("Authorization", "Bearer "+plantedSecret)),
	"pubsub":     slices.Concat(wrongURL, with("Authorization", "Bearer "+plantedSecret)),
	"dockerhub":  wrongURL,
	"quay":       wrongURL,
	"registry":   slices.Concat(wrongURL, wrongAuthorization),
	"zot":        slices.Concat(wrongURL, wrongAuthorization),
	"harbor":     slices.Concat(wrongURL, wrongAuthorization),
	"acr":        slices.Concat(wrongURL, wrongAuthorization),
	"s3":         slices.Concat(wrongURL, wrongAuthorization),
}

func with(header string, values ...string) (list []attempt) {
	for _, v := range values {
		list = append(list, attempt{headers: headers{header: v}})
	}
	return list
}

func now() string { return strconv.FormatInt(time.Now().Unix(), 10) }

func standard(timestamp, signature string) headers {
	return headers{"Webhook-Id": "id", "Webhook-Timestamp": timestamp, "Webhook-Signature": signature}
}

// signatures are none at all and malformed ones in each of the headers, which are given as a name, a prefix and a number of digits.
func signatures(of ...string) []attempt {
	list := []attempt{{}}
	for _, header := range of {
		parts, digits := strings.Split(header, " "), 0
		if _, err := fmt.Sscan(parts[2], &digits); err != nil {
			panic(err)
		}
		list = append(list, with(parts[0], "", parts[1], parts[1]+strings.Repeat("0", digits-2), parts[1]+strings.Repeat("0", digits+2),
			parts[1]+strings.Repeat("g", digits), "md5="+strings.Repeat("0", digits))...)
	}
	return list
}

// guarded is a receiver of all providers, each with a secret, and with no secret at all if without is true.
func guarded(t *testing.T, without bool) (*receiver.Receiver, *log) {
	t.Helper()
	r, l := newReceiver(t, new(checker))
	r.Providers = providers.Served(providers.Options{SNSTopics: []string{snsTopic}})
	if without {
		r.Providers = providers.All()
	}
	current, err := r.Current(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	current.Secrets = map[string][]string{}
	for _, p := range r.Providers {
		if !without {
			current.Secrets[p.Name] = []string{plantedSecret, plantedSecret + "-old"}
		}
	}
	r.Current = func(context.Context) (*receiver.Current, error) { return current, nil }
	return r, l
}

// What path and headers show to be forged is refused before the body is read by the server, or decoded by a function.
func TestForgedIsRefusedUnread(t *testing.T) {
	t.Parallel()
	for _, p := range providers.All() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			if len(attempts[p.Name]) == 0 {
				t.Fatal("there are no attempts")
			}
			r, l := guarded(t, false)
			for _, a := range attempts[p.Name] {
				wantRefusedUnread(t, r, p, a)
			}
			wantNothingPlanted(t, "the log", l.String(), "")
			// Without a secret nothing is let in, and no header helps.
			r, _ = guarded(t, true)
			wantRefusedUnread(t, r, p, attempt{})
			wantRefusedUnread(t, r, p, attempt{path: "/" + plantedSecret, headers: signed("push", "")})
		})
	}
}

func wantRefusedUnread(t *testing.T, r *receiver.Receiver, p provider.Provider, a attempt) {
	t.Helper()
	path := "/" + p.Name + a.path
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, unread{t})
	for name, value := range a.headers {
		req.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	if r.ServeHTTP(w, req); w.Code != http.StatusUnauthorized {
		t.Errorf("%s %v: answered %d %s", path, a.headers, w.Code, w.Body)
	}
	rawPath, query, _ := strings.Cut(path, "?")
	got, err := r.Invoke(t.Context(), json.RawMessage(toJSON(object{
		"version": "2.0", "rawPath": rawPath, "rawQueryString": query, "requestContext": object{"http": object{"method": "POST"}},
		"headers": a.headers, "isBase64Encoded": true, "body": "! no base64",
	})))
	if err != nil || !strings.Contains(string(got), `"statusCode":401`) {
		t.Errorf("%s %v: by Lambda: answered %s, %v", path, a.headers, got, err)
	}
}

// FuzzRefuse: what is refused by path and headers is refused with any body, too, and nothing but a secret lets anything in.
func FuzzRefuse(f *testing.F) {
	for _, name := range slices.Sorted(maps.Keys(attempts)) {
		for _, a := range attempts[name] {
			path, query, _ := strings.Cut(a.path, "?")
			for header, value := range a.headers {
				f.Add(name, path, query, header, value, []byte(`{"a":1}`))
			}
		}
	}
	served := providers.Served(providers.Options{SNSTopics: []string{snsTopic}})
	secrets := []string{"a secret that nobody guesses"}
	f.Fuzz(func(t *testing.T, name, path, query, header, value string, body []byte) {
		for _, p := range served {
			if p.Name != name {
				continue
			}
			req := &provider.Request{Method: http.MethodPost, Path: "/" + name + path, Query: query, Header: http.Header{}}
			req.Header.Set(header, value)
			if name == "gitlab" && header != "Webhook-Id" {
				req.Header.Set("Webhook-Id", "id")
			}
			refused := p.Refuse(req, secrets)
			req.Body = body
			verified := p.Verify(req, secrets)
			switch {
			case verified == nil:
				t.Fatal("a forged delivery is let in")
			case refused != nil && refused.Error() != verified.Error():
				t.Fatalf("refused for %q, and verified with %q", refused, verified)
			}
		}
	})
}

// FuzzSignedBody: a body that was changed after it was signed is not let in, by any provider that signs the body.
func FuzzSignedBody(f *testing.F) {
	const body = `{"ref":"refs/heads/main","after":"b"}`
	secrets := []string{plantedSecret}
	hexMAC := mac(sha256.New, plantedSecret, body)
	m := hmac.New(sha256.New, []byte(plantedSecret))
	_, _ = io.WriteString(m, "id.1700000000."+body)
	headersOf := map[string]headers{
		"github": {"X-Hub-Signature-256": "sha256=" + hexMAC}, "gitea": {"X-Gitea-Signature": hexMAC},
		"bitbucket": {"X-Hub-Signature": "sha256=" + hexMAC}, "generic": {"X-Signature-256": "sha256=" + hexMAC},
		"jfrog": {"X-JFrog-Event-Auth": hexMAC}, "gitlab": standard("1700000000", "v1,"+base64.StdEncoding.EncodeToString(m.Sum(nil))),
	}
	for i := range len(body) {
		f.Add(i, 1, []byte("x"))
		f.Add(i, 0, []byte("\x00"))
		f.Add(i, i, []byte(nil))
	}
	all := providers.All()
	f.Fuzz(func(t *testing.T, at, cut int, insert []byte) {
		at = min(max(at, 0), len(body))
		cut = min(max(cut, 0), len(body)-at)
		changed := body[:at] + string(insert) + body[at+cut:]
		for _, p := range all {
			h, ok := headersOf[p.Name]
			if !ok {
				continue
			}
			req := providertest.Request(h, []byte(changed))
			req.Header.Set("Content-Type", "application/json")
			if err := p.Verify(req, secrets); (err == nil) != (changed == body) {
				t.Fatalf("%s: %q is verified with %v", p.Name, changed, err)
			}
		}
	})
}

// A signed time that is long ago counts where the sender waits for the answer, and not where a queue of the operator's kept the request.
func TestSignedTimeOfKeptRequest(t *testing.T) {
	t.Parallel()
	const body = `{"object_kind":"note"}`
	m := hmac.New(sha256.New, []byte(plantedSecret))
	_, _ = io.WriteString(m, "id.1700000000."+body)
	request := httpAPI("/gitlab", body, standard("1700000000", "v1,"+base64.StdEncoding.EncodeToString(m.Sum(nil))))
	for name, tt := range map[string]struct{ payload, want string }{
		"function URL": {request, `"statusCode":401`},
		"queue":        {sqs(request), `{"batchItemFailures":[]}`},
	} {
		r, _ := guarded(t, false)
		got, err := r.Invoke(t.Context(), json.RawMessage(tt.payload))
		if err != nil || !strings.Contains(string(got), tt.want) {
			t.Errorf("%s: answered %s, %v", name, got, err)
		}
	}
}

// A compressed body is taken as it is: no few bytes are unpacked to many.
func TestCompressedBody(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	if _, err := io.WriteString(zip, push(sourcePush)); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	r, _ := newReceiver(t, new(checker))
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/github", bytes.NewReader(packed.Bytes()))
	for name, value := range signed("push", packed.String()) {
		req.Header.Set(name, value)
	}
	req.Header.Set("Content-Encoding", "gzip")
	w := httptest.NewRecorder()
	if r.ServeHTTP(w, req); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "is not JSON") {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
}
