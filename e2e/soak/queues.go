package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/dpb587/concourse-resource-endpoints/e2e/stack"
	"github.com/dpb587/concourse-resource-endpoints/internal/retry/sqstest"
)

// queues are the queues of a run, at a real server of SQS's protocol: where events come, where functions keep what Concourse did
// not take, and where they give up.
type queues struct {
	events, retry, dead string // their URLs
	url                 string
	client              *sqs.Client
}

// receives is how often a queue of events gives out a message before it becomes a dead one.
const receives = 5

// startQueues starts the queue server, until ctx ends. It gets about so many messages. visibility is how many seconds a message of
// the events is hidden.
func startQueues(ctx context.Context, t *trial, messages, visibility int) (*queues, error) {
	url, err := queueServer(ctx, t, messages)
	if err != nil {
		return nil, err
	}
	q := &queues{url: url}
	q.client = sqs.New(sqs.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(q.url),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "soak", SecretAccessKey: "soak"}, nil
		}),
	})
	return q, q.create(ctx, visibility)
}

// motoMessages is how many messages moto's server is fast enough for.
const motoMessages = 200

// queueServer is the URL of moto's server where the machine has it, else of a small one of ours, until ctx ends.
func queueServer(ctx context.Context, t *trial, messages int) (string, error) {
	program, _ := exec.LookPath("moto_server")
	if program == "" || messages > motoMessages {
		server, closed := sqstest.Start()
		context.AfterFunc(ctx, closed)
		return server.URL, nil
	}
	address, err := freePort()
	if err != nil {
		return "", err
	}
	host, port, _ := strings.Cut(address, ":")
	server, err := stack.Run("moto_server", t.file("moto.log"), exec.Command(program, "-H", host, "-p", port))
	if err != nil {
		return "", err
	}
	context.AfterFunc(ctx, server.Kill)
	url := "http://" + address
	return url, server.Answers(ctx, url+"/moto-api/")
}

// arn is the ARN of a queue, by its URL.
func arn(url string) string {
	parts := strings.Split(url, "/")
	return "arn:aws:sqs:us-east-1:" + parts[len(parts)-2] + ":" + parts[len(parts)-1]
}

func (q *queues) create(ctx context.Context, visibility int) error {
	for _, queue := range []struct {
		name       string
		url        *string
		receives   int // 0: it has no dead messages
		visibility int
	}{{"dead", &q.dead, 0, 30}, {"retry", &q.retry, 1000, 30}, {"events", &q.events, receives, visibility}} {
		attributes := map[string]string{"VisibilityTimeout": strconv.Itoa(queue.visibility)}
		if queue.receives > 0 {
			attributes["RedrivePolicy"] = fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":%d}`, arn(q.dead), queue.receives)
		}
		out, err := q.client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &queue.name, Attributes: attributes})
		if err != nil {
			return fmt.Errorf("making the queue %s: %w", queue.name, err)
		}
		*queue.url = aws.ToString(out.QueueUrl)
	}
	return nil
}

// env is a function's environment, besides its config and login.
func (q *queues) env() []string {
	return []string{
		"RETRY_QUEUE=" + q.retry, "DEAD_QUEUE=" + q.dead, "AWS_ENDPOINT_URL_SQS=" + q.url, "AWS_ACCESS_KEY_ID=soak", "AWS_SECRET_ACCESS_KEY=soak",
	}
}

// send sends messages to the queue of events, ten in a request.
func (q *queues) send(ctx context.Context, bodies []string) error {
	for len(bodies) > 0 {
		n := min(10, len(bodies))
		in := &sqs.SendMessageBatchInput{QueueUrl: &q.events}
		for i, body := range bodies[:n] {
			in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), MessageBody: &body})
		}
		if _, err := q.client.SendMessageBatch(ctx, in); err != nil {
			return fmt.Errorf("sending messages: %w", err)
		}
		bodies = bodies[n:]
	}
	return nil
}

// length is how many messages a queue has, those that are hidden included.
func (q *queues) length(ctx context.Context, url string) (int, error) {
	const shown, hidden = types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible
	out, err := q.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{shown, hidden}})
	if err != nil {
		return 0, fmt.Errorf("counting messages: %w", err)
	}
	a, _ := strconv.Atoi(out.Attributes[string(shown)])
	b, _ := strconv.Atoi(out.Attributes[string(hidden)])
	return a + b, nil
}

// kept counts the messages that are still to be dealt with. It looks for events first: what leaves them is in the other queue then.
func (q *queues) kept(ctx context.Context) func() int {
	return func() int {
		events, err := q.length(ctx, q.events)
		if err != nil {
			return 1
		}
		again, err := q.length(ctx, q.retry)
		if err != nil {
			return 1
		}
		return events + again
	}
}

// deadBut counts the dead messages but those for which is holds.
func (q *queues) deadBut(ctx context.Context, is func(body string) bool) (n int, err error) {
	for {
		out, err := q.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &q.dead, MaxNumberOfMessages: 10})
		if err != nil {
			return n, fmt.Errorf("reading the dead messages: %w", err)
		}
		if len(out.Messages) == 0 {
			return n, nil
		}
		for _, m := range out.Messages {
			if !is(aws.ToString(m.Body)) {
				n++
			}
		}
	}
}

// created is S3's notification of a new object.
func created(bucket string) string {
	return fmt.Sprintf(`{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":%q},"object":{"key":"app-1.tgz"}}}]}`, bucket)
}

// batch is the event with which SQS invokes a function
// (https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event).
func batch(queue string, messages []types.Message) []byte {
	records := make([]object, len(messages))
	for i, m := range messages {
		records[i] = object{
			"messageId": m.MessageId, "receiptHandle": m.ReceiptHandle, "body": m.Body, "attributes": m.Attributes, "messageAttributes": object{},
			"eventSource": "aws:sqs", "eventSourceARN": arn(queue), "awsRegion": "us-east-1",
		}
	}
	raw, err := json.Marshal(object{"Records": records})
	if err != nil { // never: it holds nothing but strings
		panic(err)
	}
	return raw
}
