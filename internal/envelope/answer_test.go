package envelope_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dpb587/concourse-resource-endpoints/internal/envelope"
)

func result(status int, body string) envelope.Result {
	return envelope.Result{Status: status, Body: []byte(body)}
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	const ok = `{"status":"ok","message":"resources notified","checks":{"success":["main/p/r"],"failure":[]}}`
	const denied = `{"status":"error","message":"denied"}`
	const down = `{"status":"error","message":"Concourse is down"}`
	quoted := func(s string) string {
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	all := func(status int, body string, n int) []envelope.Result {
		var out []envelope.Result
		for range n {
			out = append(out, result(status, body))
		}
		return out
	}
	sqs := all(200, ok, 10)
	sqs[1], sqs[5], sqs[7], sqs[8] = result(503, down), result(400, denied), result(500, down), result(500, down)

	tests := map[string]struct {
		payload string
		results []envelope.Result
		want    string // the JSON, or
		wantErr string
	}{
		"function-url": {results: all(401, denied, 1), want: `{"statusCode":401,"headers":{"content-type":"application/json"},` +
			`"body":` + quoted(denied) + `,"isBase64Encoded":false}`},
		"rest": {results: all(502, down, 1), want: `{"statusCode":502,"headers":{"content-type":"application/json"},` +
			`"body":` + quoted(down) + `,"isBase64Encoded":false}`},
		"alb": {results: all(200, ok, 1), want: `{"statusCode":200,"statusDescription":"200 OK",` +
			`"headers":{"content-type":"application/json"},"body":` + quoted(ok) + `,"isBase64Encoded":false}`},
		"alb-multivalue": {results: all(200, "\xff", 1), want: `{"statusCode":200,"statusDescription":"200 OK",` +
			`"multiValueHeaders":{"content-type":["application/json"]},"body":"/w==","isBase64Encoded":true}`},
		"alb-multivalue with a header": {
			payload: "alb-multivalue", results: []envelope.Result{{Status: 200, Header: map[string]string{"X-A": "b"}, Body: []byte("{}")}},
			want: `{"statusCode":200,"statusDescription":"200 OK","multiValueHeaders":{"X-A":["b"],"content-type":["application/json"]},` +
				`"body":"{}","isBase64Encoded":false}`,
		},
		"mapping-template": {results: all(200, ok, 1), want: ok},
		"mapping-template denied": {
			payload: "mapping-template", results: all(401, denied, 1), wantErr: "[401] denied",
		},
		"s3":           {results: all(200, ok, 1), want: ok},
		"s3 unread":    {payload: "s3", results: all(400, denied, 1), want: denied},
		"s3 down":      {payload: "s3", results: all(503, down, 1), wantErr: "[503] Concourse is down"},
		"s3 throttled": {payload: "s3", results: all(429, "", 1), wantErr: "[429]"},
		"destination":  {results: all(500, "no JSON", 1), wantErr: "[500]"},
		"mixed": {results: append(all(200, ok, 4), result(400, denied)), want: `{"status":"error","message":` +
			`"resources notified; denied","checks":{"failure":[],"success":["main/p/r","main/p/r","main/p/r","main/p/r"]}}`},
		"sqs": {results: sqs, want: `{"batchItemFailures":[{"itemIdentifier":"sns"},{"itemIdentifier":"bad"},` +
			`{"itemIdentifier":"two"}]}`},
		"pipe": {results: []envelope.Result{result(200, ok), result(503, down), result(400, denied)}, want: `{"batchItemFailures":` +
			`[{"itemIdentifier":"eventbridge"},{"itemIdentifier":"bad"}]}`},
		"pipe-template":        {results: all(200, ok, 4), want: `{"batchItemFailures":[]}`},
		"pipe-template unread": {payload: "pipe-template", results: append(all(200, ok, 3), result(400, denied)), wantErr: "[400] denied"},
		"sqs all well":         {payload: "sqs", results: all(200, ok, 10), want: `{"batchItemFailures":[]}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.payload == "" {
				tt.payload = name
			}
			got, err := decode(t, read(t, tt.payload)).Answer(tt.results)
			if tt.wantErr != "" {
				var failed *envelope.FailedError
				if !errors.As(err, &failed) || err.Error() != tt.wantErr || got != nil {
					t.Fatalf("Answer = %s, %v; want the error %q", got, err, tt.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatalf("Answer: %v", err)
			}
			if d := cmp.Diff(tt.want, string(got)); d != "" {
				t.Errorf("answer (-want +got):\n%s", d)
			}
		})
	}
}

func TestAnswerOfEmptyList(t *testing.T) {
	t.Parallel()
	got, err := decode(t, []byte(`{"Records":[]}`)).Answer(nil)
	want := `{"status":"ok","message":"nothing in it","checks":{"failure":[],"success":[]}}`
	if err != nil || string(got) != want {
		t.Errorf("Answer = %s, %v; want %s", got, err, want)
	}
}

// A message that has no identifier can't be named: it fails the batch only where a retry may help.
func TestAnswerSQSWithoutIdentifier(t *testing.T) {
	t.Parallel()
	inv := decode(t, []byte(`{"Records":[{"eventSource":"aws:sqs","body":"x"}]}`))
	if got, err := inv.Answer([]envelope.Result{result(400, "")}); err != nil || string(got) != `{"batchItemFailures":[]}` {
		t.Errorf("Answer of a 400 = %s, %v; want no failures", got, err)
	}
	if got, err := inv.Answer([]envelope.Result{result(500, "")}); err == nil {
		t.Errorf("Answer of a 500 = %s; want an error", got)
	}
}

// Answers are merged with the fields that the 2016 form did not have, too.
func TestAnswerMergesChecks(t *testing.T) {
	t.Parallel()
	inv := decode(t, []byte(`{"Records":[{"eventSource":"aws:s3"},{"eventSource":"aws:codecommit"}]}`))
	got, err := inv.Answer([]envelope.Result{
		result(200, `{"status":"ok","message":"a","checks":{"success":["x"],"failure":["y"],"errors":{"y":"gone"}}}`),
		result(200, `{"status":"ok","message":"a","checks":{"success":[],"failure":["z"],"errors":{"z":"down"},"would":["w"]}}`),
	})
	want := `{"status":"ok","message":"a","checks":{"errors":{"y":"gone","z":"down"},"failure":["y","z"],"success":["x"],"would":["w"]}}`
	if err != nil || string(got) != want {
		t.Errorf("Answer = %s, %v; want %s", got, err, want)
	}
}

func TestAnswerCountsResults(t *testing.T) {
	t.Parallel()
	if got, err := decode(t, read(t, "function-url")).Answer(nil); err == nil {
		t.Errorf("Answer without results = %s; want an error", got)
	}
}
