package envelope

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Result is the result of one message: an HTTP status, and the answer in JSON.
type Result struct {
	Status int
	// Header has the headers of an HTTP response beside its content type.
	Header map[string]string
	Body   []byte
}

// failed reports whether the message was not handled.
func (r Result) failed() bool { return r.Status >= 400 }

// retryable reports whether the same message may succeed later.
func (r Result) retryable() bool { return r.Status >= 500 || r.Status == http.StatusTooManyRequests }

func (r Result) err() error { return &FailedError{Status: r.Status, Message: parse(r.Body).Message} }

// FailedError is the error of an invocation. Lambda passes it to the invoker, and an asynchronous invoker then retries. Its
// text begins with the status in brackets, so that an integration response of API Gateway can select it, as by \[401\].*,
// and choose the HTTP status.
type FailedError struct {
	Status int
	// Message is the message of the result's answer.
	Message string
}

func (e *FailedError) Error() string {
	return strings.TrimSpace("[" + strconv.Itoa(e.Status) + "] " + e.Message)
}

// Answer makes the answer of the results, which are one for each message and in the same order. It depends on the shape:
//
//   - HTTP shapes get {"statusCode","headers","body","isBase64Encoded"}, never an error; a load balancer also gets
//     statusDescription, and multiValueHeaders where it sent only those.
//   - SQS, and EventBridge Pipes, get {"batchItemFailures":[{"itemIdentifier"}]}: every message that failed, those that can't be read too, so
//     that they end in the queue's dead-letter queue and are not lost.
//   - The 2016 form's mapping template gets the result's JSON itself; a failure (400 and above) is a *FailedError.
//   - The others, which are asynchronous, get the same JSON, merged where there are several messages; a *FailedError asks for
//     a retry where one may help (429, 500 and above).
func (i *Invocation) Answer(results []Result) (json.RawMessage, error) {
	if len(results) != len(i.Messages) {
		return nil, fmt.Errorf("answering the %s: %d results for %d messages", i.Shape, len(results), len(i.Messages))
	}
	switch {
	case i.HTTP():
		return i.response(results[0])
	case i.Shape == MappingTemplate:
		if r := results[0]; r.failed() {
			return nil, r.err()
		}
		return merge(results)
	case i.batch:
		return i.batchAnswer(results)
	}
	for _, r := range results {
		if r.retryable() {
			return nil, r.err()
		}
	}
	return merge(results)
}

// response is the answer to API Gateway, a function URL or a load balancer. Each ignores the fields that it does not know.
type response struct {
	StatusCode        int                 `json:"statusCode"`
	StatusDescription string              `json:"statusDescription,omitempty"`
	Headers           map[string]string   `json:"headers,omitempty"`
	MultiValueHeaders map[string][]string `json:"multiValueHeaders,omitempty"`
	Body              string              `json:"body"`
	IsBase64Encoded   bool                `json:"isBase64Encoded"`
}

func (i *Invocation) response(r Result) (json.RawMessage, error) {
	const contentType = "content-type"
	const applicationJSON = "application/json"
	out := response{StatusCode: r.Status, Body: string(r.Body)}
	if !utf8.Valid(r.Body) {
		out.Body, out.IsBase64Encoded = base64.StdEncoding.EncodeToString(r.Body), true
	}
	if i.Shape == ALB {
		out.StatusDescription = strings.TrimSpace(strconv.Itoa(r.Status) + " " + http.StatusText(r.Status))
	}
	if i.multiValue {
		out.MultiValueHeaders = map[string][]string{contentType: {applicationJSON}}
		for name, value := range r.Header {
			out.MultiValueHeaders[name] = []string{value}
		}
		return marshal(out)
	}
	out.Headers = map[string]string{contentType: applicationJSON}
	maps.Copy(out.Headers, r.Header)
	return marshal(out)
}

type batchItemFailure struct {
	ItemIdentifier string `json:"itemIdentifier"`
}

// batchAnswer names each failed message once. One without an id fails the whole batch where a retry may help, and is left out
// otherwise, but for a pipe's: what an input template made has no id, and only the pipe's queue can keep it.
func (i *Invocation) batchAnswer(results []Result) (json.RawMessage, error) {
	failures := []batchItemFailure{}
	for n, r := range results {
		item := batchItemFailure{i.Messages[n].ID}
		switch {
		case !r.failed() || slices.Contains(failures, item):
		case item.ItemIdentifier != "":
			failures = append(failures, item)
		case r.retryable(), i.Shape == Pipe:
			return nil, r.err()
		}
	}
	return marshal(map[string]any{"batchItemFailures": failures})
}

// answer is a result's JSON, in the 2016 form, as far as merge needs it.
type answer struct {
	Status  string                     `json:"status"`
	Message string                     `json:"message"`
	Checks  map[string]json.RawMessage `json:"checks"`
}

func parse(body []byte) answer {
	var a answer
	if json.Unmarshal(body, &a) != nil {
		return answer{}
	}
	return a
}

// checks are the merged checks of the answers: lists of names such as success and failure, and maps by name such as errors.
type checks map[string]any

func (c checks) add(more map[string]json.RawMessage) {
	for key, raw := range more {
		var list []json.RawMessage
		var byName map[string]json.RawMessage
		switch {
		case json.Unmarshal(raw, &list) == nil:
			have, _ := c[key].([]json.RawMessage)
			c[key] = append(have, list...)
		case json.Unmarshal(raw, &byName) == nil:
			if have, ok := c[key].(map[string]json.RawMessage); ok {
				maps.Copy(byName, have)
			}
			c[key] = byName
		}
	}
}

// merge is a single result's JSON as it is, or one answer for several: the first status that is not ok, each different message,
// and all checks.
func merge(results []Result) (json.RawMessage, error) {
	if len(results) == 1 && json.Valid(results[0].Body) {
		return results[0].Body, nil
	}
	all := checks{"success": []json.RawMessage{}, "failure": []json.RawMessage{}}
	status := "ok"
	var messages []string
	for _, r := range results {
		a := parse(r.Body)
		if r.failed() && (a.Status == "" || a.Status == "ok") {
			a.Status = "error"
		}
		if status == "ok" && a.Status != "" {
			status = a.Status
		}
		if a.Message != "" && !slices.Contains(messages, a.Message) {
			messages = append(messages, a.Message)
		}
		all.add(a.Checks)
	}
	if len(results) == 0 {
		messages = []string{"nothing in it"}
	}
	return marshal(struct {
		Status  string `json:"status"`
		Message string `json:"message"`
		Checks  checks `json:"checks"`
	}{status, strings.Join(messages, "; "), all})
}

func marshal(v any) (json.RawMessage, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("writing the answer: %w", err)
	}
	return b, nil
}
