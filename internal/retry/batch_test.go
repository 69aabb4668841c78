package retry_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/envelope"
	"github.com/dpb587/concourse-resource-endpoints/internal/match"
	"github.com/dpb587/concourse-resource-endpoints/internal/receiver"
	"github.com/dpb587/concourse-resource-endpoints/internal/retry"
)

type doer func(host string)

func (d doer) Do(r *http.Request) (*http.Response, error) {
	d(r.URL.Host)
	return nil, errUnreachable
}

// keep fills the queue with n resources, one message each.
func (s *scene) keep(n int) {
	s.Helper()
	s.atc.set(answers(503))
	for i := range n {
		if r := s.Ask(s.Context(), s.atc, targets(n)[i:i+1]); len(r.Pending) != 1 {
			s.Fatalf("report %+v", r)
		}
	}
	s.atc.mu.Lock()
	s.atc.calls = nil
	s.atc.mu.Unlock()
	s.atc.set(nil)
}

// poll does what Lambda does, once: a function with a time-out of a minute handles up to ten messages.
func (s *scene) poll() (received int) { return s.pollWithin(59 * time.Second) }

func (s *scene) pollWithin(timeout time.Duration) (received int) {
	s.Helper()
	received, err := s.sqs.Poll("retry", func(payload json.RawMessage) (json.RawMessage, error) {
		ctx, cancel := context.WithTimeout(s.Context(), timeout)
		defer cancel()
		invocation, err := envelope.DecodeOwn(payload, s.Queue.Is)
		if err != nil {
			return nil, err
		}
		var own []envelope.Own
		for _, m := range invocation.Messages {
			own = append(own, *m.Own)
		}
		results := make([]envelope.Result, len(own))
		for i, done := range s.Retry(ctx, own) {
			results[i].Status = 200
			if !done {
				results[i].Status = 503
			}
		}
		return invocation.Answer(results)
	})
	if err != nil {
		s.Fatal(err)
	}
	return received
}

// elapse lets time pass, on the clock of synctest's bubble.
func elapse(d time.Duration) { time.Sleep(d) } //nolint:forbidigo // nobody waits

func TestRetryTaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, 3)
		s.keep(3)
		if n := s.poll(); n != 3 {
			t.Errorf("received %d", n)
		}
		s.wantNames("retry")
		s.wantNames("dead")
		if n := s.atc.posts(); n != 3 {
			t.Errorf("%d posts", n)
		}
	})
}

// Ten messages of one resource are one post.
func TestRetryOneResource(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, 1)
		s.atc.set(answers(503))
		for range 10 {
			s.Ask(t.Context(), s.atc, targets(1))
		}
		s.atc.set(nil)
		before := s.atc.posts()
		if n := s.poll(); n != 10 {
			t.Errorf("received %d", n)
		}
		if n := s.atc.posts() - before; n != 1 {
			t.Errorf("%d posts", n)
		}
		s.wantNames("retry")
	})
}

// What is not taken stays, and nothing is sent to the function's own queue. It is hidden for longer as it gets older.
func TestRetryStays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for age, bounds := range map[time.Duration][2]time.Duration{
			0:             {10 * time.Second, 10 * time.Second},
			2 * time.Hour: {11 * time.Minute, 15 * time.Minute},
			time.Minute:   {11 * time.Second, 15 * time.Second},
		} {
			s := newScene(t, 2)
			s.keep(2)
			s.atc.set(func(ctx context.Context, resource string) error {
				if resource == "r0" {
					return answers(500)(ctx, resource)
				}
				return nil
			})
			elapse(age)
			sent := s.sqs.Calls("SendMessageBatch")
			s.poll()
			s.wantNames("retry", name(0))
			if s.sqs.Calls("SendMessageBatch") != sent {
				t.Errorf("age %s: something was sent", age)
			}
			if hidden := s.sqs.Hidden("retry")[0]; hidden < bounds[0]-time.Second || hidden > bounds[1] {
				t.Errorf("age %s: hidden for %s, want %s to %s", age, hidden, bounds[0], bounds[1])
			}
			s.atc.set(nil)
			elapse(15 * time.Minute)
			s.poll()
			s.wantNames("retry")
		}
	})
}

// What Concourse has taken of a message that stays is not posted again.
func TestRetryTakenOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, 20)
		s.atc.set(answers(503))
		s.Ask(t.Context(), s.atc, targets(20)) // two names in a message
		fails := func(odd bool) func(context.Context, string) error {
			return func(ctx context.Context, resource string) error {
				if strings.ContainsAny(resource[len(resource)-1:], "13579") == odd {
					return answers(500)(ctx, resource)
				}
				return nil
			}
		}
		s.atc.set(fails(true))
		s.poll()
		elapse(time.Minute)
		s.atc.set(fails(false))
		s.poll()
		s.wantNames("retry")
		for resource, n := range s.atc.taken {
			if n != 1 {
				t.Errorf("%s was taken %d times", resource, n)
			}
		}
		if len(s.atc.taken) != 20 {
			t.Errorf("%d resources were taken", len(s.atc.taken))
		}
	})
}

// A resource that hangs keeps no healthy one waiting, however many hang: all healthy ones are taken at the first receive.
func TestRetryHungNeighbours(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const hung, all = 297, 330 // the last of ten messages has the healthy ones
		s := newScene(t, all)
		s.atc.set(answers(503))
		s.Ask(t.Context(), s.atc, targets(all))
		healthy := func(resource string) bool {
			var i int
			_, err := fmt.Sscanf(resource, "r%d", &i)
			return err == nil && i >= hung
		}
		s.atc.set(func(ctx context.Context, resource string) error {
			if healthy(resource) {
				return nil
			}
			return hangs(ctx, resource)
		})
		start := time.Now()
		s.poll()
		if took := time.Since(start); took > 59*time.Second {
			t.Errorf("it took %s", took)
		}
		if len(s.atc.taken) != all-hung {
			t.Errorf("%d healthy ones were taken: %v", len(s.atc.taken), s.atc.taken)
		}
		if n := len(s.names("retry")); n != hung {
			t.Errorf("%d names stay", n)
		}
		s.wantNames("dead")
	})
}

// One that is slow, but not hung, is taken in the second round.
func TestRetrySlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, 1)
		s.keep(1)
		s.atc.set(func(ctx context.Context, _ string) error {
			select {
			case <-time.After(5 * time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		s.poll()
		s.wantNames("retry")
	})
}

// What is gone is dropped, and logged.
func TestRetryGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, 1)
		s.keep(1)
		s.atc.set(answers(404))
		s.poll()
		s.wantNames("retry")
		s.wantNames("dead")
		s.logged("pending check dropped: its resource is gone")
		if n := s.atc.posts(); n != 1 {
			t.Errorf("%d posts", n)
		}
	})
}

// A name that the config lacks is dropped if the stored config lacks it too.
func TestRetryNotInConfig(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, 2)
		s.keep(2)
		old, newest := s.configOf(1), s.configOf(2)
		s.config = old
		s.Fresh = func(context.Context) (*receiver.Current, error) { return nil, errors.New("S3 is down") }
		s.poll()
		s.wantNames("retry", name(1)) // r1 may be in a newer config
		elapse(time.Minute)
		s.Fresh = func(context.Context) (*receiver.Current, error) { return newest, nil }
		s.poll()
		s.wantNames("retry")
		if s.atc.taken["r0"] != 1 || s.atc.taken["r1"] != 1 {
			t.Errorf("taken %v", s.atc.taken)
		}
		s.config = newest
		s.keep(2)
		s.config, s.Fresh = old, func(context.Context) (*receiver.Current, error) { return old, nil }
		s.poll()
		s.wantNames("retry")
		s.wantNames("dead")
		s.logged(`not in the config any more","check":"main/app/r1","deliveries":["d1"]`)
	})
}

// Without a config nothing is posted, and all stays.
func TestRetryWithoutConfig(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, 1)
		s.keep(1)
		s.Current = func(context.Context) (*receiver.Current, error) { return nil, errors.New("no config") }
		s.poll()
		s.wantNames("retry", name(0))
	})
}

// What there was no time for stays, and is hidden as long as its age says. A store that hangs leaves time for the resources that the
// config has.
func TestRetryLittleTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, 1)
		s.keep(2)
		s.Fresh = func(ctx context.Context) (*receiver.Current, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		s.sqs.Before = func(ctx context.Context, _, _ string) bool {
			elapse(500 * time.Millisecond)
			return ctx.Err() != nil
		}
		s.atc.set(hangs)
		s.pollWithin(3 * time.Second)
		s.wantNames("retry", name(0), name(1))
		if hidden := s.sqs.Hidden("retry")[0]; hidden > 10*time.Second || hidden < 9*time.Second {
			t.Errorf("hidden for %s", hidden)
		}
		elapse(10 * time.Second)
		s.atc.set(nil)
		s.pollWithin(3 * time.Second)
		s.wantNames("retry", name(1))
		elapse(15 * time.Second)
		s.Current = func(ctx context.Context) (*receiver.Current, error) {
			<-ctx.Done()
			return s.config, nil
		}
		s.config = s.configOf(2)
		s.pollWithin(3 * time.Second)
		s.wantNames("retry", name(1))
	})
}

// A check that would be too large for a message with its reason stays.
func TestRetryTooLargeToDie(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, 1)
		long := strings.Repeat("r", 262_060)
		m, err := match.New(&config.Config{Checks: []config.Check{{Check: "app/" + long, Type: "git", Filter: json.RawMessage(`{"uri":"https://github.com/o/r"}`)}}})
		if err != nil {
			t.Fatal(err)
		}
		s.config = &receiver.Current{Matcher: m, Checker: s.atc}
		s.atc.set(answers(503))
		s.send("retry", `{"oldest":"1999-01-01T00:00:00Z","checks":[{"name":"main/app/`+long+`"}]}`)
		s.poll()
		if n := len(s.sqs.Bodies("retry")); n != 1 || s.atc.posts() == 0 {
			t.Errorf("%d messages are left, after %d posts", n, s.atc.posts())
		}
	})
}

// After a day, by the age and not by the receives, what is not taken goes to the dead-letter queue with the reason; if that fails,
// it stays.
func TestRetryDead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, 20)
		s.atc.set(answers(403))
		oldest := time.Now().UTC()
		s.Ask(t.Context(), s.atc, targets(20))
		for range 200 { // many receives, all within the day
			s.poll()
			elapse(7 * time.Minute)
		}
		s.wantNames("dead")
		elapse(time.Hour)
		s.sqs.Before = func(_ context.Context, action, url string) bool {
			return action == "SendMessageBatch" && strings.HasSuffix(url, "/dead")
		}
		s.poll()
		s.wantNames("dead")
		if n := len(s.names("retry")); n != 20 {
			t.Errorf("%d names are left", n)
		}
		s.logged("a message could not be sent to the dead-letter queue; it stays in the retry queue")
		s.sqs.Before = nil
		s.atc.set(func(ctx context.Context, resource string) error {
			if resource == "r0" { // the other one of its message is dead, alone
				return nil
			}
			return answers(403)(ctx, resource)
		})
		elapse(time.Hour)
		s.poll()
		s.wantNames("retry")
		if n := len(s.messages("dead")); n != 10 {
			t.Errorf("%d dead messages", n)
		}
		m := s.messages("dead")[0]
		if len(m.Checks) != 1 || m.Checks[0].Name != name(1) || m.Checks[0].Error != "Concourse answered 403" || m.Checks[0].Deliveries[0] != "d1" ||
			!m.Oldest.Equal(oldest) || m.Died.Sub(oldest) < 24*time.Hour {
			t.Errorf("dead %+v", m)
		}
		s.logged("pending check given up")
	})
}

// Without a dead-letter queue nothing is given up.
func TestRetryWithoutDeadQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, 1)
		s.keep(1)
		s.Dead = nil
		s.atc.set(answers(503))
		elapse(25 * time.Hour)
		s.poll()
		s.wantNames("retry", name(0))
	})
}

// A message that can't be read goes to the dead-letter queue with the reason, and the others are handled.
func TestRetryUnreadable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, 1)
		s.keep(1)
		bodies := []string{`{`, `{"oldest":"2026-01-01T00:00:00Z","checks":[]}`, `{"Records":[]}`, strings.Repeat("<", 200_000)}
		for _, body := range bodies {
			s.send("retry", body)
		}
		s.Dead = nil
		s.poll()
		if n := len(s.sqs.Bodies("retry")); n != 4 {
			t.Errorf("%d messages are left", n)
		}
		s.Dead = s.open("dead")
		elapse(15 * time.Minute)
		s.poll()
		if n := len(s.sqs.Bodies("retry")); n != 0 {
			t.Errorf("%d messages are left", n)
		}
		dead := s.messages("dead")
		if len(dead) != len(bodies) {
			t.Fatalf("%d dead messages", len(dead))
		}
		for i, m := range dead {
			if !strings.HasPrefix(m.Error, "reading the message: ") || !strings.HasPrefix(bodies[i], m.Unreadable) || m.Unreadable == "" {
				t.Errorf("dead %+v", m)
			}
		}
		if s.atc.taken["r0"] != 1 {
			t.Errorf("taken %v", s.atc.taken)
		}
		s.send("retry", s.sqs.Bodies("dead")[0]) // somebody moves it back
		s.poll()
		if again := s.sqs.Bodies("dead"); len(again) != len(bodies)+1 || again[0] != again[len(bodies)] {
			t.Errorf("dead %q", again)
		}
	})
}

func (s *scene) send(queue, body string) {
	s.Helper()
	if err := s.sqs.Send(queue, body); err != nil {
		s.Fatal(err)
	}
}

// A dry run leaves the queue as it is.
func TestRetryDryRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, 1)
		s.keep(1)
		s.DryRun = true
		s.poll()
		s.wantNames("retry", name(0))
		if n := s.atc.posts(); n != 0 {
			t.Errorf("%d posts", n)
		}
	})
}

// The dead are listed and stay; they are moved back as if they had come now. What can't be read is left.
func TestDead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, 25)
		s.bySDK()
		s.keep(25)
		s.atc.set(answers(503))
		elapse(25 * time.Hour)
		for s.poll() > 0 {
			continue
		}
		s.send("dead", "{")
		for range 2 { // the first leaves them visible for the second
			letters, err := s.Dead.List(t.Context())
			if err != nil || len(letters) != 26 {
				t.Fatalf("%d letters, %v", len(letters), err)
			}
		}
		moved, left, err := s.Dead.Resend(t.Context(), s.Queue)
		if err != nil || len(moved) != 25 || len(left) != 1 || left[0].Unreadable != "{" {
			t.Fatalf("%d moved, left %+v, %v", len(moved), left, err)
		}
		if m := s.messages("retry"); len(m) != 25 || !m[0].Oldest.Equal(time.Now()) || !m[0].Died.IsZero() || m[0].Checks[0].Error != "" || m[0].Checks[0].Deliveries[0] != "d0" {
			t.Errorf("%d messages, the first is %+v", len(m), m[0])
		}
		if bodies := s.sqs.Bodies("dead"); !slices.Equal(bodies, []string{"{"}) {
			t.Errorf("the dead-letter queue holds %q", bodies)
		}
	})
}

// If the retry queue takes nothing, the dead stay, and can be read at once.
func TestDeadResendFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, 3)
		s.keep(3)
		letters := func() []retry.Letter {
			letters, err := s.Queue.List(t.Context()) // any queue will do
			if err != nil {
				t.Fatal(err)
			}
			return letters
		}
		s.sqs.Before = func(_ context.Context, action, _ string) bool { return action == "SendMessageBatch" }
		if moved, _, err := s.Queue.Resend(t.Context(), s.Dead); err == nil || len(moved) > 0 {
			t.Errorf("moved %+v, %v", moved, err)
		}
		if n := len(letters()); n != 3 {
			t.Errorf("%d letters", n)
		}
	})
}
