package retry

import (
	"context"
	"errors"
	"time"
)

// seenTime is for how many seconds messages of a dead-letter queue are hidden from others that read it while they are listed.
const seenTime = 300

// Letter is a message of a dead-letter queue.
type Letter struct {
	ID string `json:"id"`
	Message
}

// List gives the messages of a dead-letter queue, and leaves them in it. It does not see those that another reads at the moment.
func (q *Queue) List(ctx context.Context) (letters []Letter, err error) {
	err = q.each(ctx, func(l Letter) (bool, error) {
		letters = append(letters, l)
		return false, nil
	})
	return letters, err
}

// Resend moves the messages of a dead-letter queue to the retry queue, as if their deliveries had come now. It gives those that it
// moved and those that can't be read, which it leaves.
func (q *Queue) Resend(ctx context.Context, to *Queue) (moved, left []Letter, err error) {
	err = q.each(ctx, func(l Letter) (bool, error) {
		if l.Error != "" {
			left = append(left, l)
			return false, nil
		}
		m := Message{Oldest: time.Now().UTC(), Checks: l.Checks}
		for i := range m.Checks {
			m.Checks[i].Error = ""
		}
		if _, err := to.send(ctx, []string{encode(m)}); err != nil {
			return false, err
		}
		moved = append(moved, l)
		return true, nil
	})
	return moved, left, err
}

// each calls f with each message once, until there are no more. Those that f is done with are deleted, the others are visible again
// afterwards.
func (q *Queue) each(ctx context.Context, f func(Letter) (done bool, err error)) (err error) {
	var kept []string
	defer func() { // also when ctx has ended
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		err = errors.Join(err, q.hide(ctx, kept, make([]int32, len(kept))))
	}()
	seen := make(map[string]bool)
	for {
		messages, err := q.receive(ctx, seenTime)
		if err != nil || len(messages) == 0 {
			return err
		}
		news := false
		for i, m := range messages {
			l := letter(m.MessageID, m.Body)
			done := false
			if !seen[l.ID] {
				seen[l.ID], news = true, true
				done, err = f(l)
			}
			if done {
				err = q.remove(ctx, m.ReceiptHandle)
			}
			if err != nil {
				kept = append(kept, receipts(messages[i:])...)
				return err
			}
			if !done {
				kept = append(kept, m.ReceiptHandle)
			}
		}
		if !news {
			return nil
		}
	}
}

func receipts(messages []message) []string {
	handles := make([]string, len(messages))
	for i, m := range messages {
		handles[i] = m.ReceiptHandle
	}
	return handles
}

// letter reads a dead message. SQS itself moves messages here after too many receives: those have no reason, and are as they were.
func letter(id, body string) Letter {
	m, err := parse(body)
	if err != nil && m.Unreadable == "" {
		m = Message{Checks: []Check{}, Error: err.Error(), Unreadable: cut(body, maxUnreadable)}
	}
	return Letter{ID: id, Message: m}
}
