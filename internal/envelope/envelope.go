// Package envelope comes before the providers where a Lambda function is invoked (a delivery -> provider -> event): it takes the
// deliveries out of the payload, and puts their results into the answer that the invoker expects.
//
// The receiver decodes the payload with it, handles each message, and returns the answer. The package verifies nothing.
package envelope

import (
	"encoding/base64"
	"encoding/json"
	"errors"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// Shape is a kind of payload.
type Shape string

// The shapes, in the order in which they are tried. The first that fits counts.
const (
	// ALB is a request by an Application Load Balancer
	// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html).
	ALB Shape = "ALB"
	// Destination is the wrapper in which the result of an asynchronous invocation arrives at its destination
	// (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html).
	Destination Shape = "asynchronous destination"
	// HTTPAPI is a request by an API Gateway HTTP API in payload format 2.0, or by a function URL
	// (https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html).
	HTTPAPI Shape = "HTTP API or function URL"
	// REST is a proxied request by an API Gateway REST API, or by an HTTP API in payload format 1.0.
	REST Shape = "REST API"
	// Records is a list of records: SQS, SNS, S3 or CodeCommit.
	Records Shape = "record list"
	// Pipe is what EventBridge Pipes sends: a bare list of records as the source gives them, or of what an input template makes of
	// each (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html).
	Pipe Shape = "EventBridge pipe's list"
	// EventBridge is one EventBridge event.
	EventBridge Shape = "EventBridge event"
	// S3Test is what S3 sends when a notification is configured.
	S3Test Shape = "S3 test event"
	// MappingTemplate is what the 2016 form's mapping template for API Gateway makes: the strings event, signature and body.
	MappingTemplate Shape = "event, signature and body"
)

// known lists the shapes, for errors.
const known = "a load balancer's request, an asynchronous destination's wrapper, an HTTP API's or function URL's request, " +
	"a REST API's request, Records (aws:sqs, aws:sns, aws:s3, aws:codecommit), a list from EventBridge Pipes, " +
	"an EventBridge event, an S3 test event, or the strings event, signature and body"

// maxDepth is how many envelopes may be inside each other. SNS in SQS in a destination's wrapper makes four.
const maxDepth = 8

// Message is one delivery of an invocation. Exactly one of HTTP, Notification, Own and Err is set.
type Message struct {
	// ID is the messageId by which a batch of SQS's or a pipe's names its failures; "" outside SQS. Several messages may have the same.
	ID string
	// HTTP is a delivery over HTTP, which is still to be verified. It has no body until ReadBody gives it one.
	HTTP *provider.Request
	// Notification is an AWS notification: a list of S3 records, a list of CodeCommit records, an EventBridge event, or an S3
	// test event. It is as trustworthy as whoever may invoke the function, which IAM decides. An API Gateway integration
	// that passes other content types through unmapped lets anybody invoke it, so a function that serves webhooks should
	// refuse notifications.
	Notification json.RawMessage
	// Own is a message of the function's own queue.
	Own *Own
	// Err says why the message can't be read. It is a *provider.MalformedError, and holds none of the message's text.
	Err error

	// body is that of HTTP, as it stands in the payload: in base64 if isBase64.
	body     string
	isBase64 bool
}

// ErrTooLarge says that a body is larger than its reader takes.
var ErrTooLarge = errors.New("the body is too large")

// ReadBody gives HTTP its body of at most most bytes, as it was sent, since a signature is over those bytes. It comes after all that
// the headers tell: a request that they refuse costs no copy of its body. Its error is ErrTooLarge or a *provider.MalformedError.
func (m Message) ReadBody(most int64) error {
	switch {
	case m.body == "":
		return nil
	case !m.isBase64:
		if int64(len(m.body)) > most {
			return ErrTooLarge
		}
		m.HTTP.Body = []byte(m.body)
		return nil
	case int64(base64.StdEncoding.DecodedLen(len(m.body))) > most+2: // two bytes may be padding
		return ErrTooLarge
	}
	decoded, err := base64.StdEncoding.DecodeString(m.body)
	if err != nil {
		return provider.Malformed("reading the request's body: isBase64Encoded is true, but it is not base64")
	}
	if int64(len(decoded)) > most {
		return ErrTooLarge
	}
	m.HTTP.Body = decoded
	return nil
}

// Own is a message of the function's own SQS queue, as it stands there.
type Own struct {
	// ID names the message, however often it is received. ReceiptHandle is new each time.
	ID, ReceiptHandle string
	Body              string
}

// Invocation is a decoded payload.
type Invocation struct {
	Shape Shape
	// Messages are in the payload's order. There are none where a record list is empty.
	Messages []Message

	// multiValue says that the load balancer reads only multiValueHeaders.
	multiValue bool
	// batch says that the answer must list SQS's failed messages.
	batch bool
}

// HTTP reports whether the invoker waits for an HTTP response.
func (i *Invocation) HTTP() bool {
	return i.Shape == ALB || i.Shape == HTTPAPI || i.Shape == REST
}

// unknownError is the *provider.MalformedError of a payload of no known shape. Inside an envelope, such a payload may be a
// webhook's own body.
type unknownError struct{ error }

func (e unknownError) Unwrap() error { return e.error }

// Decode reads an invocation's payload. Its error is a *provider.MalformedError, and holds none of the payload.
func Decode(payload []byte) (*Invocation, error) { return decode(payload, 0, isNotOwn) }

// DecodeOwn is like Decode, but leaves the messages of the function's own queue as they are. own reports whether a queue, by its
// ARN, is that one. Only what SQS itself brings counts: what stands inside another envelope, or in an HTTP body, can name any queue.
func DecodeOwn(payload []byte, own func(queueARN string) bool) (*Invocation, error) {
	return decode(payload, 0, own)
}

func isNotOwn(string) bool { return false }

func decode(payload []byte, depth int, own func(queueARN string) bool) (*Invocation, error) {
	if depth >= maxDepth {
		return nil, provider.Malformed("reading the invocation: more than %d envelopes inside each other", maxDepth)
	}
	if items := list(payload); len(items) > 0 && depth == 0 {
		inv := &Invocation{Shape: Pipe, batch: true}
		return inv, inv.pipe(items, own)
	}
	fields, err := object(payload)
	if err != nil {
		return nil, unknownError{provider.Malformed("reading the invocation: %v; it must be %s", err, known)}
	}
	inv := &Invocation{Shape: shapeOf(fields)}
	switch inv.Shape {
	case ALB, REST:
		inv.Messages = []Message{inv.proxied(payload)}
	case HTTPAPI:
		inv.Messages = []Message{httpAPI(payload)}
	case Destination:
		inner, err := decode(fields["requestPayload"], depth+1, isNotOwn)
		if err != nil {
			return nil, err
		}
		inv.Messages = inner.Messages
	case Records:
		err = inv.records(fields["Records"], depth, own)
	case EventBridge, S3Test:
		inv.Messages = []Message{{Notification: payload}}
	case MappingTemplate:
		inv.Messages = []Message{mappingTemplate(fields)}
	default:
		if depth > 0 && isSNS(fields) {
			inv.Shape, inv.Messages = Records, snsMessages(payload, depth)
			break
		}
		return nil, unknownError{provider.Malformed("reading the invocation: its shape is unknown; it must be %s", known)}
	}
	if err != nil {
		return nil, err
	}
	return inv, nil
}
