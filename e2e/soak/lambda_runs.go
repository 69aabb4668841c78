package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/dpb587/concourse-resource-endpoints/e2e/stack"
)

// notified is what the runs of the notification function have: a stub ATC, the queues, and functions that poll them. Message n is
// of a bucket that one resource watches, that of repository n in the scene.
type notified struct {
	scene     scene
	atc       *atc
	queues    *queues
	functions []*stack.Lambda
	stop      func() // ends the polling
	sent      []delivery
}

func beginNotified(ctx context.Context, t *trial, messages int) (*notified, error) {
	visibility := t.lasts(12*time.Second, 6*time.Second)
	q, err := startQueues(ctx, t, messages, int(visibility.Seconds()))
	if err != nil {
		return nil, err
	}
	n := &notified{scene: scene{repositories: messages, resources: 1}, queues: q}
	if n.atc, err = startATC(ctx, t); err != nil {
		return nil, err
	}
	n.functions, err = startFunctions(ctx, t, "notification", t.size(4, 2), visibility-time.Second, buckets(n.atc.URL, messages), append(q.env(), "CONCOURSE_URL="+n.atc.URL))
	if err != nil {
		return nil, err
	}
	n.stop = mapQueues(ctx, q, n.functions, q.events, q.retry)
	return n, nil
}

// send sends one message for each resource.
func (n *notified) send(ctx context.Context) error {
	bodies := make([]string, n.scene.repositories)
	for i := range bodies {
		bodies[i] = created(bucket(i))
		n.sent = append(n.sent, delivery{repository: i, sent: time.Now()})
	}
	return n.queues.send(ctx, bodies)
}

// end waits until all is taken, and adds the figures. Of each hundred messages two may be posted twice, and extra more.
func (n *notified) end(ctx context.Context, t *trial, extra float64) error {
	t.note("%d messages", len(n.sent))
	t.noneLost(ctx, "lost", n.atc, n.scene, n.sent, n.queues.kept(ctx))
	n.stop()
	_, taken := n.atc.counts()
	t.atMost("checks taken", float64(taken), max(1.02*float64(len(n.sent)), float64(len(n.sent)+2))+extra)
	dead, err := n.queues.deadBut(ctx, func(string) bool { return false })
	t.atMost("dead messages", float64(dead), 0)
	return err
}

func queueFaults(ctx context.Context, t *trial) error {
	n, err := beginNotified(ctx, t, t.size(4000, 100))
	if err != nil {
		return err
	}
	n.atc.set(mixed(7), 0)
	if err := n.send(ctx); err != nil {
		return err
	}
	return n.end(ctx, t, 0)
}

// queueOutage scales the outage of ten minutes, at a visibility of a minute, down to a fifth.
func queueOutage(ctx context.Context, t *trial) error {
	n, err := beginNotified(ctx, t, t.size(1000, 40))
	if err != nil {
		return err
	}
	n.atc.set(always(proxy(404, "default backend - 404")), 0)
	if err := n.send(ctx); err != nil {
		return err
	}
	lasts := t.lasts(2*time.Minute, 2*time.Second)
	pass(ctx, lasts/2)
	n.atc.close()
	pass(ctx, lasts/2)
	n.atc.set(nil, 0)
	if err := n.atc.open(); err != nil {
		return err
	}
	return n.end(ctx, t, 0)
}

// queueKills kills functions in the middle of invocations. A batch of ten that was posted then comes again.
func queueKills(ctx context.Context, t *trial) error {
	n, err := beginNotified(ctx, t, t.size(2000, 100))
	if err != nil {
		return err
	}
	n.atc.set(mixed(8), 20*time.Millisecond)
	if err := n.send(ctx); err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(8, 8)) //nolint:gosec // kills must be the same each time
	times := t.size(20, 3)
	for range times {
		pass(ctx, time.Duration(100+random.IntN(900))*time.Millisecond)
		n.functions[random.IntN(len(n.functions))].Kill()
	}
	return n.end(ctx, t, float64(10*times))
}

// queueNeighbours has some resources whose checks hang for good.
func queueNeighbours(ctx context.Context, t *trial) error {
	n, err := beginNotified(ctx, t, t.size(60, 30))
	if err != nil {
		return err
	}
	n.atc.hangs = 0
	ill := []int{3, 13, 23}
	n.atc.set(only(hang, func(resource string) bool {
		return slices.ContainsFunc(ill, func(i int) bool { return resource == n.scene.of(i)[0] })
	}), 0)
	if err := n.send(ctx); err != nil {
		return err
	}
	var healthy []delivery
	for _, d := range n.sent {
		if !slices.Contains(ill, d.repository) {
			healthy = append(healthy, d)
		}
	}
	start := time.Now()
	t.noneLost(ctx, fmt.Sprintf("of %d healthy ones lost", len(healthy)), n.atc, n.scene, healthy, n.queues.kept(ctx))
	t.note("after %s", time.Since(start).Round(time.Millisecond))
	pass(ctx, t.lasts((receives+1)*12*time.Second, 0)) // as long as it takes a message to become a dead one
	n.stop()
	dead, err := n.queues.deadBut(ctx, func(body string) bool { // of an event, or of a check
		return slices.ContainsFunc(ill, func(i int) bool {
			return strings.Contains(body, bucket(i)+`"`) || strings.Contains(body, n.scene.of(i)[0])
		})
	})
	t.atMost("healthy ones among the dead", float64(dead), 0)
	return err
}

// queueOneResource invokes the notification function with ten messages of one resource.
func queueOneResource(ctx context.Context, t *trial) error {
	a, err := startATC(ctx, t)
	if err != nil {
		return err
	}
	functions, err := startFunctions(ctx, t, "notification", 1, 10*time.Second, buckets(a.URL, 1), []string{"CONCOURSE_URL=" + a.URL})
	if err != nil {
		return err
	}
	messages := make([]types.Message, 10)
	for i := range messages {
		messages[i] = types.Message{MessageId: aws.String(fmt.Sprint(i)), ReceiptHandle: aws.String("r"), Body: aws.String(created(bucket(0)))}
	}
	answer, failure, err := functions[0].Invoke(ctx, batch("https://sqs/1/events", messages))
	if err != nil {
		return err
	}
	if failure != nil || strings.Contains(string(answer), "itemIdentifier") {
		return fmt.Errorf("the function failed: %w; it answered %s", failure, answer)
	}
	posts, taken := a.counts()
	t.atMost("posts", float64(posts), 1)
	t.atLeast("checks taken", float64(taken), 1)
	return nil
}

// webhookHang delivers pushes to webhook functions of several time-outs while the ATC hangs. The notification function then posts
// what they kept, when the ATC is back.
func webhookHang(ctx context.Context, t *trial) error {
	q, err := startQueues(ctx, t, 3, 30)
	if err != nil {
		return err
	}
	a, err := startATC(ctx, t)
	if err != nil {
		return err
	}
	a.hangs = 0
	a.set(always(hang), 0)
	s := scene{repositories: 3, resources: 1}
	timeouts := []time.Duration{3 * time.Second, 10 * time.Second, time.Minute}
	sent := make([]delivery, len(timeouts))
	var wg sync.WaitGroup
	for i, timeout := range timeouts {
		functions, err := startFunctions(ctx, t, "webhook", 1, timeout, s.config(a.URL, ""), append(q.env(), "CONCOURSE_URL="+a.URL))
		if err != nil {
			return err
		}
		wg.Go(func() { sent[i] = invokeWebhook(ctx, functions[0], i) })
	}
	wg.Wait()
	t.answers(sent)
	t.atMost("s for the slowest answer", percentile(sent, 1).Seconds(), 2.5)
	kept, err := q.length(ctx, q.retry)
	if err != nil {
		return err
	}
	t.atLeast("messages in the queue", float64(kept), float64(len(timeouts)))
	a.set(nil, 0)
	functions, err := startFunctions(ctx, t, "notification", 1, 20*time.Second, s.config(a.URL, ""), append(q.env(), "CONCOURSE_URL="+a.URL))
	if err != nil {
		return err
	}
	stop := mapQueues(ctx, q, functions, q.retry)
	t.noneLost(ctx, "lost", a, s, sent, q.kept(ctx))
	stop()
	return nil
}

// invokeWebhook delivers a push of a repository by a function URL
// (https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads).
func invokeWebhook(ctx context.Context, function *stack.Lambda, repository int) delivery {
	body := push(repository, 0)
	payload, err := json.Marshal(object{
		"version": "2.0", "rawPath": "/github", "rawQueryString": "", "body": base64.StdEncoding.EncodeToString(body), "isBase64Encoded": true,
		"headers":        object{"content-type": "application/json", "x-github-event": "push", "x-hub-signature-256": signature(hookSecret, body)},
		"requestContext": object{"stage": "$default", "http": object{"method": "POST", "path": "/github"}},
	})
	d := delivery{repository: repository, sent: time.Now()}
	if err != nil {
		return d
	}
	answer, failure, err := function.Invoke(ctx, payload)
	d.took = time.Since(d.sent)
	var response struct {
		StatusCode int `json:"statusCode"`
	}
	if err == nil && failure == nil && json.Unmarshal(answer, &response) == nil {
		d.status = response.StatusCode
	}
	return d
}
