package sqstest_test

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"github.com/dpb587/concourse-resource-endpoints/internal/retry/sqstest"
)

func newClient(url string) *sqs.Client {
	return sqs.New(sqs.Options{
		Region: sqstest.Region, BaseEndpoint: aws.String(url), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""),
	})
}

func TestContract(t *testing.T) {
	t.Parallel()
	server, closed := sqstest.Start()
	t.Cleanup(closed)
	contract(t, newClient(server.URL))
	t.Run("limits", func(t *testing.T) {
		t.Parallel()
		client := newClient(server.URL)
		out, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("limits")})
		if err != nil {
			t.Fatal(err)
		}
		limits(queueTest{t, client, out.QueueUrl})
	})
}

// moto's server answers the same. It is a Python program, which Debian has no package of: where it is absent, also in CI, nothing but
// the fake is tested.
func TestContractMoto(t *testing.T) {
	t.Parallel()
	path, err := exec.LookPath("moto_server")
	if err != nil {
		t.Skip("moto_server is not on the PATH (pip install 'moto[server]'), so the fake SQS is not compared with it")
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	server := exec.CommandContext(context.WithoutCancel(t.Context()), path, "-H", "127.0.0.1", "-p", address[strings.LastIndex(address, ":")+1:])
	server.Env = append(os.Environ(), "MOTO_ALLOW_NONEXISTENT_REGION=true")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	client := newClient("http://" + address)
	ticker := time.NewTicker(100 * time.Millisecond)
	t.Cleanup(ticker.Stop)
	for deadline := time.Now().Add(time.Minute); ; <-ticker.C {
		if _, err := client.ListQueues(t.Context(), &sqs.ListQueuesInput{}); err == nil {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("moto_server does not answer: %v", err)
		}
	}
	contract(t, client)
}

// queueTest has one queue, and acts on it.
type queueTest struct {
	*testing.T

	client *sqs.Client
	url    *string
}

func contract(t *testing.T, client *sqs.Client) {
	t.Helper()
	for name, test := range map[string]func(queueTest){
		"send, receive, delete": sendReceiveDelete, "visibility": visibility, "batches": batches, "redrive": redrive, "refusals": refusals,
		"URL and attributes": urlAndAttributes,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			queueName := strings.ReplaceAll(strings.ReplaceAll(name, " ", "-"), ",", "")
			out, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &queueName, Attributes: map[string]string{"VisibilityTimeout": "60"}})
			if err != nil {
				t.Fatal(err)
			}
			test(queueTest{t, client, out.QueueUrl})
		})
	}
}

func (q queueTest) send(body string) {
	q.Helper()
	if _, err := q.client.SendMessage(q.Context(), &sqs.SendMessageInput{QueueUrl: q.url, MessageBody: &body}); err != nil {
		q.Fatal(err)
	}
}

func (q queueTest) receive(url *string) []types.Message {
	q.Helper()
	out, err := q.client.ReceiveMessage(q.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: url, MaxNumberOfMessages: 10, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"},
	})
	if err != nil {
		q.Fatal(err)
	}
	return out.Messages
}

// wants receives the messages with the bodies, in any order.
func (q queueTest) wants(url *string, bodies ...string) []types.Message {
	q.Helper()
	messages := q.receive(url)
	var got []string
	for _, m := range messages {
		got = append(got, *m.Body)
	}
	slices.Sort(got)
	if !slices.Equal(got, bodies) {
		q.Fatalf("received %q, want %q", got, bodies)
	}
	return messages
}

func (q queueTest) show(m types.Message) {
	q.Helper()
	if _, err := q.client.ChangeMessageVisibility(q.Context(), &sqs.ChangeMessageVisibilityInput{QueueUrl: q.url, ReceiptHandle: m.ReceiptHandle}); err != nil {
		q.Fatal(err)
	}
}

func sendReceiveDelete(q queueTest) {
	q.send(`{"a":"ä"}`)
	m := q.wants(q.url, `{"a":"ä"}`)[0]
	if m.MessageId == nil || m.Attributes["ApproximateReceiveCount"] != "1" || m.Attributes["SentTimestamp"] == "" {
		q.Errorf("received %v %v", m.MessageId, m.Attributes)
	}
	if _, err := q.client.DeleteMessage(q.Context(), &sqs.DeleteMessageInput{QueueUrl: q.url, ReceiptHandle: m.ReceiptHandle}); err != nil {
		q.Fatal(err)
	}
	q.wants(q.url)
}

func visibility(q queueTest) {
	q.send("a")
	first := q.wants(q.url, "a")[0]
	q.wants(q.url)
	q.show(first)
	second := q.wants(q.url, "a")[0]
	if *first.MessageId != *second.MessageId || *first.ReceiptHandle == *second.ReceiptHandle || second.Attributes["ApproximateReceiveCount"] != "2" {
		q.Errorf("first %s, then %s, received %s times", *first.MessageId, *second.MessageId, second.Attributes["ApproximateReceiveCount"])
	}
	q.wants(q.url)
}

func batches(q queueTest) {
	out, err := q.client.SendMessageBatch(q.Context(), &sqs.SendMessageBatchInput{QueueUrl: q.url, Entries: []types.SendMessageBatchRequestEntry{
		{Id: aws.String("0"), MessageBody: aws.String("a")}, {Id: aws.String("1"), MessageBody: aws.String("b")},
	}})
	if err != nil || len(out.Successful) != 2 || len(out.Failed) != 0 {
		q.Fatalf("sent %+v, %v", out, err)
	}
	messages := q.wants(q.url, "a", "b")
	hidden, err := q.client.ChangeMessageVisibilityBatch(q.Context(), &sqs.ChangeMessageVisibilityBatchInput{
		QueueUrl: q.url, Entries: []types.ChangeMessageVisibilityBatchRequestEntry{
			{Id: aws.String("0"), ReceiptHandle: messages[0].ReceiptHandle, VisibilityTimeout: 0},
			{Id: aws.String("1"), ReceiptHandle: aws.String("wrong"), VisibilityTimeout: 0},
		},
	})
	if err != nil || len(hidden.Successful) != 1 || len(hidden.Failed) != 1 || *hidden.Failed[0].Id != "1" || !hidden.Failed[0].SenderFault {
		q.Fatalf("changed %+v, %v", hidden, err)
	}
	again := q.wants(q.url, *messages[0].Body)
	deleted, err := q.client.DeleteMessageBatch(q.Context(), &sqs.DeleteMessageBatchInput{QueueUrl: q.url, Entries: []types.DeleteMessageBatchRequestEntry{
		{Id: aws.String("0"), ReceiptHandle: again[0].ReceiptHandle}, {Id: aws.String("1"), ReceiptHandle: messages[1].ReceiptHandle},
	}})
	if err != nil || len(deleted.Successful) != 2 {
		q.Fatalf("deleted %+v, %v", deleted, err)
	}
}

// What was received maxReceiveCount times goes to the dead-letter queue at the next receive.
func redrive(q queueTest) {
	dead, err := q.client.CreateQueue(q.Context(), &sqs.CreateQueueInput{QueueName: aws.String("dead")})
	if err != nil {
		q.Fatal(err)
	}
	attributes, err := q.client.GetQueueAttributes(q.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: dead.QueueUrl, AttributeNames: []types.QueueAttributeName{"QueueArn"},
	})
	if err != nil || attributes.Attributes["QueueArn"] != sqstest.ARN("dead") {
		q.Fatalf("attributes %v, %v", attributes, err)
	}
	source, err := q.client.CreateQueue(q.Context(), &sqs.CreateQueueInput{QueueName: aws.String("source"), Attributes: map[string]string{
		"RedrivePolicy": `{"deadLetterTargetArn":"` + attributes.Attributes["QueueArn"] + `","maxReceiveCount":2}`,
	}})
	if err != nil {
		q.Fatal(err)
	}
	q.url = source.QueueUrl
	q.send("a")
	q.show(q.wants(q.url, "a")[0])
	q.show(q.wants(q.url, "a")[0])
	q.wants(q.url)
	q.wants(dead.QueueUrl, "a")
}

func (q queueTest) sendBatch(bodies ...string) error {
	var entries []types.SendMessageBatchRequestEntry
	for i := range bodies {
		entries = append(entries, types.SendMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), MessageBody: &bodies[i]})
	}
	_, err := q.client.SendMessageBatch(q.Context(), &sqs.SendMessageBatchInput{QueueUrl: q.url, Entries: entries})
	return err
}

// refused wants an error with the code, whose prefix is not the same in all protocols.
func (q queueTest) refused(code string, err error) {
	q.Helper()
	var refused smithy.APIError
	if !errors.As(err, &refused) || !strings.HasSuffix(refused.ErrorCode(), code) {
		q.Errorf("want %s: %v", code, err)
	}
}

func refusals(q queueTest) {
	q.refused("TooManyEntriesInBatchRequest", q.sendBatch(strings.Split(strings.Repeat("a", 11), "")...))
	_, err := q.client.SendMessageBatch(q.Context(), &sqs.SendMessageBatchInput{QueueUrl: q.url, Entries: []types.SendMessageBatchRequestEntry{
		{Id: aws.String("0"), MessageBody: aws.String("a")}, {Id: aws.String("0"), MessageBody: aws.String("b")},
	}})
	q.refused("BatchEntryIdsNotDistinct", err)
	_, err = q.client.DeleteMessage(q.Context(), &sqs.DeleteMessageInput{QueueUrl: q.url, ReceiptHandle: aws.String("wrong")})
	q.refused("ReceiptHandleIsInvalid", err)
	_, err = q.client.ReceiveMessage(q.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(*q.url + "-not")})
	q.refused("NonExistentQueue", err)
	q.wants(q.url)
}

// limits are only the fake's: moto's server takes any character, and as much as SQS takes since August 2025, 1 MiB.
func limits(q queueTest) {
	half := strings.Repeat("a", 128<<10)
	q.refused("BatchRequestTooLong", q.sendBatch(half, half+"a"))
	for body, code := range map[string]string{half + half + "a": "InvalidParameterValueException", "a\uFFFF": "InvalidMessageContents"} {
		_, err := q.client.SendMessage(q.Context(), &sqs.SendMessageInput{QueueUrl: q.url, MessageBody: &body})
		q.refused(code, err)
	}
	if err := q.sendBatch(half, half); err != nil {
		q.Error(err)
	}
	q.wants(q.url, half, half)
}

func urlAndAttributes(q queueTest) {
	out, err := q.client.GetQueueUrl(q.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("URL-and-attributes")})
	if err != nil || *out.QueueUrl != *q.url || !strings.HasSuffix(*q.url, "/"+sqstest.Account+"/URL-and-attributes") {
		q.Fatalf("URL %v of %s, %v", out, *q.url, err)
	}
	q.send("a")
	q.send("b")
	one, err := q.client.ReceiveMessage(q.Context(), &sqs.ReceiveMessageInput{QueueUrl: q.url})
	if err != nil || len(one.Messages) != 1 {
		q.Fatalf("received %v, %v", one, err)
	}
	attributes, err := q.client.GetQueueAttributes(q.Context(), &sqs.GetQueueAttributesInput{QueueUrl: q.url, AttributeNames: []types.QueueAttributeName{"All"}})
	if err != nil {
		q.Fatal(err)
	}
	for name, want := range map[string]string{"ApproximateNumberOfMessages": "1", "ApproximateNumberOfMessagesNotVisible": "1", "VisibilityTimeout": "60"} {
		if got := attributes.Attributes[name]; got != want {
			q.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}
