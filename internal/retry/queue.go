// Package retry keeps the checks that Concourse has not taken in an SQS queue, for the Lambda functions, which have no disk. It
// stands between match, which says what to check and why, and notify, which posts: a delivery -> provider -> event -> match -> retry
// -> notify -> Concourse. A server has package pending for the same.
//
// Both functions send to the queue (Keeper.Ask), and the notification function reads it (Keeper.Retry). What is not taken for a day
// goes to a dead-letter queue, which `syncer dead` shows.
package retry

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// SQS's limits: for a message, and for all of a batch together
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html). The bytes are as they were for
// many years: queues of today take more.
const (
	maxBytes   = 256 << 10
	maxEntries = 10
)

// sendTries is how often entries are sent that SQS itself failed on, each in a batch of which it took others.
const sendTries = 3

// Queue is one SQS queue.
type Queue struct {
	call               Call
	url, account, name string
}

// Call calls an operation of SQS, such as SendMessageBatch. in and out have the fields of SQS's JSON protocol.
type Call func(ctx context.Context, operation string, in, out any) error

// Connect makes the client of a queue. A region that is not "" goes before its own; an endpoint is for where neither its settings nor
// the environment name one.
type Connect func(region, endpoint string) Call

// Open makes a queue by its URL. The region of an AWS URL is the queue's; another URL's host is its endpoint.
func Open(queueURL string, connect Connect) (*Queue, error) {
	u, err := url.Parse(queueURL)
	if err != nil {
		return nil, errNotQueue
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	if u.Host == "" || u.User != nil || len(parts) < 2 {
		return nil, errNotQueue
	}
	q := &Queue{url: queueURL, account: parts[len(parts)-2], name: parts[len(parts)-1]}
	region, endpoint := "", ""
	switch labels := strings.Split(u.Hostname(), "."); {
	case len(labels) > 3 && labels[0] == "sqs" && labels[2] == "amazonaws":
		region = labels[1]
	case !strings.Contains(u.Hostname(), ".amazonaws."):
		endpoint = u.Scheme + "://" + u.Host
	}
	q.call = connect(region, endpoint)
	return q, nil
}

// errNotQueue does not quote the URL, which may hold a password.
var errNotQueue = errors.New("it is not the URL of an SQS queue, such as https://sqs.eu-west-1.amazonaws.com/123456789012/NAME")

// Is reports whether an ARN (arn:PARTITION:sqs:REGION:ACCOUNT:NAME) is the queue's. The region does not matter: a URL need not tell
// it, and Lambda reads the queues of its own region only.
func (q *Queue) Is(arn string) bool {
	parts := strings.Split(arn, ":")
	return len(parts) == 6 && parts[0] == "arn" && parts[2] == "sqs" && parts[4] == q.account && parts[5] == q.name
}

// send sends messages, ten in one request where they fit, and the requests at the same time. It says which messages the queue has
// taken; err is why others were not.
func (q *Queue) send(ctx context.Context, bodies []string) (sent []bool, err error) {
	sent = make([]bool, len(bodies))
	var errs []error
	var mu sync.Mutex
	var wg sync.WaitGroup
	for from := 0; from < len(bodies); {
		to, size := from, 0
		for to < len(bodies) && to-from < maxEntries && (to == from || size+len(bodies[to]) <= maxBytes) {
			size += len(bodies[to])
			to++
		}
		batch, taken := bodies[from:to], sent[from:to]
		wg.Go(func() {
			if err := q.sendBatch(ctx, batch, taken); err != nil {
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, err)
			}
		})
		from = to
	}
	wg.Wait()
	if len(errs) > 0 {
		return sent, fmt.Errorf("sending to the queue %s: %w", q.name, errs[0])
	}
	return sent, nil
}

// sendBatch sends what fits into one request, and again what SQS failed on.
func (q *Queue) sendBatch(ctx context.Context, bodies []string, sent []bool) error {
	for range sendTries {
		in := batchRequest{QueueURL: q.url}
		for i := range bodies {
			if !sent[i] {
				in.Entries = append(in.Entries, entry{ID: strconv.Itoa(i), MessageBody: bodies[i]})
			}
		}
		var out batchAnswer
		if err := q.call(ctx, "SendMessageBatch", in, &out); err != nil {
			return err
		}
		for _, ok := range out.Successful {
			if i, err := strconv.Atoi(ok.ID); err == nil && i >= 0 && i < len(sent) {
				sent[i] = true
			}
		}
		if !slices.Contains(sent, false) {
			return nil
		}
		for _, failed := range out.Failed {
			if failed.SenderFault {
				return fmt.Errorf("SQS refused a message: %s", failed.Code)
			}
		}
	}
	return errors.New("SQS failed on a message, several times")
}

// receive gives up to ten messages, and hides them from others for some seconds.
func (q *Queue) receive(ctx context.Context, seconds int32) ([]message, error) {
	var out receiveAnswer
	err := q.call(ctx, "ReceiveMessage", receiveRequest{
		QueueURL: q.url, MaxNumberOfMessages: maxEntries, VisibilityTimeout: seconds,
		WaitTimeSeconds: 1, // looks at all of SQS's servers; a shorter wait may find nothing where there is something
	}, &out)
	if err != nil {
		return nil, fmt.Errorf("receiving from the queue %s: %w", q.name, err)
	}
	return out.Messages, nil
}

// hide sets for how many more seconds messages, by their receipt handles, are not received again.
func (q *Queue) hide(ctx context.Context, receipts []string, seconds []int32) error {
	for from := 0; from < len(receipts); from += maxEntries {
		in := batchRequest{QueueURL: q.url}
		for i := from; i < min(from+maxEntries, len(receipts)); i++ {
			in.Entries = append(in.Entries, entry{ID: strconv.Itoa(i), ReceiptHandle: receipts[i], VisibilityTimeout: &seconds[i]})
		}
		var out batchAnswer
		err := q.call(ctx, "ChangeMessageVisibilityBatch", in, &out)
		if err == nil && len(out.Failed) > 0 {
			err = fmt.Errorf("SQS refused it: %s", out.Failed[0].Code)
		}
		if err != nil {
			return fmt.Errorf("setting when messages of the queue %s are received again: %w", q.name, err)
		}
	}
	return nil
}

func (q *Queue) remove(ctx context.Context, receipt string) error {
	var none struct{}
	if err := q.call(ctx, "DeleteMessage", deleteRequest{QueueURL: q.url, ReceiptHandle: receipt}, &none); err != nil {
		return fmt.Errorf("deleting from the queue %s: %w", q.name, err)
	}
	return nil
}
