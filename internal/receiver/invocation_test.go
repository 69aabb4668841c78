package receiver_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/receiver"
)

func toJSON(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

type object = map[string]any

// s3Record is S3's of a new object, as it is in a list of Records.
func s3Record(key string) object {
	return object{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": object{
		"bucket": object{"name": "releases"}, "object": object{"key": key},
	}}
}

func s3Notification(key string) string { return toJSON(object{"Records": []any{s3Record(key)}}) }

// sqs is a batch of messages with the ids m0, m1 and so on.
func sqs(bodies ...string) string {
	records := make([]any, len(bodies))
	for i, body := range bodies {
		records[i] = object{"eventSource": "aws:sqs", "messageId": "m" + string(rune('0'+i)), "body": body}
	}
	return toJSON(object{"Records": records})
}

// httpAPI is a function URL's request.
func httpAPI(path, body string, h headers) string {
	return toJSON(object{
		"version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "", "headers": h,
		"requestContext": object{"stage": "$default", "http": object{"method": "POST", "path": path}},
		"body":           body, "isBase64Encoded": false,
	})
}

const (
	tarballNotified = `{"status":"ok","message":"resources notified","checks":{"success":["main/deploy/tarball"],"failure":[]}}`
	failedATC       = `{"status":"error","message":"some resources could not be notified","checks":{"success":[],` +
		`"failure":["main/deploy/tarball"],"errors":{"main/deploy/tarball":"Concourse answered 503"}}}`
)

// invokeCase is an invocation, and all that comes of it.
type invokeCase struct {
	name    string
	payload string
	change  func(*receiver.Receiver)
	atc     func(context.Context, string) error

	want  string
	err   string
	calls []string
}

// Every shape.
func TestInvoke(t *testing.T) {
	t.Parallel()
	body := push(sourcePush)
	h := signed("push", body)
	response := func(status int, description, headers, body string) string {
		if description != "" {
			description = `"statusDescription":"` + description + `",`
		}
		return `{"statusCode":` + toJSON(status) + `,` + description + headers + `,"body":` + toJSON(body) + `,"isBase64Encoded":false}`
	}
	const single, multi = `"headers":{"content-type":"application/json"}`, `"multiValueHeaders":{"content-type":["application/json"]}`
	tarball := []string{"main/deploy/tarball"}
	down := refusal("tarball", 503)
	multiHeaders := make(map[string][]string)
	for name, value := range h {
		multiHeaders[strings.ToLower(name)] = []string{value}
	}
	tests := []invokeCase{
		{
			name: "ALB", want: response(200, "200 OK", multi, notified), calls: asked,
			payload: toJSON(object{
				"requestContext": object{"elb": object{}}, "httpMethod": "POST", "path": "/github", "multiValueHeaders": multiHeaders,
				"body": base64.StdEncoding.EncodeToString([]byte(body)), "isBase64Encoded": true,
			}),
		},
		{
			name: "asynchronous destination", want: tarballNotified, calls: tarball,
			payload: toJSON(object{
				"version": "1.0", "requestContext": object{"functionArn": "arn:aws:lambda:x", "condition": "RetriesExhausted"},
				"requestPayload": json.RawMessage(s3Notification("app-1.tgz")),
			}),
		},
		{name: "function URL", payload: httpAPI("/github", body, h), want: response(200, "", single, notified), calls: asked},
		{
			name: "function URL, wrong signature", payload: httpAPI("/", body+" ", h),
			want: response(401, "", single, `{"status":"error","message":"the X-Hub-Signature-256 header is not the signature of the body"}`),
		},
		{
			name: "REST API", want: response(200, "", single, notified), calls: asked,
			payload: toJSON(object{
				"resource": "/{proxy+}", "httpMethod": "POST", "path": "/ci/github", "pathParameters": object{"proxy": "github"}, "headers": h,
				"requestContext": object{"stage": "prod"}, "body": body,
			}),
		},
		{
			name: "REST API, base64 that is not", want: response(400, "", single, `{"status":"error","message":"reading the request's body: isBase64Encoded is true, but it is not base64"}`),
			payload: toJSON(object{
				"httpMethod": "POST", "path": "/github", "headers": h, "requestContext": object{}, "body": "%", "isBase64Encoded": true,
			}),
		},
		{name: "S3", payload: s3Notification("app-1.tgz"), want: tarballNotified, calls: tarball},
		{name: "S3, ATC that fails", payload: s3Notification("app-1.tgz"), atc: down, err: "[502] some resources could not be notified", calls: []string{tarball[0], tarball[0]}},
		{name: "S3, nothing concerned", payload: s3Notification("other"), want: `{"status":"ok","message":"no resources concerned","checks":{"success":[],"failure":[]}}`},
		{
			name: "SNS", want: tarballNotified, calls: tarball,
			payload: toJSON(object{"Records": []any{object{"EventSource": "aws:sns", "Sns": object{"Type": "Notification", "Message": s3Notification("app-1.tgz")}}}}),
		},
		{
			name:    "SQS, one bad message",
			payload: sqs(s3Notification("app-1.tgz"), "{", s3Notification("app-2.tgz")),
			want:    `{"batchItemFailures":[{"itemIdentifier":"m1"}]}`, calls: tarball, // of two messages, one post
		},
		{name: "SQS, ATC that fails", payload: sqs(s3Notification("app-1.tgz"), s3Notification("other")), atc: down, want: `{"batchItemFailures":[{"itemIdentifier":"m0"}]}`, calls: []string{tarball[0], tarball[0]}},
		{
			name:    "a pipe's list, one bad message, and an ATC that fails",
			payload: strings.TrimSuffix(strings.TrimPrefix(sqs("{", s3Notification("app-1.tgz"), s3Notification("other")), `{"Records":`), "}"), atc: down,
			want: `{"batchItemFailures":[{"itemIdentifier":"m0"},{"itemIdentifier":"m1"}]}`, calls: []string{tarball[0], tarball[0]},
		},
		{
			name:    "a pipe's list of what has no id, one bad",
			payload: `[` + s3Notification("app-1.tgz") + `,{}]`, calls: tarball,
			err: "[400] reading the invocation: its shape is unknown; it must be a load balancer's request, an asynchronous destination's wrapper, " +
				"an HTTP API's or function URL's request, a REST API's request, Records (aws:sqs, aws:sns, aws:s3, aws:codecommit), " +
				"a list from EventBridge Pipes, an EventBridge event, an S3 test event, or the strings event, signature and body",
		},
		{
			name: "webhook in SQS", want: `{"batchItemFailures":[]}`, calls: asked,
			payload: toJSON(object{"Records": []any{object{"eventSource": "aws:sqs", "messageId": "m0", "body": body, "messageAttributes": object{
				"X-GitHub-Event":      object{"stringValue": "push"},
				"X-Hub-Signature-256": object{"stringValue": h["X-Hub-Signature-256"]},
			}}}}),
		},
		{
			name: "EventBridge", want: tarballNotified, calls: tarball,
			payload: toJSON(object{"version": "0", "detail-type": "Object Created", "source": "aws.s3", "detail": object{
				"bucket": object{"name": "releases"}, "object": object{"key": "app-1.tgz"},
			}}),
		},
		{name: "S3 test event", payload: `{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"releases"}`, want: `{"status":"ok","message":"s3:TestEvent event ignored"}`},
		{
			name:    "the mapping template of the 2016 form",
			payload: toJSON(object{"event": "push", "signature": sha1Signature(body), "body": body}), want: notified, calls: asked,
		},
		{
			name: "the mapping template of the 2016 form, wrong signature", payload: toJSON(object{"event": "push", "signature": "sha1=" + strings.Repeat("0", 40), "body": body}),
			err: "[401] the X-Hub-Signature header is not the signature of the body",
		},
		{
			name: "notification to the webhook endpoint", payload: s3Notification("app-1.tgz"),
			change: func(r *receiver.Receiver) { r.ParseNotification = nil },
			want:   `{"status":"error","message":"this endpoint takes webhooks, not notifications"}`,
		},
		{
			name: "webhook to the notification endpoint", payload: httpAPI("/github", body, h),
			change: func(r *receiver.Receiver) { r.Providers = nil },
			want:   response(403, "", single, `{"status":"error","message":"this endpoint takes notifications, not webhooks"}`),
		},
		{name: "record without a bucket", payload: `{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put"}]}`, want: `{"status":"error","message":"record 0: s3.bucket.name is missing"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.run(t, body)
		})
	}
}

func (tt invokeCase) run(t *testing.T, signed string) {
	t.Helper()
	c := &checker{answer: tt.atc}
	r, l := newReceiver(t, c)
	if tt.change != nil {
		tt.change(r)
	}
	got, err := r.Invoke(t.Context(), json.RawMessage(tt.payload))
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text != tt.err || string(got) != tt.want {
		t.Errorf("answered\n%s, %q\nwant\n%s, %q", got, text, tt.want, tt.err)
	}
	if got := c.called(); !slices.Equal(got, tt.calls) {
		t.Errorf("asked to check %q, want %q", got, tt.calls)
	}
	wantNothingPlanted(t, "the log", l.String(), signed)
	wantNothingPlanted(t, "the answer", string(got)+text, signed)
}

func TestInvokeUnknownShape(t *testing.T) {
	t.Parallel()
	for _, payload := range []string{`{}`, `[]`, `null`, `{"Records":1}`, `{"planted":true}`} {
		r, _ := newReceiver(t, new(checker))
		got, err := r.Invoke(t.Context(), json.RawMessage(payload))
		if err == nil || got != nil || !strings.HasPrefix(err.Error(), "reading the invocation: ") || strings.Contains(err.Error(), "planted") {
			t.Errorf("%s: answered %s, %v", payload, got, err)
		}
	}
}

// The answer is out half a second before Lambda ends the invocation, whatever the ATC does.
func TestInvokeDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, _ := newReceiver(t, &checker{answer: func(ctx context.Context, _ string) error {
			<-ctx.Done()
			return ctx.Err()
		}})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start := time.Now()
		_, err := r.Invoke(ctx, json.RawMessage(s3Notification("app-1.tgz")))
		if err == nil || err.Error() != "[502] some resources could not be notified" {
			t.Errorf("error %v", err)
		}
		if took := time.Since(start); took != 2500*time.Millisecond {
			t.Errorf("answered after %s", took)
		}
	})
}

// What is left of a batch when the time is up is named as failed, so that the queue delivers it again.
func TestInvokeDeadlineOfABatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, _ := newReceiver(t, &checker{answer: func(ctx context.Context, _ string) error {
			<-ctx.Done()
			return ctx.Err()
		}})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		got, err := r.Invoke(ctx, json.RawMessage(sqs(s3Notification("other.txt"), s3Notification("app-2.tgz"), s3Notification("app-3.tgz"))))
		if want := `{"batchItemFailures":[{"itemIdentifier":"m1"},{"itemIdentifier":"m2"}]}`; err != nil || string(got) != want {
			t.Errorf("answered %s, %v", got, err)
		}
	})
}

// An error that is nobody's fault but the endpoint's asks for another delivery, and says why in the log only.
func TestInvokeWithoutConfig(t *testing.T) {
	t.Parallel()
	r, l := newReceiver(t, new(checker))
	r.Current = func(context.Context) (*receiver.Current, error) { return nil, errors.New("a detail for the operator") }
	_, err := r.Invoke(t.Context(), json.RawMessage(s3Notification("app-1.tgz")))
	if err == nil || err.Error() != "[503] the endpoint can't work at the moment; its log says why" {
		t.Errorf("error %v", err)
	}
	if lines := l.lines(t, "delivery"); len(lines) != 1 || lines[0]["error"] != "a detail for the operator" {
		t.Errorf("log %v", lines)
	}
}

// The log says which record of a batch could not be read, while the others are served.
func TestUnreadRecord(t *testing.T) {
	t.Parallel()
	r, l := newReceiver(t, new(checker))
	payload := toJSON(object{"Records": []any{s3Record("app-1.tgz"), object{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put"}}})
	if _, err := r.Invoke(t.Context(), json.RawMessage(payload)); err != nil {
		t.Fatal(err)
	}
	line := l.lines(t, "delivery")[0]
	want := []any{"record 1: s3.bucket.name is missing"}
	if !reflect.DeepEqual(line["unread"], want) || line["level"] != "WARN" || line["status"] != 200.0 {
		t.Errorf("the log says %v", line)
	}
}
