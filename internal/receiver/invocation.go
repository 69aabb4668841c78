package receiver

import (
	"context"
	"encoding/json"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/envelope"
	"github.com/dpb587/concourse-resource-endpoints/internal/panics"
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
	invocation, err := envelope.Decode(payload)
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok { // when Lambda ends the invocation
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-answerTime))
		defer cancel()
	}
	works := make([]*work, len(invocation.Messages))
	for i, m := range invocation.Messages {
		works[i] = r.message(ctx, m)
	}
	r.finish(ctx, works)
	results := make([]envelope.Result, len(works))
	for i, w := range works {
		results[i] = envelope.Result{Status: w.answer.Code, Body: w.answer.Body()}
	}
	return invocation.Answer(results)
}

func (r *Receiver) message(ctx context.Context, m envelope.Message) *work {
	switch {
	case m.Err != nil:
		return &work{start: time.Now(), answer: refuseError(m.Err)}
	case m.HTTP != nil:
		return r.receive(ctx, m.HTTP)
	}
	return r.receiveNotification(ctx, m.Notification)
}
