package commands

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/printable"
	"github.com/dpb587/concourse-resource-endpoints/internal/retry"
	"github.com/dpb587/concourse-resource-endpoints/internal/retry/sqssdk"
	"github.com/dpb587/concourse-resource-endpoints/internal/store/s3store"
)

type deadCommand struct {
	Queue string `required:"" env:"DEAD_QUEUE" placeholder:"URL" help:"The dead-letter queue's URL."`
	JSON  bool   `name:"json" help:"Print JSON."`

	List  deadListCommand  `cmd:"" help:"List the checks that were given up, and why. They stay in the queue."`
	Retry deadRetryCommand `cmd:"" help:"Move the messages back to the retry queue, as if their deliveries had come now."`
}

// Help shows examples.
func (deadCommand) Help() string {
	return `Checks that Concourse did not take for a day are in the dead-letter queue of the Lambda functions. AWS credentials and the region come from the usual places. They need the rights sqs:ReceiveMessage and sqs:ChangeMessageVisibility for the queue; to retry, also sqs:DeleteMessage for it, and sqs:SendMessage for the retry queue.

Examples:

    syncer dead --queue https://sqs.eu-west-1.amazonaws.com/123456789012/ci-dead list
    syncer dead --queue "$DEAD" retry --to "$RETRY"`
}

type deadListCommand struct{}

type deadRetryCommand struct {
	To string `required:"" env:"RETRY_QUEUE" placeholder:"URL" help:"The retry queue's URL."`
}

func openQueue(ctx context.Context, flag, url string) (*retry.Queue, error) {
	c, err := s3store.AWSConfig(ctx, "", nil)
	if err != nil {
		return nil, err
	}
	q, err := retry.Open(url, sqssdk.Connect(c))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	return q, nil
}

func (c *deadListCommand) Run(ctx context.Context, s Streams, dead *deadCommand) error {
	q, err := openQueue(ctx, "--queue", dead.Queue)
	if err != nil {
		return err
	}
	letters, err := q.List(ctx)
	if err != nil {
		return err
	}
	if dead.JSON {
		return writeJSON(s, map[string][]retry.Letter{"messages": append([]retry.Letter{}, letters...)})
	}
	w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	checks := 0
	for _, l := range letters {
		if l.Error != "" {
			fmt.Fprint(w, printable.Row("-", "-", "-", "message "+l.ID+": "+l.Error))
		}
		for _, check := range l.Checks {
			checks++
			reason := cmp.Or(check.Error, "no reason is known: SQS moved the message here, which was received too often")
			fmt.Fprint(w, printable.Row(check.Name, l.Oldest.UTC().Format(time.RFC3339), strings.Join(check.Deliveries, " "), reason))
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(s.Err, "%d checks in %d messages\n", checks, len(letters))
	return nil
}

func (c *deadRetryCommand) Run(ctx context.Context, s Streams, dead *deadCommand) error {
	q, err := openQueue(ctx, "--queue", dead.Queue)
	if err != nil {
		return err
	}
	to, err := openQueue(ctx, "--to", c.To)
	if err != nil {
		return err
	}
	moved, left, err := q.Resend(ctx, to)
	if dead.JSON {
		answer := map[string][]retry.Letter{"moved": append([]retry.Letter{}, moved...), "left": append([]retry.Letter{}, left...)}
		if writeErr := writeJSON(s, answer); writeErr != nil {
			return writeErr
		}
		return err
	}
	for _, l := range moved {
		for _, check := range l.Checks {
			fmt.Fprint(s.Out, printable.Row(check.Name))
		}
	}
	fmt.Fprintf(s.Err, "%d messages moved", len(moved))
	if len(left) > 0 {
		fmt.Fprintf(s.Err, ", %d left that can't be read", len(left))
	}
	fmt.Fprintln(s.Err)
	return err
}
