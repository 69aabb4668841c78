package receiver

import (
	"context"
	"encoding/json"
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
			r.log(ctx, "", provider.Delivery{}, refuseError(err), time.Now())
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
	results := make([]envelope.Result, len(invocation.Messages))
	for i, m := range invocation.Messages {
		answer := r.message(ctx, m)
		results[i] = envelope.Result{Status: answer.Code, Body: answer.Body()}
	}
	return invocation.Answer(results)
}

func (r *Receiver) message(ctx context.Context, m envelope.Message) Answer {
	switch {
	case m.Err != nil:
		answer := refuseError(m.Err)
		r.log(ctx, "", provider.Delivery{}, answer, time.Now())
		return answer
	case m.HTTP != nil:
		return r.Handle(ctx, m.HTTP)
	}
	return r.HandleNotification(ctx, m.Notification)
}
