package receiver_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/envelope"
	"github.com/dpb587/concourse-resource-endpoints/internal/panics"
	"github.com/dpb587/concourse-resource-endpoints/internal/receiver"
)

// FuzzInvoke: no payload makes a panic, nor an error that says that it is the endpoint's fault. Nothing is signed, so that
// the parsers behind the verification are reached.
func FuzzInvoke(f *testing.F) {
	body := push(sourcePush)
	h := signed("push", body)
	for _, seed := range []string{
		httpAPI("/github", body, h), httpAPI("/", body, h), httpAPI("/generic", `{"check":"main/app/source"}`, nil),
		httpAPI("/gitlab", `{"object_kind":"push","ref":"refs/heads/main","project":{"git_http_url":"https://github.com/octo/app"}}`, nil),
		httpAPI("/s3", s3Notification("app-1.tgz"), nil), s3Notification("app-1.tgz"), sqs(s3Notification("app-1.tgz"), "{", body),
		toJSON(object{"event": "push", "signature": sha1Signature(body), "body": body}),
		toJSON(object{"Records": []any{object{"EventSource": "aws:sns", "Sns": object{"Type": "Notification", "Message": s3Notification("k")}}}}),
		`{"version":"0","detail-type":"Object Created","source":"aws.s3","detail":{"bucket":{"name":"releases"},"object":{"key":"app-1.tgz"}}}`,
		`{"Event":"s3:TestEvent"}`, `null`, `[]`, `{}`,
	} {
		f.Add([]byte(seed))
	}
	r, _ := newReceiver(f, new(checker))
	r.AllowUnsigned, r.Logger = true, slog.New(slog.DiscardHandler)
	current, err := r.Current(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	current.Secrets = nil
	r.Current = func(context.Context) (*receiver.Current, error) { return current, nil }
	f.Fuzz(func(t *testing.T, payload []byte) {
		got, err := r.Invoke(t.Context(), json.RawMessage(payload))
		var failed *envelope.FailedError
		if errors.As(err, &failed) && failed.Status >= 500 || len(panics.Attrs(err)) > 0 {
			t.Fatalf("failed with %v %v", err, panics.Attrs(err))
		}
		if err != nil {
			return
		}
		var answer struct {
			StatusCode int `json:"statusCode"`
		}
		if err := json.Unmarshal(got, &answer); err != nil || answer.StatusCode >= 500 {
			t.Fatalf("answered %s, %v", got, err)
		}
	})
}
