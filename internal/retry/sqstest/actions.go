package sqstest

import (
	"crypto/md5" //nolint:gosec // SQS answers with it, and its SDKs compare
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// request has the fields of all actions.
type request struct {
	QueueURL            string `json:"QueueUrl"`
	QueueName           string
	Attributes          map[string]string
	MessageBody         string
	DelaySeconds        int
	ReceiptHandle       string
	VisibilityTimeout   *int
	MaxNumberOfMessages int
	Entries             []entry
}

// entry is one of a batch.
type entry struct {
	ID                string `json:"Id"`
	MessageBody       string
	DelaySeconds      int
	ReceiptHandle     string
	VisibilityTimeout *int
}

type object = map[string]any

var actions = map[string]func(*Server, *queue, *request) (any, *apiError){
	"GetQueueUrl": func(s *Server, q *queue, _ *request) (any, *apiError) {
		return object{"QueueUrl": s.QueueURL(q.name)}, nil
	},
	"GetQueueAttributes": func(s *Server, q *queue, _ *request) (any, *apiError) {
		return object{"Attributes": q.attributes(s.now())}, nil
	},
	"SendMessage": func(s *Server, q *queue, in *request) (any, *apiError) {
		return q.send(s, in.MessageBody, in.DelaySeconds)
	},
	"ReceiveMessage": func(s *Server, q *queue, in *request) (any, *apiError) {
		if in.MaxNumberOfMessages < 0 || in.MaxNumberOfMessages > 10 {
			return nil, &apiError{"InvalidParameterValueException", "MaxNumberOfMessages must be between 1 and 10"}
		}
		return object{"Messages": q.receive(s, max(in.MaxNumberOfMessages, 1), in.VisibilityTimeout)}, nil
	},
	"DeleteMessage": func(_ *Server, q *queue, in *request) (any, *apiError) {
		return object{}, q.remove(in.ReceiptHandle)
	},
	"ChangeMessageVisibility": func(s *Server, q *queue, in *request) (any, *apiError) {
		return object{}, q.hide(s.now(), in.ReceiptHandle, in.VisibilityTimeout)
	},
	"SendMessageBatch": batch(func(s *Server, q *queue, e entry) (object, *apiError) {
		if s.FailEntry != nil && s.FailEntry(e.MessageBody) {
			return nil, &apiError{"InternalError", "it was told to fail"}
		}
		return q.send(s, e.MessageBody, e.DelaySeconds)
	}),
	"DeleteMessageBatch": batch(func(_ *Server, q *queue, e entry) (object, *apiError) {
		return object{}, q.remove(e.ReceiptHandle)
	}),
	"ChangeMessageVisibilityBatch": batch(func(s *Server, q *queue, e entry) (object, *apiError) {
		return object{}, q.hide(s.now(), e.ReceiptHandle, e.VisibilityTimeout)
	}),
}

// batch handles the entries one by one. Some may fail and others not.
func batch(one func(*Server, *queue, entry) (object, *apiError)) func(*Server, *queue, *request) (any, *apiError) {
	return func(s *Server, q *queue, in *request) (any, *apiError) {
		if refused := checkBatch(in.Entries); refused != nil {
			return nil, refused
		}
		successful, failed := []object{}, []object{}
		for _, e := range in.Entries {
			out, refused := one(s, q, e)
			if refused != nil {
				failed = append(failed, object{"Id": e.ID, "SenderFault": refused.code != "InternalError", "Code": refused.code, "Message": refused.message})
				continue
			}
			out["Id"] = e.ID
			successful = append(successful, out)
		}
		return object{"Successful": successful, "Failed": failed}, nil
	}
}

func checkBatch(entries []entry) *apiError {
	ids := make(map[string]bool)
	size := 0
	for _, e := range entries {
		ids[e.ID] = true
		size += len(e.MessageBody)
	}
	switch {
	case len(entries) == 0:
		return &apiError{"EmptyBatchRequest", "There should be at least one SendMessageBatchRequestEntry in the request."}
	case len(entries) > 10:
		return &apiError{"TooManyEntriesInBatchRequest", "Maximum number of entries per request are 10."}
	case len(ids) < len(entries):
		return &apiError{"BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id."}
	case size > maxBytes:
		return &apiError{"BatchRequestTooLong", "Batch requests cannot be longer than 262144 bytes."}
	}
	return nil
}

// create makes a queue, with the attributes VisibilityTimeout and RedrivePolicy.
func (s *Server) create(in *request) (any, *apiError) {
	q := newQueue(in.QueueName)
	if text := in.Attributes["VisibilityTimeout"]; text != "" {
		seconds, err := strconv.Atoi(text)
		if err != nil {
			return nil, &apiError{"InvalidAttributeValue", "VisibilityTimeout is not a number"}
		}
		q.timeout = time.Duration(seconds) * time.Second
	}
	if text := in.Attributes["RedrivePolicy"]; text != "" {
		var policy struct {
			DeadLetterTargetARN string          `json:"deadLetterTargetArn"`
			MaxReceiveCount     json.RawMessage `json:"maxReceiveCount"` // a number, or one as text
		}
		err := json.Unmarshal([]byte(text), &policy)
		most, numErr := strconv.Atoi(strings.Trim(string(policy.MaxReceiveCount), `"`))
		if err != nil || numErr != nil {
			return nil, &apiError{"InvalidAttributeValue", "RedrivePolicy is not valid"}
		}
		q.dead, q.maxReceives = policy.DeadLetterTargetARN[strings.LastIndex(policy.DeadLetterTargetARN, ":")+1:], most
	}
	s.queues[q.name] = q
	return object{"QueueUrl": s.QueueURL(q.name)}, nil
}

// queue is a standard queue.
type queue struct {
	name        string
	timeout     time.Duration
	dead        string // the name of the dead-letter queue
	maxReceives int
	messages    []*message
}

type message struct {
	id, body, receipt string
	sent, visible     time.Time
	receives          int
}

func newQueue(name string) *queue { return &queue{name: name, timeout: 30 * time.Second} }

func (q *queue) attributes(now time.Time) map[string]string {
	hidden := 0
	for _, m := range q.messages {
		if m.visible.After(now) {
			hidden++
		}
	}
	return map[string]string{
		"QueueArn": ARN(q.name), "VisibilityTimeout": strconv.Itoa(int(q.timeout.Seconds())),
		"ApproximateNumberOfMessages":           strconv.Itoa(len(q.messages) - hidden),
		"ApproximateNumberOfMessagesNotVisible": strconv.Itoa(hidden),
	}
}

func (q *queue) send(s *Server, body string, delay int) (object, *apiError) {
	switch {
	case body == "":
		return nil, &apiError{"MissingParameter", "The request must contain the parameter MessageBody."}
	case len(body) > maxBytes:
		return nil, &apiError{"InvalidParameterValueException", "One or more parameters are invalid. Reason: Message must be shorter than 262144 bytes."}
	case strings.ContainsFunc(body, forbidden):
		return nil, &apiError{"InvalidMessageContents", "The message contains characters outside the allowed set."}
	}
	s.serial++
	m := &message{id: "message-" + strconv.Itoa(s.serial), body: body, sent: s.now()}
	m.visible = m.sent.Add(time.Duration(delay) * time.Second)
	q.messages = append(q.messages, m)
	return object{"MessageId": m.id, "MD5OfMessageBody": digest(body)}, nil
}

// forbidden reports whether SQS refuses a character: it takes those of XML 1.0.
func forbidden(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == '\uFFFE' || r == '\uFFFF'
}

func digest(body string) string {
	sum := md5.Sum([]byte(body)) //nolint:gosec // see above
	return hex.EncodeToString(sum[:])
}

// receive hides what it gives. What was received too often goes to the dead-letter queue instead.
func (q *queue) receive(s *Server, most int, timeout *int) []Message {
	now, hide := s.now(), q.timeout
	if timeout != nil {
		hide = time.Duration(*timeout) * time.Second
	}
	received := []Message{}
	for _, m := range slices.Clone(q.messages) {
		if m.visible.After(now) || len(received) == most {
			continue
		}
		if dead := s.queues[q.dead]; dead != nil && m.receives >= q.maxReceives {
			q.messages = slices.DeleteFunc(q.messages, func(other *message) bool { return other == m })
			dead.messages = append(dead.messages, m)
			continue
		}
		s.serial++
		m.receives++
		m.receipt, m.visible = "receipt-"+strconv.Itoa(s.serial), now.Add(hide)
		received = append(received, Message{
			MessageID: m.id, ReceiptHandle: m.receipt, MD5OfBody: digest(m.body), Body: m.body, Attributes: map[string]string{
				"ApproximateReceiveCount": strconv.Itoa(m.receives), "SentTimestamp": strconv.FormatInt(m.sent.UnixMilli(), 10),
			},
		})
	}
	return received
}

func (q *queue) find(receipt string) (int, *apiError) {
	i := slices.IndexFunc(q.messages, func(m *message) bool { return receipt != "" && m.receipt == receipt })
	if i < 0 {
		return 0, &apiError{"ReceiptHandleIsInvalid", "The input receipt handle is invalid."}
	}
	return i, nil
}

func (q *queue) remove(receipt string) *apiError {
	i, refused := q.find(receipt)
	if refused == nil {
		q.messages = slices.Delete(q.messages, i, i+1)
	}
	return refused
}

// hide changes how long a message stays invisible.
func (q *queue) hide(now time.Time, receipt string, seconds *int) *apiError {
	i, refused := q.find(receipt)
	switch {
	case refused != nil:
		return refused
	case seconds == nil || *seconds < 0 || *seconds > 12*60*60:
		return &apiError{"InvalidParameterValueException", "VisibilityTimeout must be between 0 and 43200"}
	case !q.messages[i].visible.After(now):
		return &apiError{"MessageNotInflight", "The message referred to isn't in flight."}
	}
	q.messages[i].visible = now.Add(time.Duration(*seconds) * time.Second)
	return nil
}
