// Package sqstest is a small SQS in memory, for tests of package retry: the part of its JSON protocol that retry uses, over HTTP,
// with standard queues, visibility timeouts, redrive policies and limits. A contract test holds it to what moto's server does.
//
// The actions, fields and limits are those of https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference. Requests need
// no valid signature.
package sqstest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// Account and Region are those of all queues.
const (
	Account = "123456789012"
	Region  = "us-east-1"
)

// maxBytes is the most that a message holds, and the most that a batch of them holds, in bytes.
const maxBytes = 256 << 10

// Server is an SQS. Its fields may be changed as long as no request is under way.
type Server struct {
	// URL is the address, for the SDK's BaseEndpoint or AWS_ENDPOINT_URL_SQS.
	URL string
	// Now is the queues' clock; time.Now where nil.
	Now func() time.Time
	// Before is called before each request is handled, with the action, such as SendMessageBatch, and the queue's URL. It may wait
	// until ctx ends, and true makes the request fail with a 500. It may be nil.
	Before func(ctx context.Context, action, queueURL string) (fail bool)
	// FailEntry says whether SQS fails on an entry of a SendMessageBatch, by the message's body. It may be nil.
	FailEntry func(body string) bool

	mu     sync.Mutex
	queues map[string]*queue
	calls  map[string]int
	serial int
}

// New makes a server with standard queues of the given names. It listens nowhere: Config reaches it.
func New(names ...string) *Server {
	s := &Server{URL: "http://sqs.test", queues: make(map[string]*queue), calls: make(map[string]int)}
	for _, name := range names {
		s.queues[name] = newQueue(name)
	}
	return s
}

// Start is like New, but the server also listens on loopback, until closed is called.
func Start(names ...string) (s *Server, closed func()) {
	s = New(names...)
	listening := httptest.NewServer(s)
	s.URL = listening.URL
	return s, listening.Close
}

// Config makes the SDK call the server within the process, so that a test may use synctest's clock.
func (s *Server) Config() aws.Config {
	return aws.Config{
		Region: Region, HTTPClient: &http.Client{Transport: transport{s}},
		Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""),
	}
}

type transport struct{ server *Server }

// RoundTrip handles the request, or gives up where its context ends.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	t.server.ServeHTTP(w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

// QueueURL is the URL of a queue.
func (s *Server) QueueURL(name string) string { return s.URL + "/" + Account + "/" + name }

// ARN is the ARN of a queue.
func ARN(name string) string { return "arn:aws:sqs:" + Region + ":" + Account + ":" + name }

// Send puts a message into a queue.
func (s *Server) Send(name, body string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, refused := s.queues[name].send(s, body, 0); refused != nil {
		return refused
	}
	return nil
}

// Bodies are those of all messages in a queue, also of those that are not visible, in the order in which they were sent.
func (s *Server) Bodies(name string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	bodies := []string{}
	for _, m := range s.queues[name].messages {
		bodies = append(bodies, m.body)
	}
	return bodies
}

// Hidden says how long each message of a queue stays invisible, in the order in which they were sent.
func (s *Server) Hidden(name string) []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	var hidden []time.Duration
	for _, m := range s.queues[name].messages {
		hidden = append(hidden, m.visible.Sub(s.now()))
	}
	return hidden
}

// Calls is how many requests of an action there were.
func (s *Server) Calls(action string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[action]
}

// Message is a message as ReceiveMessage gives it.
type Message struct {
	MessageID     string `json:"MessageId"`
	ReceiptHandle string
	MD5OfBody     string
	Body          string
	Attributes    map[string]string
}

// Event is the payload with which Lambda invokes a function for messages of a queue
// (https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html).
func Event(queueARN string, messages []Message) json.RawMessage {
	records := make([]any, len(messages))
	for i, m := range messages {
		records[i] = map[string]any{
			"messageId": m.MessageID, "receiptHandle": m.ReceiptHandle, "body": m.Body, "attributes": m.Attributes,
			"messageAttributes": map[string]any{}, "md5OfBody": m.MD5OfBody, "eventSource": "aws:sqs", "eventSourceARN": queueARN,
			"awsRegion": Region,
		}
	}
	payload, err := json.Marshal(map[string]any{"Records": records})
	if err != nil { // never: it holds nothing but strings
		panic(err)
	}
	return payload
}

// Poll does what Lambda does with a queue: it receives up to ten messages, invokes the function, and deletes those that the answer
// does not name as failed; none where the function fails. It gives how many messages it received.
func (s *Server) Poll(name string, function func(payload json.RawMessage) (json.RawMessage, error)) (received int, err error) {
	s.mu.Lock()
	messages := s.queues[name].receive(s, 10, nil)
	s.mu.Unlock()
	if len(messages) == 0 {
		return 0, nil
	}
	out, err := function(Event(ARN(name), messages))
	if err != nil {
		return len(messages), err
	}
	var answer struct {
		BatchItemFailures []struct{ ItemIdentifier string } `json:"batchItemFailures"`
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		return len(messages), fmt.Errorf("reading the function's answer: %w", err)
	}
	failed := make(map[string]bool)
	for _, f := range answer.BatchItemFailures {
		failed[f.ItemIdentifier] = true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range messages {
		if !failed[m.MessageID] {
			_ = s.queues[name].remove(m.ReceiptHandle)
		}
	}
	return len(messages), nil
}

func (s *Server) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

// apiError is an error as SQS answers it.
type apiError struct{ code, message string }

func (e *apiError) Error() string { return e.code + ": " + e.message }

func refuse(w http.ResponseWriter, status int, e *apiError) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	if e.code == "QueueDoesNotExist" { // its code in the older protocol is the one that SDKs show
		w.Header().Set("X-Amzn-Query-Error", "AWS.SimpleQueueService.NonExistentQueue;Sender")
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": "com.amazonaws.sqs#" + e.code, "message": e.message})
}

// ServeHTTP handles one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "AmazonSQS.")
	var in request
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		refuse(w, http.StatusBadRequest, &apiError{"InvalidParameterValueException", "the body is not JSON"})
		return
	}
	s.mu.Lock()
	s.calls[action]++
	s.mu.Unlock()
	if s.Before != nil && s.Before(r.Context(), action, in.QueueURL) {
		refuse(w, http.StatusInternalServerError, &apiError{"InternalError", "it was told to fail"})
		return
	}
	out, refused := s.handle(action, &in)
	if refused != nil {
		refuse(w, http.StatusBadRequest, refused)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_ = json.NewEncoder(w).Encode(out)
}

func (s *Server) handle(action string, in *request) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if action == "CreateQueue" {
		return s.create(in)
	}
	name := in.QueueName
	if name == "" {
		name = in.QueueURL[strings.LastIndex(in.QueueURL, "/")+1:]
	}
	q, handle := s.queues[name], actions[action]
	if handle == nil {
		return nil, &apiError{"InvalidAction", "the fake has no such action"}
	}
	if q == nil {
		return nil, &apiError{"QueueDoesNotExist", "The specified queue does not exist."}
	}
	return handle(s, q, in)
}
