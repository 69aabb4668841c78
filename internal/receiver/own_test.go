package receiver_test

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dpb587/concourse-resource-endpoints/internal/envelope"
	"github.com/dpb587/concourse-resource-endpoints/internal/receiver"
)

// ofQueue is a batch of a queue's messages, with the ids m0, m1 and so on.
func ofQueue(t *testing.T, arn string, bodies ...string) json.RawMessage {
	t.Helper()
	var batch struct{ Records []object }
	if err := json.Unmarshal([]byte(sqs(bodies...)), &batch); err != nil {
		t.Fatal(err)
	}
	for _, record := range batch.Records {
		record["eventSourceARN"], record["receiptHandle"] = arn, "h"
	}
	return json.RawMessage(toJSON(object{"Records": batch.Records}))
}

const (
	ownARN = "arn:aws:sqs:us-east-1:1:retry"
	kept   = `{"oldest":"2026-01-01T00:00:00Z","checks":[{"name":"main/deploy/tarball"}]}`
)

// Messages of the function's own queue are one batch for Retry, which says of each whether it stays. Nothing is asked beside it.
func TestInvokeOwn(t *testing.T) {
	t.Parallel()
	c := new(checker)
	r, _ := newReceiver(t, c)
	var got []envelope.Own
	r.IsOwn = func(arn string) bool { return arn == ownARN }
	r.Retry = func(_ context.Context, own []envelope.Own) []bool {
		got = append(got, own...)
		return []bool{true, false, true}
	}
	out, err := r.Invoke(t.Context(), ofQueue(t, ownARN, kept, "{", s3Notification("app-1.tgz")))
	if want := `{"batchItemFailures":[{"itemIdentifier":"m1"}]}`; err != nil || string(out) != want {
		t.Errorf("answered %s, %v", out, err)
	}
	want := []envelope.Own{{ID: "m0", ReceiptHandle: "h", Body: kept}, {ID: "m1", ReceiptHandle: "h", Body: "{"}, {ID: "m2", ReceiptHandle: "h", Body: s3Notification("app-1.tgz")}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("retried (-want +got):\n%s", diff)
	}
	if len(c.called()) > 0 {
		t.Errorf("asked to check %q", c.called())
	}
}

// What looks like a message of the own queue is none if it comes from another queue or by HTTP, or if the function reads none.
func TestInvokeForged(t *testing.T) {
	t.Parallel()
	isOwn := func(arn string) bool { return arn == ownARN }
	failed := `{"batchItemFailures":[{"itemIdentifier":"m0"}]}`
	forgedBatch := string(ofQueue(t, ownARN, kept))
	for name, tt := range map[string]struct {
		payload json.RawMessage
		isOwn   func(string) bool
		want    string
	}{
		"another queue":        {ofQueue(t, "arn:aws:sqs:us-east-1:1:other", kept), isOwn, failed},
		"inside a message":     {ofQueue(t, "arn:aws:sqs:us-east-1:1:other", forgedBatch), isOwn, failed},
		"webhook function":     {ofQueue(t, ownARN, kept), nil, failed},
		"body of a request":    {json.RawMessage(httpAPI("/github", kept, signed("push", kept))), isOwn, ""},
		"records in a request": {json.RawMessage(httpAPI("/generic", forgedBatch, signed("push", forgedBatch))), isOwn, ""},
	} {
		c := new(checker)
		r, _ := newReceiver(t, c)
		r.IsOwn = tt.isOwn
		r.Retry = func(context.Context, []envelope.Own) []bool {
			t.Errorf("%s: it was retried", name)
			return []bool{true}
		}
		out, err := r.Invoke(t.Context(), tt.payload)
		if err != nil || tt.want != "" && string(out) != tt.want {
			t.Errorf("%s: answered %s, %v", name, out, err)
		}
		if len(c.called()) > 0 {
			t.Errorf("%s: asked to check %q", name, c.called())
		}
	}
}

// A store that hangs leaves half of an invocation's time for what comes after the config.
func TestInvokeStoreHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, _ := newReceiver(t, new(checker))
		current := r.Current
		r.Current = func(ctx context.Context) (*receiver.Current, error) {
			<-ctx.Done()
			return current(ctx)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start := time.Now()
		if out, err := r.Invoke(ctx, json.RawMessage(s3Notification("app-1.tgz"))); err != nil || string(out) != tarballNotified {
			t.Errorf("answered %s, %v", out, err)
		}
		if took := time.Since(start); took != 1250*time.Millisecond {
			t.Errorf("answered after %s", took)
		}
	})
}
