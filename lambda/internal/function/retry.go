package function

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/endpoint"
	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
	"github.com/dpb587/concourse-resource-endpoints/internal/receiver"
	"github.com/dpb587/concourse-resource-endpoints/internal/retry"
)

// minAnswerTime is the least in which a post and then a message may succeed.
const minAnswerTime = 200 * time.Millisecond

// keep makes an endpoint keep what Concourse does not take in the retry queue. reads says that it reads the queue too.
func keep(ctx context.Context, e *endpoint.Endpoint, connect retry.Connect, s endpoint.Settings, reads bool, logger *slog.Logger) error {
	if s.Retry.Queue == "" {
		logger.WarnContext(ctx, "RETRY_QUEUE is not set: while Concourse can't be reached, deliveries are lost; at once where the sender "+
			"does not send again, as GitHub, and after a while where it gives up, as S3 and SNS")
		return nil
	}
	k := &retry.Keeper{AnswerWithin: s.Retry.AnswerWithin, Current: e.Current, DryRun: s.DryRun, Logger: logger}
	k.Fresh = func(ctx context.Context) (*receiver.Current, error) {
		if err := e.Reload(ctx); err != nil {
			return nil, err
		}
		return e.Current(ctx)
	}
	var err error
	switch k.Queue, err = retry.Open(s.Retry.Queue, connect); {
	case err != nil:
		return fmt.Errorf("RETRY_QUEUE: %w", err)
	case s.Retry.AnswerWithin < minAnswerTime:
		return fmt.Errorf("ANSWER_WITHIN: it is less than %s", minAnswerTime)
	case s.Retry.Queue == s.Retry.Dead:
		return fmt.Errorf("DEAD_QUEUE: it is the RETRY_QUEUE")
	}
	e.Ask = func(ctx context.Context, current *receiver.Current, targets []notify.Target) notify.Report {
		return k.Ask(ctx, current.Checker, targets)
	}
	if !reads {
		return nil
	}
	e.IsOwn, e.Retry = k.Queue.Is, k.Retry
	if s.Retry.Dead == "" {
		logger.WarnContext(ctx, "DEAD_QUEUE is not set: checks that Concourse never takes stay in the retry queue until SQS drops them")
		return nil
	}
	if k.Dead, err = retry.Open(s.Retry.Dead, connect); err != nil {
		return fmt.Errorf("DEAD_QUEUE: %w", err)
	}
	return nil
}
