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

// Result is what came of one message: an HTTP status, and the JSON that answers it.
type Result struct {
	Status int
	Body   []byte
}

// failed reports whether the message was not handled.
func (r Result) failed() bool { return r.Status >= 400 }

// retryable reports whether the same message may be handled another time.
func (r Result) retryable() bool { return r.Status >= 500 || r.Status == http.StatusTooManyRequests }

// FailedError is the error of an invocation, which Lambda hands to whoever invoked it and which makes an asynchronous
// source retry. Its text begins with the status in brackets, so that an API Gateway integration response can select by
// it: \[401\].*
type FailedError struct {
	Status int
	// Message is the result's own, in words.
	Message string
}

func (e *FailedError) Error() string {
	return strings.TrimSpace("[" + strconv.Itoa(e.Status) + "] " + e.Message)
}

// Answer renders the results, one per message and in their order, for the shape:
//
//   - HTTP shapes get {"statusCode","headers","body","isBase64Encoded"}, never an error; a load balancer also gets
//     statusDescription, and multiValueHeaders where it sent no others.
//   - SQS gets {"batchItemFailures":[{"itemIdentifier"}]}: every message that failed, those that can't be read too, so
//     that they reach the queue's dead-letter queue instead of vanishing.
//   - The original's mapping template gets the result's JSON itself; a failure (400 and above) is a *FailedError.
//   - The others, which are asynchronous, get the same JSON, put together where there are several messages; a *FailedError
//     asks for a retry where one may help (429, 500 and above).
func (i *Invocation) Answer(results []Result) (json.RawMessage, error) {
	if len(results) != len(i.Messages) {
		return nil, fmt.Errorf("answering the %s: %d results for %d messages", i.Shape, len(results), len(i.Messages))
	}
	switch {
	case i.HTTP():
		return i.response(results[0])
	case i.Shape == MappingTemplate:
		if r := results[0]; r.failed() {
			return nil, &FailedError{Status: r.Status, Message: parse(r.Body).Message}
		}
		return merge(results)
	case i.batch:
		return i.batchAnswer(results)
	}
	for _, r := range results {
		if r.retryable() {
			return nil, &FailedError{Status: r.Status, Message: parse(r.Body).Message}
		}
	}
	return merge(results)
}

// response is what API Gateway, function URLs and load balancers read; each ignores what only another knows.
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
	} else {
		out.Headers = map[string]string{contentType: applicationJSON}
	}
	return marshal(out)
}

type batchItemFailure struct {
	ItemIdentifier string `json:"itemIdentifier"`
}

// batchAnswer names each failed message once. A failure without an identifier would fail the whole batch, so it does
// where a retry may help, and is left out otherwise.
func (i *Invocation) batchAnswer(results []Result) (json.RawMessage, error) {
	failures := []batchItemFailure{}
	for n, r := range results {
		item := batchItemFailure{i.Messages[n].ID}
		switch {
		case !r.failed() || slices.Contains(failures, item):
		case item.ItemIdentifier != "":
			failures = append(failures, item)
		case r.retryable():
			return nil, &FailedError{Status: r.Status, Message: parse(r.Body).Message}
		}
	}
	return marshal(map[string]any{"batchItemFailures": failures})
}

// answer is the original's form, as far as several of them can be put together.
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

// checks are the answers' checks put together: success, failure and other lists, and what is said of them by name.
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

// merge is the only result's JSON as it is, or one answer for all: the first status that is not ok, every message once,
// all checks.
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
		return nil, fmt.Errorf("rendering the answer: %w", err)
	}
	return b, nil
}
