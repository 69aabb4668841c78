package retry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"github.com/dpb587/concourse-resource-endpoints/internal/awscall"
	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/match"
	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
	"github.com/dpb587/concourse-resource-endpoints/internal/receiver"
	"github.com/dpb587/concourse-resource-endpoints/internal/retry"
	"github.com/dpb587/concourse-resource-endpoints/internal/retry/sqssdk"
	"github.com/dpb587/concourse-resource-endpoints/internal/retry/sqstest"
)

// atc is a fake of the ATC.
type atc struct {
	mu     sync.Mutex
	answer func(ctx context.Context, resource string) error // nil takes all
	calls  []string                                         // the names, when they are posted
	taken  map[string]int
}

func (a *atc) Check(ctx context.Context, ref config.Ref, _ string) (concourse.Build, error) {
	a.mu.Lock()
	a.calls = append(a.calls, ref.Resource)
	answer := a.answer
	a.mu.Unlock()
	if answer != nil {
		if err := answer(ctx, ref.Resource); err != nil {
			return concourse.Build{}, err
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.taken == nil {
		a.taken = make(map[string]int)
	}
	a.taken[ref.Resource]++
	return concourse.Build{ID: 1}, nil
}

func (a *atc) set(answer func(context.Context, string) error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answer = answer
}

func (a *atc) posts() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.calls)
}

func hangs(ctx context.Context, _ string) error {
	<-ctx.Done()
	return ctx.Err()
}

// answers is an answer of Concourse's own.
func answers(status int) func(context.Context, string) error {
	return func(context.Context, string) error {
		return fmt.Errorf("Concourse answered %d%w", status, &concourse.StatusError{Status: status, Concourse: true})
	}
}

// scene is a keeper with its ATC, its queues "retry" and "dead", and a config with the resources r0, r1 and so on.
type scene struct {
	*testing.T
	*retry.Keeper

	atc    *atc
	sqs    *sqstest.Server
	log    *bytes.Buffer
	config *receiver.Current
}

func newScene(t *testing.T, resources int) *scene {
	t.Helper()
	s := &scene{T: t, atc: new(atc), sqs: sqstest.New("retry", "dead"), log: new(bytes.Buffer)}
	s.config = s.configOf(resources)
	s.Keeper = &retry.Keeper{
		Queue: s.open("retry"), Dead: s.open("dead"), AnswerWithin: 2 * time.Second,
		Logger: slog.New(slog.NewJSONHandler(s.log, nil)),
	}
	s.Current = func(context.Context) (*receiver.Current, error) { return s.config, nil }
	s.Fresh = s.Current
	return s
}

// open opens a queue as the functions do.
func (s *scene) open(name string) *retry.Queue {
	s.Helper()
	return s.openBy(name, connects(s.T, s.sqs.Config())["awscall"])
}

// bySDK opens the queues as the syncer does.
func (s *scene) bySDK() {
	s.Helper()
	by := sqssdk.Connect(s.sqs.Config())
	s.Queue, s.Dead = s.openBy("retry", by), s.openBy("dead", by)
}

// connects are both clients of SQS.
func connects(t *testing.T, c aws.Config) map[string]retry.Connect {
	t.Helper()
	keys, err := c.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return map[string]retry.Connect{"SDK": sqssdk.Connect(c), "awscall": awscall.New(keys, c.Region, c.HTTPClient, 0).Queue}
}

func (s *scene) openBy(name string, connect retry.Connect) *retry.Queue {
	s.Helper()
	q, err := retry.Open(s.sqs.QueueURL(name), connect)
	if err != nil {
		s.Fatal(err)
	}
	return q
}

func (s *scene) configOf(resources int) *receiver.Current {
	s.Helper()
	c := &config.Config{Version: 1}
	for i := range resources {
		c.Checks = append(c.Checks, config.Check{Check: fmt.Sprintf("app/r%d", i), Type: "git", Filter: json.RawMessage(`{"uri":"https://github.com/o/r"}`)})
	}
	m, err := match.New(c)
	if err != nil {
		s.Fatal(err)
	}
	return &receiver.Current{Matcher: m, Checker: s.atc}
}

func target(i int) notify.Target {
	return notify.Target{
		Ref:  config.Ref{Team: "main", Pipeline: "app", Resource: fmt.Sprintf("r%d", i)},
		Rule: "git.push", Reason: "push to main", Delivery: fmt.Sprintf("d%d", i), Provider: "github",
	}
}

func targets(n int) (list []notify.Target) {
	for i := range n {
		list = append(list, target(i))
	}
	return list
}

func name(i int) string { return fmt.Sprintf("main/app/r%d", i) }

// messages are those of a queue.
func (s *scene) messages(queue string) (list []retry.Message) {
	s.Helper()
	for _, body := range s.sqs.Bodies(queue) {
		var m retry.Message
		if err := json.Unmarshal([]byte(body), &m); err != nil {
			s.Fatal(err)
		}
		list = append(list, m)
	}
	return list
}

// names are those of a queue's messages, sorted.
func (s *scene) names(queue string) []string {
	s.Helper()
	names := []string{}
	for _, m := range s.messages(queue) {
		for _, c := range m.Checks {
			names = append(names, c.Name)
		}
	}
	slices.Sort(names)
	return names
}

func (s *scene) wantNames(queue string, want ...string) {
	s.Helper()
	if got := s.names(queue); !slices.Equal(got, want) {
		s.Errorf("the queue %s holds %q, want %q", queue, got, want)
	}
}

func (s *scene) logged(text string) {
	s.Helper()
	if !strings.Contains(s.log.String(), text) {
		s.Errorf("the log lacks %q:\n%s", text, s.log)
	}
}

func TestAskTaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, 1)
		r := s.Ask(t.Context(), s.atc, targets(2))
		if !slices.Equal(r.Success, []string{name(0), name(1)}) || len(r.Pending)+len(r.Failure) > 0 {
			t.Errorf("report %+v", r)
		}
		s.wantNames("retry")
	})
}

// What is not taken is sent: names, times, ids and reasons, each resource once, and nothing else.
func TestAskKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, 1)
		s.atc.set(answers(503))
		second := target(0)
		second.Delivery, second.Provider, second.Reason = "d1", "gitlab", "push to next"
		second.WebhookToken = func(context.Context) (string, error) { return "planted-token", nil }
		oldest := time.Now().UTC()
		r := s.Ask(t.Context(), s.atc, []notify.Target{target(0), second, target(0)})
		if !slices.Equal(r.Pending, []string{name(0)}) || len(r.Success)+len(r.Failure) > 0 {
			t.Errorf("report %+v", r)
		}
		want := `{"oldest":"` + oldest.Format(time.RFC3339Nano) + `","checks":[{"name":"main/app/r0","deliveries":["d0","d1"],` +
			`"providers":["github","gitlab"],"rule":"git.push","reason":"push to main"}]}`
		if diff := cmp.Diff([]string{want}, s.sqs.Bodies("retry")); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
	})
}

func TestAskGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, status := range []int{404, 409} {
			s := newScene(t, 1)
			s.atc.set(answers(status))
			r := s.Ask(t.Context(), s.atc, targets(1))
			if len(r.Failure) != 1 || !r.Failure[0].Gone() || len(r.Pending) > 0 {
				t.Errorf("%d: report %+v", status, r)
			}
			s.wantNames("retry")
		}
	})
}

// A 404 of a proxy says nothing: it is kept.
func TestAskProxy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, 1)
		s.atc.set(func(context.Context, string) error { return &concourse.StatusError{Status: 404} })
		if r := s.Ask(t.Context(), s.atc, targets(1)); len(r.Pending) != 1 {
			t.Errorf("report %+v", r)
		}
		s.wantNames("retry", name(0))
	})
}

// If the queue fails too, a check is a failure, as without a queue.
func TestAskQueueFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, 1)
		s.atc.set(answers(503))
		s.sqs.Before = func(context.Context, string, string) bool { return true }
		r := s.Ask(t.Context(), s.atc, targets(1))
		if len(r.Pending) > 0 || len(r.Failure) != 1 || r.Failure[0].Error != "Concourse answered 503" {
			t.Errorf("report %+v", r)
		}
		s.logged("checks were neither taken nor kept")
	})
}

// SQS may take some messages of a batch and fail on others: those are sent again, and what never succeeds is a failure alone.
func TestAskQueueFailsOnSome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, 3)
		s.atc.set(answers(503))
		failed := 0
		s.sqs.FailEntry = func(body string) bool {
			if strings.Contains(body, "r1") {
				failed++
			}
			return strings.Contains(body, "r2") || strings.Contains(body, "r1") && failed == 1
		}
		r := s.Ask(t.Context(), s.atc, targets(3))
		if !slices.Equal(r.Pending, []string{name(0), name(1)}) || len(r.Failure) != 1 || r.Failure[0].Check != name(2) {
			t.Errorf("report %+v", r)
		}
		s.wantNames("retry", name(0), name(1))
	})
}

// The answer is out in time, whether the ATC hangs, the queue too, or the invocation ends sooner.
func TestAskInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			name              string
			invocation, bound time.Duration
			queueHangs        bool
		}{
			{"ATC hangs", time.Minute, 1200 * time.Millisecond, false},
			{"both hang", time.Minute, 2 * time.Second, true},
			{"ATC hangs, little time", time.Second, 600 * time.Millisecond, false},
			{"both hang, little time", time.Second, time.Second, true},
		} {
			s := newScene(t, 1)
			s.atc.set(hangs)
			if tt.queueHangs {
				s.sqs.Before = func(ctx context.Context, _, _ string) bool {
					<-ctx.Done()
					return true
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), tt.invocation)
			start := time.Now()
			r := s.Ask(ctx, s.atc, targets(40)) // more than are posted at once
			cancel()
			if took := time.Since(start); took > tt.bound {
				t.Errorf("%s: it took %s, more than %s", tt.name, took, tt.bound)
			}
			if want := !tt.queueHangs; (len(r.Pending) == 40) != want || (len(r.Failure) == 40) == want {
				t.Errorf("%s: %d pending, %d failures", tt.name, len(r.Pending), len(r.Failure))
			}
		}
	})
}

// Up to ten messages are one request. Few names have a message each, so that none waits for another.
func TestAskBatches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for names, messages := range map[int]int{1: 1, 10: 10, 11: 6, 25: 9, 500: 10} {
			s := newScene(t, 1)
			s.atc.set(answers(503))
			if r := s.Ask(t.Context(), s.atc, targets(names)); len(r.Pending) != names {
				t.Errorf("%d names: %d pending", names, len(r.Pending))
			}
			if got, calls := len(s.sqs.Bodies("retry")), s.sqs.Calls("SendMessageBatch"); got != messages || calls != 1 || len(s.names("retry")) != names {
				t.Errorf("%d names: %d messages in %d requests, want %d in 1", names, got, calls, messages)
			}
		}
	})
}

// Messages stay below SQS's limits, and hold only characters that it takes, whatever a sender puts into an id or a path.
func TestAskLimits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, 1)
		s.atc.set(answers(503))
		many := targets(3000)
		for i := range many {
			many[i].Reason = "push touches " + strings.Repeat("<é>", 400)
			many[i].Delivery = "\uFFFF\x00\uFFFE" + strings.Repeat("&", 1000)
		}
		if r := s.Ask(t.Context(), s.atc, many); len(r.Pending) != len(many) {
			t.Errorf("%d pending, %d failures", len(r.Pending), len(r.Failure))
		}
		names := s.names("retry")
		if len(slices.Compact(names)) != len(many) {
			t.Errorf("the queue holds %d names", len(names))
		}
		if c := s.messages("retry")[0].Checks[0]; len(c.Reason) > 500 || !strings.HasPrefix(c.Deliveries[0], "\uFFFF\x00\uFFFE&") || len(c.Deliveries[0]) > 200 {
			t.Errorf("kept %+v", c)
		}
	})
}

func TestOpen(t *testing.T) {
	t.Parallel()
	config := sqstest.New().Config()
	for _, url := range []string{"", "retry", "https://sqs.eu-west-1.amazonaws.com/", "https://host/retry", "https://planted:planted@host/1/retry", "%"} {
		if _, err := retry.Open(url, sqssdk.Connect(config)); err == nil || strings.Contains(err.Error(), "planted") {
			t.Errorf("%q: error %v", url, err)
		}
	}
	for _, url := range []string{
		"https://sqs.eu-west-1.amazonaws.com/123456789012/retry", "http://127.0.0.1:5000/123456789012/retry",
		"https://sqs.cn-north-1.amazonaws.com.cn/123456789012/retry", "http://localhost:4566/queue/us-east-1/123456789012/retry",
	} {
		q, err := retry.Open(url, sqssdk.Connect(config))
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		for arn, want := range map[string]bool{
			"arn:aws:sqs:us-east-1:123456789012:retry": true, "arn:aws-cn:sqs:cn-north-1:123456789012:retry": true,
			"arn:aws:sqs:us-east-1:123456789012:retry2": false, "arn:aws:sqs:us-east-1:123456789013:retry": false,
			"arn:aws:sns:us-east-1:123456789012:retry": false, "": false, "123456789012:retry": false,
			"x:arn:aws:sqs:us-east-1:123456789012:retry": false,
		} {
			if q.Is(arn) != want {
				t.Errorf("%s is %q: %t", url, arn, !want)
			}
		}
	}
}

// The region of an AWS URL is the one that signs, and whose endpoint is called.
func TestOpenRegion(t *testing.T) {
	t.Parallel()
	var hosts []string
	c := sqstest.New().Config()
	c.HTTPClient = doer(func(host string) { hosts = append(hosts, host) })
	for name, connect := range connects(t, c) {
		hosts = nil
		for _, url := range []string{"https://sqs.eu-west-1.amazonaws.com/123456789012/retry", "http://127.0.0.1:5000/123456789012/retry"} {
			q, err := retry.Open(url, connect)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := q.List(t.Context()); err == nil {
				t.Error("no error")
			}
		}
		slices.Sort(hosts)
		if want := []string{"127.0.0.1:5000", "sqs.eu-west-1.amazonaws.com"}; !slices.Equal(slices.Compact(hosts), want) {
			t.Errorf("%s: called %q", name, hosts)
		}
	}
}

var errUnreachable = errors.New("not to be reached")
