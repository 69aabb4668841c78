package stack_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/e2e/stack"
)

// The S3 server posts a test event when it starts and a notification in S3's record format for each object.
// A body as it was posted is kept in e2e/testdata/versitygw-notification.json.
func TestS3Notifications(t *testing.T) {
	ctx := within(t, time.Minute)
	bodies := make(chan []byte, 10)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("reading a notification: %v", err)
		}
		if r.Method != http.MethodPost {
			t.Errorf("method is %s, want POST", r.Method)
		}
		t.Logf("%s %s %v\n%s", r.Method, r.URL, r.Header, body)
		bodies <- body
	}))
	defer hook.Close()
	server, err := stack.StartS3(ctx, stack.S3Options{Dir: t.TempDir(), EventWebhookURL: hook.URL + "/s3"})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if err := server.CreateBucket(ctx, "b", false); err == nil {
		t.Error("a bucket of one letter was made, want S3's own rules")
	}
	if err := server.CreateBucket(ctx, "bucket", true); err != nil {
		t.Fatal(err)
	}
	if _, err := server.PutObject(ctx, "bucket", "dir/a b+ü.txt", []byte("one")); err != nil {
		t.Fatal(err)
	}
	if test := receive(t, bodies); test.Event != "s3:TestEvent" {
		t.Errorf("the first event is %+v, want the test event", test)
	}
	made := receive(t, bodies)
	if len(made.Records) != 1 || made.Records[0].EventSource != "aws:s3" || made.Records[0].S3.Bucket.Name != "bucket" {
		t.Errorf("the second event is %+v, want a record of the object", made)
	}
}

type notification struct {
	Event   string
	Records []struct {
		EventName   string `json:"eventName"`
		EventSource string `json:"eventSource"`
		S3          struct {
			Bucket struct {
				Name string `json:"name"`
			} `json:"bucket"`
		} `json:"s3"`
	}
}

func receive(t *testing.T, bodies <-chan []byte) notification {
	t.Helper()
	select {
	case body := <-bodies:
		var n notification
		if err := json.Unmarshal(body, &n); err != nil {
			t.Fatal(err)
		}
		return n
	case <-time.After(10 * time.Second):
		t.Fatal("no notification within 10 s")
		return notification{}
	}
}
