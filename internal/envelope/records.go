package envelope

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/strictjson"
)

// records reads a record list, each record by its own source. A record that can't be read becomes a message with Err. All S3
// records become one notification, and all CodeCommit records another.
func (i *Invocation) records(raw json.RawMessage, depth int, own func(queueARN string) bool) error {
	var list []json.RawMessage
	if err := strictjson.Unmarshal(raw, &list); err != nil {
		return provider.Malformed("reading the invocation: reading Records: %v", err)
	}
	groups := grouped{}
	for n, record := range list {
		i.record(n, record, groups, depth, own)
	}
	return groups.fill(i)
}

// pipe reads a pipe's list. What is no record is what a template made of one, as by <$.body>: an EventBridge event, a record list, or
// the text of one.
func (i *Invocation) pipe(list []json.RawMessage, own func(queueARN string) bool) error {
	groups := grouped{}
	for n, item := range list {
		fields, err := object(item)
		inner, isText := text(item)
		switch {
		case isText:
			i.Messages = append(i.Messages, nested(inner, nil, 0)...)
		case err != nil, sourceOf(fields) != "", present(fields["s3"]):
			i.record(n, item, groups, 0, own)
		default:
			i.Messages = append(i.Messages, nested(string(item), nil, 0)...)
		}
	}
	return groups.fill(i)
}

// record reads one record.
func (i *Invocation) record(n int, record json.RawMessage, groups grouped, depth int, own func(queueARN string) bool) {
	fields, err := object(record)
	if err != nil {
		i.Messages = append(i.Messages, malformed("reading record %d: %v", n, err))
		return
	}
	switch source := sourceOf(fields); {
	case source == "aws:sqs":
		i.batch = true
		i.Messages = append(i.Messages, sqsMessages(record, fields, depth, own)...)
	case source == "aws:sns":
		i.Messages = append(i.Messages, snsMessages(fields["Sns"], depth)...)
	case source == "aws:codecommit", strings.HasSuffix(source, ":s3"):
		groups.add(i, source == "aws:codecommit", record)
	case source == "" && present(fields["s3"]):
		groups.add(i, false, record)
	default:
		i.Messages = append(i.Messages, malformed("reading record %d: its eventSource is not "+
			"aws:sqs, aws:sns, aws:s3, minio:s3 or aws:codecommit", n))
	}
}

// sourceOf is the record's source. SNS writes the field's name with a capital.
func sourceOf(fields map[string]json.RawMessage) string {
	if source, ok := text(fields["eventSource"]); ok {
		return source
	}
	source, _ := text(fields["EventSource"])
	return source
}

// grouped holds the CodeCommit records (true) and the S3 records (false). Each group becomes one message, in the place of its
// first record.
type grouped map[bool]*group

type group struct {
	at      int
	Records []json.RawMessage
}

func (g grouped) add(i *Invocation, codecommit bool, record json.RawMessage) {
	if g[codecommit] == nil {
		g[codecommit] = &group{at: len(i.Messages)}
		i.Messages = append(i.Messages, Message{})
	}
	g[codecommit].Records = append(g[codecommit].Records, record)
}

func (g grouped) fill(i *Invocation) error {
	for _, one := range g {
		b, err := json.Marshal(one)
		if err != nil {
			return provider.Malformed("reading the invocation: the records can't be put together")
		}
		i.Messages[one.at].Notification = b
	}
	return nil
}

// attributes are a message's own, in SQS or SNS. An API Gateway integration with SQS can make them of a webhook's headers.
type attributes map[string]struct {
	StringValue string `json:"stringValue"` // SQS's
	Value       string `json:"Value"`       // SNS's
}

func (a attributes) header() http.Header {
	h := http.Header{}
	for name, v := range a {
		h.Set(name, v.StringValue+v.Value)
	}
	return h
}

// sqsRecord is the part of an SQS record that matters
// (https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html).
type sqsRecord struct {
	Body              string     `json:"body"`
	ReceiptHandle     string     `json:"receiptHandle"`
	QueueARN          string     `json:"eventSourceARN"`
	MessageAttributes attributes `json:"messageAttributes"`
}

// sqsMessages reads an SQS record's body.
func sqsMessages(record json.RawMessage, fields map[string]json.RawMessage, depth int, own func(queueARN string) bool) []Message {
	var in sqsRecord
	var messages []Message
	id, _ := text(fields["messageId"])
	if err := provider.Decode("an SQS record", record, &in); err != nil {
		messages = []Message{{Err: err}}
	} else if own(in.QueueARN) {
		messages = []Message{{Own: &Own{ID: id, ReceiptHandle: in.ReceiptHandle, Body: in.Body}}}
	} else {
		messages = nested(in.Body, in.MessageAttributes.header(), depth)
	}
	for n := range messages {
		messages[n].ID = id
	}
	return messages
}

// snsEnvelope is SNS's message, in Lambda's record and in SQS's body
// (https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html).
type snsEnvelope struct {
	Type              string     `json:"Type"`
	Message           string     `json:"Message"`
	MessageAttributes attributes `json:"MessageAttributes"`
}

// isSNS reports whether an object is SNS's envelope.
func isSNS(fields map[string]json.RawMessage) bool {
	_, hasMessage := text(fields["Message"])
	_, hasTopic := text(fields["TopicArn"])
	kind, _ := text(fields["Type"])
	return hasMessage && hasTopic &&
		(kind == "Notification" || kind == "SubscriptionConfirmation" || kind == "UnsubscribeConfirmation")
}

// snsMessages reads an SNS message. A confirmation is passed on as a notification, whose reader ignores it.
func snsMessages(raw json.RawMessage, depth int) []Message {
	if !present(raw) {
		return []Message{malformed("reading an SNS record: it has no Sns")}
	}
	var in snsEnvelope
	if err := provider.Decode("an SNS message", raw, &in); err != nil {
		return []Message{{Err: err}}
	}
	if in.Type != "" && in.Type != "Notification" {
		return []Message{{Notification: raw}}
	}
	return nested(in.Message, in.MessageAttributes.header(), depth)
}

// nested reads the text inside an envelope. Text of no known shape is a webhook's body where the attributes may be its headers;
// like any webhook, it is still to be verified.
func nested(body string, header http.Header, depth int) []Message {
	inv, err := decode([]byte(body), depth+1, isNotOwn)
	var unknown unknownError
	switch {
	case err == nil:
		return inv.Messages
	case errors.As(err, &unknown) && isWebhook(header):
		return []Message{{HTTP: &provider.Request{Method: http.MethodPost, Path: "/", Header: header}, body: body}}
	}
	return []Message{{Err: err}}
}

// isWebhook reports whether the header may be a webhook's: all providers send some X- header.
func isWebhook(header http.Header) bool {
	for name := range header {
		if strings.HasPrefix(name, "X-") {
			return true
		}
	}
	return false
}
