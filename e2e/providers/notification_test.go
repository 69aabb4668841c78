package providers_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/e2e/stack"
)

// notification is a file of AWS's test data.
func notification(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "internal", "provider", "aws", "testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func toJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// inSNS is the event that SNS invokes a function with (https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html).
func inSNS(t *testing.T, message string) string {
	t.Helper()
	return toJSON(t, object{"Records": []any{object{
		"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": "arn:aws:sns:us-east-1:123456789012:topic:1",
		"Sns": object{"Type": "Notification", "MessageId": "1", "TopicArn": "arn:aws:sns:us-east-1:123456789012:topic", "Message": message},
	}}})
}

// inSQS is the event that SQS invokes a function with (https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html).
func inSQS(t *testing.T, bodies map[string]string) string {
	t.Helper()
	records := []any{}
	for id, body := range bodies {
		records = append(records, object{"messageId": id, "eventSource": "aws:sqs", "awsRegion": "us-east-1", "body": body})
	}
	return toJSON(t, object{"Records": records})
}

// Each kind of notification goes through the notification function and checks its own resource only.
func TestNotificationFunction(t *testing.T) {
	a := newATC(t)
	l := startLambda(within(t, 3*time.Minute), t, "notification", append(a.env(), "CONFIG="+file(t, document(t, a.url)))...)
	for name, tt := range map[string]struct{ payload, checked string }{
		"S3":                  {notification(t, "s3-records"), "s3"},
		"SNS":                 {inSNS(t, notification(t, "s3-records")), "s3"},
		"EventBridge, S3":     {notification(t, "eventbridge-s3"), "s3-eventbridge"},
		"EventBridge, ECR":    {notification(t, "ecr-push"), "ecr"},
		"EventBridge, git":    {notification(t, "codecommit-updated"), "codecommit"},
		"CodeCommit":          {notification(t, "codecommit-trigger"), "codecommit"},
		"a server of S3's":    {notification(t, "versitygw"), "s3-server"},
		"asynchronous, again": {`{"requestContext":{"functionArn":"arn:aws:lambda:x"},"requestPayload":` + notification(t, "ecr-push") + `}`, "ecr"},
	} {
		t.Run(name, func(t *testing.T) {
			raw, failed, err := l.Invoke(runContext, []byte(tt.payload))
			if err != nil || failed != nil {
				t.Fatalf("invoking the function: %v, %v\n%s", err, failed, l.Log())
			}
			wantNotified(t, 200, raw, resource(tt.checked))
			a.wantChecked(t, resource(tt.checked))
		})
	}
	batch := inSQS(t, map[string]string{
		"plain": notification(t, "eventbridge-s3"), "bad": `{"Records":`, "unknown": "a text",
		"sns": toJSON(t, object{"Type": "Notification", "TopicArn": "arn:aws:sns:us-east-1:123456789012:topic", "Message": notification(t, "s3-records")}),
	})
	pipe := strings.TrimSuffix(strings.TrimPrefix(batch, `{"Records":`), "}") // what EventBridge Pipes makes of it
	for name, payload := range map[string]string{"SQS": batch, "SQS by a pipe": pipe} {
		t.Run(name, func(t *testing.T) { wantTwoFailures(t, a, l, payload) })
	}
	t.Run("S3's test event", func(t *testing.T) {
		raw, failed, err := l.Invoke(runContext, []byte(notification(t, "s3-test")))
		if want := `{"status":"ok","message":"s3:TestEvent event ignored"}`; err != nil || failed != nil || string(raw) != want {
			t.Errorf("answered %s, %v, %v", raw, failed, err)
		}
	})
	wantNothingPlanted(t, l.Log())
}

// wantTwoFailures fails unless the messages that can't be read are named, and the others checked.
func wantTwoFailures(t *testing.T, a *atc, l *stack.Lambda, payload string) {
	t.Helper()
	raw, failed, err := l.Invoke(runContext, []byte(payload))
	if err != nil || failed != nil {
		t.Fatalf("invoking the function: %v, %v\n%s", err, failed, l.Log())
	}
	var got struct {
		Failures []struct {
			ID string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	failures := map[string]bool{}
	for _, f := range got.Failures {
		failures[f.ID] = true
	}
	if len(failures) != 2 || !failures["bad"] || !failures["unknown"] {
		t.Errorf("answered %s, want that bad and unknown failed", raw)
	}
	a.wantChecked(t, resource("s3"), resource("s3-eventbridge"))
}

// While the ATC does not answer, the function fails, so that Lambda invokes it again.
func TestNotificationFunctionRetry(t *testing.T) {
	a := &atc{url: "http://127.0.0.1:1"} // nothing listens there
	config := file(t, document(t, a.url))
	l := startLambda(within(t, 3*time.Minute), t, "notification", append(a.env(), "CONFIG="+config)...)
	_, failed, err := l.Invoke(runContext, []byte(notification(t, "ecr-push")))
	if err != nil || failed == nil || failed.Message != "[502] some resources could not be notified" {
		t.Errorf("failure %v, %v", failed, err)
	}
	if _, failed, err = l.Invoke(runContext, []byte(notification(t, "s3-test"))); err != nil || failed != nil {
		t.Errorf("the next invocation: %v, %v", failed, err)
	}
}
