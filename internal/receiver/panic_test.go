package receiver_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/panics"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/github"
	"github.com/dpb587/concourse-resource-endpoints/internal/receiver"
)

const panicked = `{"status":"error","message":"the endpoint failed on this delivery; its log says why"}`

// broken is GitHub's provider with a defect.
func broken() provider.Provider {
	p := github.Provider
	p.Recognise = func(http.Header) bool { panic("out of range") }
	p.Parse = func(*provider.Request) (provider.Delivery, error) { panic("out of range") }
	return p
}

// Wherever a delivery makes a step panic, it is answered 500, and the log has the delivery and the stack.
func TestPanic(t *testing.T) {
	t.Parallel()
	breakProvider := func(r *receiver.Receiver) { r.Providers = []provider.Provider{broken()} }
	for name, tt := range map[string]struct {
		path     string
		change   func(*receiver.Receiver)
		provider string
		delivery string // "" where it is not known yet
		panic    string
	}{
		"recognise": {"/hooks/planted", breakProvider, "hooks", "", "out of range"},
		"parse":     {"/github/planted", breakProvider, "github", "", "out of range"},
		"config": {"/github", func(r *receiver.Receiver) {
			r.Current = func(context.Context) (*receiver.Current, error) { panic("out of range") }
		}, "github", "", "out of range"},
		"match": {"/github", func(r *receiver.Receiver) {
			current, _ := r.Current(t.Context())
			current.Matcher = nil
		}, "github", "d-1", "nil pointer dereference"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, l := newReceiver(t, new(checker))
			tt.change(r)
			body := push(sourcePush)
			req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, tt.path, strings.NewReader(body))
			for name, value := range signed("push", body) {
				req.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			r.ServeHTTP(w, req)
			if w.Code != http.StatusInternalServerError || w.Body.String() != panicked {
				t.Errorf("answered %d %s", w.Code, w.Body)
			}
			lines := l.lines(t, "delivery")
			if len(lines) != 1 || lines[0]["level"] != "ERROR" || lines[0]["provider"] != tt.provider || lines[0]["delivery"] != tt.delivery {
				t.Fatalf("the log has %v", lines)
			}
			said, _ := lines[0]["panic"].(string)
			stack, _ := lines[0]["stack"].(string)
			if !strings.Contains(said, tt.panic) || !strings.Contains(stack, "(*Receiver).receive(") {
				t.Errorf("the log has the panic %q and the stack %q", said, stack)
			}
			wantNothingPlanted(t, "the log", l.String(), body)
		})
	}
}

// A checker that panics fails its own resource, and the answer does not quote it.
func TestPanicOfAChecker(t *testing.T) {
	t.Parallel()
	r, l := newReceiver(t, &checker{answer: func(_ context.Context, resource string) error {
		if resource == "source" {
			panic("out of range")
		}
		return nil
	}})
	body := push(sourcePush)
	got, err := r.Invoke(t.Context(), json.RawMessage(httpAPI("/github", body, signed("push", body))))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		`"statusCode":502`, `\"success\":[\"other/app/mirror\"]`, `\"main/app/source\":\"the program panicked; its log says where\"`,
	} {
		if !strings.Contains(string(got), part) || strings.Contains(string(got), "out of range") {
			t.Errorf("answered %s, want %s", got, part)
		}
	}
	if lines := l.lines(t, "check not taken"); len(lines) != 1 || lines[0]["check"] != "main/app/source" || lines[0]["panic"] != "out of range" {
		t.Errorf("the log has %v", lines)
	}
}

// One message that panics fails alone, so that its queue keeps it and not its neighbours. Not parallel: the count is the
// program's.
func TestPanicOfAMessage(t *testing.T) {
	r, _ := newReceiver(t, new(checker))
	parse := r.ParseNotification
	r.ParseNotification = func(raw json.RawMessage) (provider.Delivery, error) {
		if strings.Contains(string(raw), "app-2") {
			panic("out of range")
		}
		return parse(raw)
	}
	before := panics.Count()
	batch := sqs(s3Notification("app-1.tgz"), s3Notification("app-2.tgz"), s3Notification("app-3.tgz"))
	got, err := r.Invoke(t.Context(), json.RawMessage(batch))
	if want := `{"batchItemFailures":[{"itemIdentifier":"m1"}]}`; err != nil || string(got) != want {
		t.Errorf("answered %s, %v, want %s", got, err, want)
	}
	if n := panics.Count() - before; n != 1 {
		t.Errorf("%d panics were counted", n)
	}
	// A source that is no queue tries again where the function fails.
	if got, err := r.Invoke(t.Context(), json.RawMessage(s3Notification("app-2.tgz"))); err == nil ||
		err.Error() != "[500] the endpoint failed on this delivery; its log says why" {
		t.Errorf("answered %s, %v", got, err)
	}
}

// brokenOnce is a log that panics at its first line.
type brokenOnce struct {
	slog.Handler
	wrote bool
}

func (b *brokenOnce) Handle(ctx context.Context, record slog.Record) error {
	if !b.wrote {
		b.wrote = true
		panic("planted")
	}
	return b.Handler.Handle(ctx, record)
}

// What panics outside of a message fails the invocation, without an end of the process.
func TestPanicOfAnInvocation(t *testing.T) {
	t.Parallel()
	r, l := newReceiver(t, new(checker))
	r.Logger = slog.New(&brokenOnce{Handler: r.Logger.Handler()})
	got, err := r.Invoke(t.Context(), json.RawMessage(`{"Event":"s3:TestEvent"}`))
	if got != nil || err == nil || err.Error() != "the program panicked; its log says where" {
		t.Errorf("answered %s, %v", got, err)
	}
	if lines := l.lines(t, "delivery"); len(lines) != 1 || lines[0]["status"] != 500.0 || lines[0]["panic"] != "planted" {
		t.Errorf("the log has %v", lines)
	}
}
