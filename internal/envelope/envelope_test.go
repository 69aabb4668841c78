package envelope_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dpb587/concourse-resource-endpoints/internal/envelope"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

const body = `{"ref":"refs/heads/main"}`

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func decode(t testing.TB, payload []byte) *envelope.Invocation {
	t.Helper()
	inv, err := envelope.Decode(payload)
	if err != nil {
		t.Fatalf("Decode: %v", err)
	}
	return inv
}

func TestDecodeHTTP(t *testing.T) {
	t.Parallel()
	type want struct {
		Shape               envelope.Shape
		Method, Path, Query string
		Event, Signature256 string
		Accept, Many, Sha1  []string
		Body                string
	}
	signature := "sha256=" + strings.Repeat("ab", 32)
	post := func(w want) want {
		w.Method, w.Event, w.Body = "POST", "push", body
		if w.Sha1 == nil {
			w.Signature256 = signature
		}
		return w
	}
	tests := map[string]want{
		"alb":                post(want{Shape: envelope.ALB, Path: "/github", Query: "p=1&q=a%20b", Accept: []string{"*/*"}}),
		"alb-multivalue":     post(want{Shape: envelope.ALB, Path: "/github", Query: "q=1&q=2", Accept: []string{"text/plain", "*/*"}}),
		"function-url":       post(want{Shape: envelope.HTTPAPI, Path: "/github", Query: "a=1&a=2", Many: []string{"1,2"}}),
		"http-api-stage":     post(want{Shape: envelope.HTTPAPI, Path: "/github", Query: "a=1&a=2", Many: []string{"1,2"}}),
		"http-api-base-path": post(want{Shape: envelope.HTTPAPI, Path: "/github/s3cr3t", Query: "a=1&a=2", Many: []string{"1,2"}}),
		"rest":               post(want{Shape: envelope.REST, Path: "/github", Query: "name=a+b&name=c"}),
		"http-api-1.0":       post(want{Shape: envelope.REST, Path: "/github", Query: "name=a+b&name=c"}),
		"mapping-template": post(want{
			Shape: envelope.MappingTemplate, Path: "/", Sha1: []string{"sha1=" + strings.Repeat("cd", 20)},
		}),
	}
	for name, w := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inv := decode(t, read(t, name))
			if len(inv.Messages) != 1 || inv.Messages[0].HTTP == nil {
				t.Fatalf("messages = %+v, want one over HTTP", inv.Messages)
			}
			if err := inv.Messages[0].ReadBody(1 << 20); err != nil {
				t.Fatal(err)
			}
			req := inv.Messages[0].HTTP
			got := want{
				inv.Shape, req.Method, req.Path, req.Query, req.Header.Get("X-GitHub-Event"), req.Header.Get("X-Hub-Signature-256"),
				req.Header.Values("Accept"), req.Header.Values("X-Many"), req.Header.Values("X-Hub-Signature"), string(req.Body),
			}
			if d := cmp.Diff(w, got); d != "" {
				t.Errorf("request (-want +got):\n%s", d)
			}
		})
	}
}

// TestDecodeOrder checks which shape counts where a payload could be several.
func TestDecodeOrder(t *testing.T) {
	t.Parallel()
	tests := map[string]envelope.Shape{
		`{"requestContext":{"elb":{},"functionArn":"f","http":{}},"requestPayload":{},"version":"2.0","httpMethod":"GET"}`:    envelope.ALB,
		`{"requestContext":{"functionArn":"f","http":{}},"requestPayload":{"Records":[]},"version":"2.0","httpMethod":"GET"}`: envelope.Destination,
		`{"requestContext":{"http":{"method":"GET"}},"version":"2.0","httpMethod":"GET","Records":[]}`:                        envelope.HTTPAPI,
		`{"requestContext":{},"httpMethod":"GET","Records":[],"event":"push","body":"{}"}`:                                    envelope.REST,
		`{"Records":[],"detail-type":"x","source":"y"}`:                                                                       envelope.Records,
		`{"detail-type":"x","source":"y","Event":"s3:TestEvent"}`:                                                             envelope.EventBridge,
		`{"Event":"s3:TestEvent","event":"push","body":"{}"}`:                                                                 envelope.S3Test,
		`{"event":"push","body":"{}"}`:          envelope.MappingTemplate,
		`{"event":"","signature":"","body":""}`: envelope.MappingTemplate,
	}
	for payload, want := range tests {
		if inv := decode(t, []byte(payload)); inv.Shape != want {
			t.Errorf("Decode(%s).Shape = %q, want %q", payload, inv.Shape, want)
		}
	}
}

// summary says what each message is.
func summary(t *testing.T, messages []envelope.Message) []string {
	t.Helper()
	var out []string
	for _, m := range messages {
		line := m.ID + " "
		switch {
		case m.HTTP != nil:
			line += "HTTP " + m.HTTP.Header.Get("X-GitHub-Event")
		case m.Err != nil:
			line += "error"
		default:
			var n struct {
				Records []struct {
					EventSource string `json:"eventSource"`
				}
				DetailType string `json:"detail-type"`
				Event      string
				Type       string
			}
			if err := json.Unmarshal(m.Notification, &n); err != nil {
				t.Fatalf("notification: %v", err)
			}
			for _, r := range n.Records {
				line += r.EventSource + ","
			}
			line += n.DetailType + n.Event + n.Type
		}
		out = append(out, strings.TrimSpace(line))
	}
	return out
}

func TestDecodeNotifications(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		shape envelope.Shape
		want  []string
	}{
		"s3":          {envelope.Records, []string{"aws:s3,"}},
		"minio":       {envelope.Records, []string{"minio:s3,"}},
		"sns":         {envelope.Records, []string{"aws:s3,"}},
		"destination": {envelope.Destination, []string{"aws:s3,"}},
		"eventbridge": {envelope.EventBridge, []string{"ECR Image Action"}},
		"pipe":        {envelope.Pipe, []string{"s3 aws:s3,", "eventbridge ECR Image Action", "bad error"}},
		"pipe-template": {envelope.Pipe, []string{
			"ECR Image Action", "aws:s3,", "ECR Image Action", "aws:s3,aws:s3,",
		}},
		"s3-test": {envelope.S3Test, []string{"s3:TestEvent"}},
		"mixed": {envelope.Records, []string{
			"aws:codecommit,aws:codecommit,", "aws:s3,minio:s3,,", "ECR Image Action", "error", "error",
		}},
		"sqs": {envelope.Records, []string{
			"s3 aws:s3,", "sns aws:s3,", "eventbridge ECR Image Action", "test s3:TestEvent", "http HTTP push", "bad error",
			"attributes HTTP push", "two aws:s3,", "two aws:codecommit,", "confirm SubscriptionConfirmation",
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inv := decode(t, read(t, name))
			if inv.Shape != tt.shape {
				t.Errorf("shape = %q, want %q", inv.Shape, tt.shape)
			}
			if d := cmp.Diff(tt.want, summary(t, inv.Messages)); d != "" {
				t.Errorf("messages (-want +got):\n%s", d)
			}
		})
	}
}

// TestDecodeBad checks that a payload or a message that can't be read is a *MalformedError, whose text has nothing of the
// payload.
func TestDecodeBad(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	deep := `{"Records":[{"eventSource":"aws:s3","s3":{"a":"` + secret + `"}}]}`
	for range 9 {
		b, err := json.Marshal(map[string]any{"Records": []any{map[string]any{"eventSource": "aws:sqs", "messageId": "m", "body": deep}}})
		if err != nil {
			t.Fatal(err)
		}
		deep = string(b)
	}
	api := func(rest string) string {
		return `{"version":"2.0","requestContext":{"http":{"method":"POST"}},` + rest + `}`
	}
	tests := map[string]struct{ payload, want string }{
		"empty":             {"", "is empty"},
		"not JSON":          {secret, "is not JSON"},
		"cut off":           {`{"Records":[{"` + secret, "is cut off after 21 bytes"},
		"null":              {"null", "is null"},
		"list of texts":     {`["` + secret + `"]`, "is not JSON"},
		"list of lists":     {`[["` + secret + `"]]`, "is an array where an object is expected"},
		"list of unknown":   {`[{"` + secret + `":1}]`, "its shape is unknown"},
		"list that is cut":  {`["` + secret, "is cut off after 9 bytes"},
		"list in SQS":       {`{"Records":[{"eventSource":"aws:sqs","messageId":"m","body":"[{}]"}]}`, "is an array where an object is expected"},
		"number":            {`4711`, "is a number where an object is expected"},
		"unknown":           {`{"` + secret + `":1}`, "its shape is unknown; it must be"},
		"records no list":   {`{"Records":"` + secret + `"}`, "reading the invocation: reading Records: it is a string where an array is expected"},
		"records null":      {`{"Records":null}`, "its shape is unknown"},
		"record null":       {`{"Records":[null]}`, "is null"},
		"unknown source":    {`{"Records":[{"eventSource":"` + secret + `"}]}`, "is not aws:sqs"},
		"sqs body a number": {`{"Records":[{"eventSource":"aws:sqs","messageId":"m","body":4711}]}`, "body: a number where a string is expected"},
		"sqs without body":  {`{"Records":[{"eventSource":"aws:sqs","messageId":"m"}]}`, "is empty"},
		"sns without Sns":   {`{"Records":[{"EventSource":"aws:sns"}]}`, "has no Sns"},
		"sns a list":        {`{"Records":[{"EventSource":"aws:sns","Sns":["` + secret + `"]}]}`, "is an array where an object is expected"},
		"too deep":          {deep, "more than 8 envelopes"},
		"bad base64":        {api(`"body":"` + secret + `!","isBase64Encoded":true`), "base64"},
		"body an object":    {api(`"body":{"a":"` + secret + `"}`), "body: an object where a string is expected"},
		"header a number":   {api(`"headers":{"` + secret + `":4711}`), "headers: a number where a string is expected"},
		"destination empty": {`{"requestContext":{"functionArn":"f"},"requestPayload":"` + secret + `"}`, "is a string where an object is expected"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inv, err := envelope.Decode([]byte(tt.payload))
			if err == nil {
				if len(inv.Messages) != 1 {
					t.Fatalf("messages = %+v, want one with an error", inv.Messages)
				}
				if err = inv.Messages[0].Err; err == nil {
					err = inv.Messages[0].ReadBody(1 << 20)
				}
			}
			var malformed *provider.MalformedError
			if !errors.As(err, &malformed) {
				t.Fatalf("error = %v, want a *provider.MalformedError", err)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q does not say %q", err, tt.want)
			}
			if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "4711") {
				t.Errorf("error %q quotes the payload", err)
			}
		})
	}
}

// A body is not larger than its reader takes, in base64 or not.
func TestReadBody(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		body     string
		isBase64 bool
		want     string
		err      error
	}{
		"text":             {body: "1234", want: "1234"},
		"long text":        {body: "12345", err: envelope.ErrTooLarge},
		"base64":           {body: "MTIzNA==", isBase64: true, want: "1234"},
		"base64, one more": {body: "MTIzNDU=", isBase64: true, err: envelope.ErrTooLarge},
		"long, no base64":  {body: strings.Repeat("!", 100), isBase64: true, err: envelope.ErrTooLarge},
		"none":             {isBase64: true},
	} {
		inv := decode(t, fmt.Appendf(nil, `{"version":"2.0","requestContext":{"http":{"method":"POST"}},"body":%q,"isBase64Encoded":%v}`, tt.body, tt.isBase64))
		m := inv.Messages[0]
		if m.HTTP.Body != nil {
			t.Errorf("%s: the body is read at once", name)
		}
		if err := m.ReadBody(4); !errors.Is(err, tt.err) || string(m.HTTP.Body) != tt.want {
			t.Errorf("%s: ReadBody = %v, body %q", name, err, m.HTTP.Body)
		}
	}
}

// An SQS message whose attributes are not headers is not taken for a webhook.
func TestDecodeSQSAttributesNoHeaders(t *testing.T) {
	t.Parallel()
	inv := decode(t, []byte(`{"Records":[{"eventSource":"aws:sqs","messageId":"m","body":"x",`+
		`"messageAttributes":{"origin":{"stringValue":"y","dataType":"String"}}}]}`))
	if len(inv.Messages) != 1 || inv.Messages[0].Err == nil || inv.Messages[0].ID != "m" {
		t.Errorf("messages = %+v, want one error of m", inv.Messages)
	}
}

// An SNS envelope counts only inside another: a function's own payload may be what anyone posted as text.
func TestDecodeSNSEnvelopeAtTheTop(t *testing.T) {
	t.Parallel()
	payload := `{"Type":"Notification","TopicArn":"a","Message":"{\"Records\":[]}"}`
	if inv, err := envelope.Decode([]byte(payload)); err == nil {
		t.Errorf("Decode = %+v, want an error", inv)
	}
}

// Header values come together whichever case each form has.
func TestDecodeHeaderForms(t *testing.T) {
	t.Parallel()
	inv := decode(t, []byte(`{"httpMethod":"POST","path":"x","requestContext":{},"headers":{"x-one":"1","x-two":"last"},`+
		`"multiValueHeaders":{"X-Two":["first","last"],"X-None":null}}`))
	want := http.Header{"X-One": {"1"}, "X-Two": {"first", "last"}}
	if d := cmp.Diff(want, inv.Messages[0].HTTP.Header); d != "" {
		t.Errorf("header (-want +got):\n%s", d)
	}
	if got := inv.Messages[0].HTTP.Path; got != "/x" {
		t.Errorf("path = %q, want /x", got)
	}
}

// The function's own queue is known by the ARN that SQS gives, never by what stands inside another envelope.
func TestDecodeOwn(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:sqs:us-east-1:1:retry"
	record := func(arn string) string {
		return `{"eventSource":"aws:sqs","eventSourceARN":"` + arn + `","messageId":"m","receiptHandle":"h","body":"{\"checks\":[]}"}`
	}
	records := func(record string) string { return `{"Records":[` + record + `]}` }
	quoted := func(text string) string {
		raw, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	forged := quoted(records(record(arn)))
	for name, tt := range map[string]struct {
		payload string
		own     bool
	}{
		"own":            {records(record(arn)), true},
		"own by a pipe":  {"[" + record(arn) + "]", true},
		"made by a pipe": {"[" + forged + "]", false},
		"another queue":  {records(record("arn:aws:sqs:us-east-1:1:other")), false},
		"SNS":            {records(`{"EventSource":"aws:sns","Sns":{"Type":"Notification","Message":` + forged + `}}`), false},
		"SQS in SQS":     {records(`{"eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-1:1:other","messageId":"m","body":` + forged + `}`), false},
		"destination":    {`{"requestContext":{"functionArn":"x"},"requestPayload":` + records(record(arn)) + `}`, false},
		"function URL":   {`{"version":"2.0","rawPath":"/","requestContext":{"http":{"method":"POST"}},"body":` + forged + `}`, false},
		"no queue":       {records(strings.Replace(record(arn), arn, "", 1)), false},
		"old template":   {`{"event":"push","signature":"","body":` + forged + `}`, false},
		"ARN elsewhere":  {records(`{"eventSource":"aws:sns","eventSourceARN":"` + arn + `","Sns":{"Message":` + forged + `}}`), false},
	} {
		inv, err := envelope.DecodeOwn([]byte(tt.payload), func(queue string) bool { return queue == arn })
		if err != nil || len(inv.Messages) != 1 {
			t.Errorf("%s: %v, %+v", name, err, inv)
			continue
		}
		want := (*envelope.Own)(nil)
		if tt.own {
			want = &envelope.Own{ID: "m", ReceiptHandle: "h", Body: `{"checks":[]}`}
		}
		if diff := cmp.Diff(want, inv.Messages[0].Own); diff != "" {
			t.Errorf("%s: own (-want +got):\n%s", name, diff)
		}
		if plain, err := envelope.Decode([]byte(tt.payload)); err != nil || plain.Messages[0].Own != nil {
			t.Errorf("%s: Decode: %v, %+v", name, err, plain)
		}
	}
}
