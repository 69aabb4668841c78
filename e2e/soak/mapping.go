package main

import (
	"context"
	"encoding/json"
	"os"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/dpb587/concourse-resource-endpoints/e2e/stack"
)

// startFunctions starts execution environments of a function, as many as may work at once. The document is the config; env has at least
// CONCOURSE_URL.
func startFunctions(ctx context.Context, t *trial, name string, n int, timeout time.Duration, config []byte, env []string) ([]*stack.Lambda, error) {
	file := t.file("config.json")
	if err := replace(file, config); err != nil {
		return nil, err
	}
	env = append([]string{
		"CONFIG=" + file, "CONCOURSE_USERNAME=" + username, "CONCOURSE_PASSWORD=" + password, "GITHUB_WEBHOOK_SECRET=" + hookSecret,
	}, env...)
	functions := make([]*stack.Lambda, n)
	for i := range functions {
		dir := t.file(name + number(float64(i)) + "-" + timeout.String())
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
		var err error
		functions[i], err = stack.StartLambda(ctx, stack.LambdaOptions{Name: name, Binary: t.program(name), Env: env, Dir: dir, Timeout: timeout})
		if err != nil {
			return nil, err
		}
	}
	return functions, nil
}

// mapping is Lambda's event source mapping: it receives up to ten messages, invokes a function with them, and deletes those that
// the function does not name as failed. Where the function fails, all of them come again.
type mapping struct {
	queues    *queues
	queue     string // its URL
	functions chan *stack.Lambda
}

// mapQueues polls queues with functions until the returned function is called.
func mapQueues(ctx context.Context, q *queues, functions []*stack.Lambda, urls ...string) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	free := make(chan *stack.Lambda, len(functions))
	for _, f := range functions {
		free <- f
	}
	var wg sync.WaitGroup
	for _, url := range urls {
		m := &mapping{q, url, free}
		for range functions {
			wg.Go(func() { m.poll(ctx) })
		}
	}
	return func() {
		cancel()
		wg.Wait()
	}
}

func (m *mapping) poll(ctx context.Context) {
	for ctx.Err() == nil {
		out, err := m.queues.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: &m.queue, MaxNumberOfMessages: 10, MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
		})
		if err != nil || len(out.Messages) == 0 {
			pass(ctx, 200*time.Millisecond)
			continue
		}
		m.invoke(ctx, out.Messages)
	}
}

// invoke invokes the function that is free first, and deletes what it dealt with.
func (m *mapping) invoke(ctx context.Context, messages []types.Message) {
	f := <-m.functions
	answer, failure, err := f.Invoke(ctx, batch(m.queue, messages))
	m.functions <- f
	var failed struct {
		BatchItemFailures []struct {
			ItemIdentifier string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if err != nil || failure != nil || json.Unmarshal(answer, &failed) != nil {
		return
	}
	left := make(map[string]bool)
	for _, one := range failed.BatchItemFailures {
		left[one.ItemIdentifier] = true
	}
	in := &sqs.DeleteMessageBatchInput{QueueUrl: &m.queue}
	for _, message := range messages {
		if id := aws.ToString(message.MessageId); !left[id] {
			in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{Id: &id, ReceiptHandle: message.ReceiptHandle})
		}
	}
	if len(in.Entries) > 0 {
		_, _ = m.queues.client.DeleteMessageBatch(context.WithoutCancel(ctx), in) // what is not deleted comes again
	}
}
