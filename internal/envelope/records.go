package envelope

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/strictjson"
)

// records reads a record list, each record by its own source. A record that can't be read is a message with Err, and
// leaves its neighbours alone. The S3 records become one notification, the CodeCommit records another.
func (i *Invocation) records(raw json.RawMessage, depth int) error {
	var list []json.RawMessage
	if err := strictjson.Unmarshal(raw, &list); err != nil {
		return provider.Malformed("reading the invocation: reading Records: %v", err)
	}
	groups := grouped{}
	for n, record := range list {
		fields, err := object(record)
		if err != nil {
			i.Messages = append(i.Messages, malformed("reading record %d: %v", n, err))
			continue
		}
		switch source := sourceOf(fields); {
		case source == "aws:sqs":
			i.batch = true
			i.Messages = append(i.Messages, sqsMessages(record, fields, depth)...)
		case source == "aws:sns":
			i.Messages = append(i.Messages, snsMessages(fields["Sns"], depth)...)
		case source == "aws:codecommit", strings.HasSuffix(source, ":s3"):
			groups.add(i, source == "aws:codecommit", record)
		case source == "" && present(fields["s3"]):
			groups.add(i, false, record)
		default:
			i.Messages = append(i.Messages, malformed("reading record %d: its eventSource is none of "+
				"aws:sqs, aws:sns, aws:s3, minio:s3, aws:codecommit", n))
		}
	}
	return groups.fill(i)
}

// sourceOf is the record's source: SNS capitalises the name.
func sourceOf(fields map[string]json.RawMessage) string {
	if source, ok := text(fields["eventSource"]); ok {
		return source
	}
	source, _ := text(fields["EventSource"])
	return source
}

// grouped gathers the records of a kind (CodeCommit or not) for one message, which takes the place of the first.
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

// sqsRecord is the part of an SQS record that matters
// (https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html).
type sqsRecord struct {
	Body              string `json:"body"`
	MessageAttributes map[string]struct {
		StringValue string `json:"stringValue"`
	} `json:"messageAttributes"`
}

// sqsMessages looks inside an SQS record's body: what a service or SNS put there, or, where the message's attributes are
// an HTTP request's headers (as an API Gateway integration with SQS can make them), a webhook's raw body.
func sqsMessages(record json.RawMessage, fields map[string]json.RawMessage, depth int) []Message {
	var in sqsRecord
	var messages []Message
	if err := provider.Decode("an SQS record", record, &in); err != nil {
		messages = []Message{{Err: err}}
	} else {
		attributes := http.Header{}
		for name, a := range in.MessageAttributes {
			attributes.Set(name, a.StringValue)
		}
		messages = nested(in.Body, attributes, depth)
	}
	id, _ := text(fields["messageId"])
	for n := range messages {
		messages[n].ID = id
	}
	return messages
}

// snsEnvelope is SNS's message, as the record that Lambda gets and the JSON that SQS gets have it
// (https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html).
type snsEnvelope struct {
	Type              string `json:"Type"`
	Message           string `json:"Message"`
	MessageAttributes map[string]struct {
		Value string `json:"Value"`
	} `json:"MessageAttributes"`
}

// isSNS reports whether an object is SNS's envelope.
func isSNS(fields map[string]json.RawMessage) bool {
	_, hasMessage := text(fields["Message"])
	_, hasTopic := text(fields["TopicArn"])
	kind, _ := text(fields["Type"])
	return hasMessage && hasTopic &&
		(kind == "Notification" || kind == "SubscriptionConfirmation" || kind == "UnsubscribeConfirmation")
}

// snsMessages looks inside an SNS message. A confirmation is a notification of its own, of no use.
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
	attributes := http.Header{}
	for name, a := range in.MessageAttributes {
		attributes.Set(name, a.Value)
	}
	return nested(in.Message, attributes, depth)
}

// nested reads the text that an envelope carries. Text of no known shape is a webhook's body where the attributes are its
// headers; it is still to be verified, as any other.
func nested(body string, attributes http.Header, depth int) []Message {
	inv, err := decode([]byte(body), depth+1)
	switch {
	case err == nil:
		return inv.Messages
	case errors.Is(err, errUnknown) && isHeader(attributes):
		return []Message{{HTTP: &provider.Request{
			Method: http.MethodPost, Path: "/", Header: attributes, Body: []byte(body),
		}}}
	}
	return []Message{{Err: err}}
}

// isHeader reports whether attributes may be a webhook's headers: every sender has an X- of its own.
func isHeader(attributes http.Header) bool {
	for name := range attributes {
		if strings.HasPrefix(name, "X-") {
			return true
		}
	}
	return false
}
