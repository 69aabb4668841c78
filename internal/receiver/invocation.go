package receiver

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/envelope"
	"github.com/dpb587/concourse-resource-endpoints/internal/panics"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// answerTime is the part of an invocation's time that is left for the answer.
const answerTime = 500 * time.Millisecond

// Invoke handles an invocation of a Lambda: it is aws-lambda-go's handler. A panic in one of its messages fails that message.
// Any other panic fails the invocation; aws-lambda-go would end the process.
func (r *Receiver) Invoke(ctx context.Context, payload json.RawMessage) (out json.RawMessage, err error) {
	defer func() {
		if len(panics.Attrs(err)) > 0 {
			r.log(ctx, &work{start: time.Now(), answer: refuseError(err)})
		}
	}()
	defer panics.Recover(&err)
	invocation, err := r.decode(payload)
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok { // when Lambda ends the invocation
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-answerTime))
		defer cancel()
	}
	works := r.messages(ctx, invocation.Messages)
	r.own(ctx, invocation.Messages, works)
	r.finish(ctx, works)
	results := make([]envelope.Result, len(works))
	for i, w := range works {
		results[i] = envelope.Result{Status: w.answer.Code, Header: w.answer.Header(), Body: w.answer.Body()}
	}
	return invocation.Answer(results)
}

func (r *Receiver) decode(payload json.RawMessage) (*envelope.Invocation, error) {
	isOwn := r.IsOwn
	if isOwn == nil {
		isOwn = func(string) bool { return false }
	}
	invocation, err := envelope.DecodeOwn(payload, isOwn)
	if err != nil || !invocation.HTTP() {
		return invocation, err
	}
	for _, m := range invocation.Messages {
		if m.HTTP != nil { // its sender waits for the answer
			m.HTTP.Received = time.Now()
		}
	}
	return invocation, nil
}

// messages takes the steps of each message up to its targets, but leaves out those of the function's own queue.
func (r *Receiver) messages(ctx context.Context, messages []envelope.Message) []*work {
	if deadline, ok := ctx.Deadline(); ok { // a store that hangs leaves half of the time, to ask or to keep
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/2)
		defer cancel()
	}
	works := make([]*work, len(messages))
	for i, m := range messages {
		if m.Own == nil {
			works[i] = r.message(ctx, m)
		}
	}
	return works
}

// own handles the messages of the function's own queue as one batch.
func (r *Receiver) own(ctx context.Context, messages []envelope.Message, works []*work) {
	start := time.Now()
	var own []envelope.Own
	var at []int
	for i, m := range messages {
		if m.Own != nil {
			own, at = append(own, *m.Own), append(at, i)
		}
	}
	if len(own) == 0 {
		return
	}
	for i, done := range r.Retry(ctx, own) {
		w := &work{start: start, provider: "retry", delivery: provider.Delivery{ID: own[i].ID}}
		w.answer = Answer{Code: http.StatusOK, Message: "done with the message"}
		if !done {
			w.answer = refuse(http.StatusServiceUnavailable, "the message stays in the queue")
		}
		works[at[i]] = w
	}
}

func (r *Receiver) message(ctx context.Context, m envelope.Message) *work {
	switch {
	case m.Err != nil:
		return &work{start: time.Now(), answer: refuseError(m.Err)}
	case m.HTTP != nil:
		return r.receive(ctx, m.HTTP, func(_ *provider.Request, most int64) (func(), Answer) {
			return func() {}, refuseBody(m.ReadBody(most), most)
		})
	}
	return r.receiveNotification(ctx, m.Notification)
}
