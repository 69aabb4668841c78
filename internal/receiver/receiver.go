// Package receiver takes a delivery through all of its steps: refuse what method, path and headers allow to refuse, read the body
// within limits, verify it with its provider, parse it into events, match them, notify Concourse, answer. The plain server and the Lambdas only wrap it.
package receiver

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/envelope"
	"github.com/dpb587/concourse-resource-endpoints/internal/limit"
	"github.com/dpb587/concourse-resource-endpoints/internal/match"
	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
	"github.com/dpb587/concourse-resource-endpoints/internal/panics"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// MaxBody bounds a delivery's body, in bytes: GitHub sends nothing above 25 MB
// (https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap).
const MaxBody = 25 << 20

// maxNames bounds the names of an event, in bytes. Every decision compares and quotes them, while those of git, of buckets and of
// registries have a thousand at most.
const maxNames = 16 << 10

// Receiver handles deliveries. It is safe for use by several goroutines.
type Receiver struct {
	// Current gives the config to serve a delivery with.
	Current func(context.Context) (*Current, error)
	// Providers are those that are served, in the order in which they are asked whether they recognise a request.
	Providers []provider.Provider
	// AllowUnsigned takes the deliveries of providers that have no secret configured, instead of refusing them.
	AllowUnsigned bool
	// ParseNotification reads a notification that an invocation brought; nil to take none.
	ParseNotification func(json.RawMessage) (provider.Delivery, error)
	// Ask asks for the checks of the targets, and says what became of each. current is the config that they are of.
	Ask func(ctx context.Context, current *Current, targets []notify.Target) notify.Report
	// IsOwn reports whether a queue, by its ARN, is the function's own retry queue; nil where it reads none. Retry handles a batch
	// of that queue, and says of each message whether it is done.
	IsOwn func(queueARN string) bool
	Retry func(ctx context.Context, messages []envelope.Own) (done []bool)
	// DryRun answers what would be checked, and posts nothing.
	DryRun bool
	Logger *slog.Logger

	intake limit.Intake // of ServeHTTP
}

// Current is a config, ready for use.
type Current struct {
	Matcher *match.Matcher
	// Checker posts to Concourse.
	Checker notify.Checker
	// Secrets are, by the provider's name, those that prove its deliveries authentic.
	Secrets map[string][]string
	// WebhookToken finds the value of a check's webhook_token; nil if there is a login, which needs none.
	WebhookToken func(ctx context.Context, reference string) (string, error)
}

// Find gives a resource of the config by its name.
func (c *Current) Find(name string) (notify.Target, bool) {
	check, ref, ok := c.Matcher.Find(name)
	return c.target(check, ref), ok
}

func (c *Current) target(check config.Check, ref config.Ref) notify.Target {
	t := notify.Target{Ref: ref, Scope: check.Scope}
	if reference := check.WebhookToken; reference != "" && c.WebhookToken != nil {
		t.WebhookToken = func(ctx context.Context) (string, error) { return c.WebhookToken(ctx, reference) }
	}
	return t
}

// work is one delivery on its way through the steps.
type work struct {
	start    time.Time
	provider string // its name
	delivery provider.Delivery
	current  *Current
	targets  []notify.Target
	// answer is final where there are no targets.
	answer Answer
}

// readBody brings the body of a request that was not refused before, at most most bytes, or refuses it. done gives back the memory.
type readBody func(req *provider.Request, most int64) (done func(), refused Answer)

// receive takes the steps up to the targets. Those before read look at method, path and headers only.
func (r *Receiver) receive(ctx context.Context, req *provider.Request, read readBody) (w *work) {
	w = &work{start: time.Now()}
	defer recovered(w, req.Path)
	p := r.admit(ctx, w, req)
	if p == nil {
		return w
	}
	done, refused := read(req, cmp.Or(p.MaxBody, MaxBody))
	if refused.Code != 0 {
		return w.end(refused)
	}
	defer done()
	secrets := w.current.Secrets[p.Name]
	err := r.verify(p, p.Verify, req, secrets)
	if err == nil {
		w.delivery, err = p.Parse(req)
	}
	if err != nil {
		return w.end(refuseError(err))
	}
	return r.match(ctx, w)
}

// admit finds the provider, or ends the work where method, path and headers are enough to refuse the request.
func (r *Receiver) admit(ctx context.Context, w *work, req *provider.Request) (p *provider.Provider) {
	if req.Method != http.MethodPost && req.Method != http.MethodOptions {
		w.refuse(http.StatusMethodNotAllowed, "deliveries are sent by POST")
		return nil
	}
	if len(r.Providers) == 0 {
		w.refuse(http.StatusForbidden, "this endpoint takes notifications, not webhooks")
		return nil
	}
	if p = Recognise(r.Providers, req); p == nil {
		w.refuse(http.StatusNotFound, "the provider is not recognised; send to one of "+r.paths())
		return nil
	}
	w.provider = p.Name
	if req.Method == http.MethodOptions && !p.Options {
		w.refuse(http.StatusMethodNotAllowed, "deliveries are sent by POST")
		return nil
	}
	var err error
	if w.current, err = r.Current(ctx); err == nil {
		err = r.verify(p, p.Refuse, req, w.current.Secrets[p.Name])
	}
	if err != nil {
		w.end(refuseError(err))
		return nil
	}
	return p
}

// receiveNotification takes the steps of a notification that came by an invocation. It needs no verification: IAM says who may
// invoke.
func (r *Receiver) receiveNotification(ctx context.Context, raw json.RawMessage) (w *work) {
	w = &work{start: time.Now(), provider: "notification"}
	defer recovered(w, "")
	if r.ParseNotification == nil {
		return w.refuse(http.StatusForbidden, "this endpoint takes webhooks, not notifications")
	}
	var err error
	if w.delivery, err = r.ParseNotification(raw); err != nil {
		return w.end(refuseError(err))
	}
	if w.current, err = r.Current(ctx); err != nil {
		return w.end(refuseError(err))
	}
	return r.match(ctx, w)
}

func (w *work) end(a Answer) *work {
	w.answer = a
	return w
}

func (w *work) refuse(code int, message string) *work { return w.end(refuse(code, message)) }

// verify refuses a delivery that is not proved to be authentic. how is the provider's Verify, or its Refuse.
func (r *Receiver) verify(
	p *provider.Provider, how func(*provider.Request, []string) error, req *provider.Request, secrets []string,
) error {
	if p.SelfVerifying || len(secrets) > 0 {
		return how(req, secrets)
	}
	if r.AllowUnsigned {
		return nil
	}
	return provider.Unauthorized("no secret is configured for %s: set %s_WEBHOOK_SECRET", p.Name, EnvName(p.Name))
}

// EnvName is a provider's name as its environment variables begin: AZURE_DEVOPS.
func EnvName(name string) string { return strings.ToUpper(strings.ReplaceAll(name, "-", "_")) }

// Recognise finds the provider of a request: by the first part of the path that is a provider's name, else by the headers. It
// is nil if neither helps. What comes before the name, such as a stage or route in front of a Lambda, is cut off the path.
func Recognise(providers []provider.Provider, req *provider.Request) *provider.Provider {
	for rest := strings.TrimPrefix(req.Path, "/"); rest != ""; {
		part, after, _ := strings.Cut(rest, "/")
		for i, p := range providers {
			if part == p.Name {
				req.Path = "/" + rest
				return &providers[i]
			}
		}
		rest = after
	}
	for i, p := range providers {
		if p.Recognise != nil && p.Recognise(req.Header) {
			return &providers[i]
		}
	}
	return nil
}

func (r *Receiver) paths() string {
	paths := make([]string, len(r.Providers))
	for i, p := range r.Providers {
		paths[i] = "/" + p.Name
	}
	return strings.Join(paths, " ")
}

// match finds the targets that the delivery's events concern.
func (r *Receiver) match(ctx context.Context, w *work) *work {
	d := w.delivery
	if len(d.Events) == 0 {
		return w.end(Answer{Code: http.StatusOK, Message: d.Ignored, Reply: d.Reply})
	}
	for n, e := range d.Events {
		if len(e.String()) > maxNames {
			w.delivery.Events = nil
			return w.refuse(http.StatusBadRequest, fmt.Sprintf("event %d has names of more than %d KiB: nothing has such", n+1, maxNames>>10))
		}
	}
	var targets []notify.Target
	for _, m := range w.current.Matcher.Match(d.Events) {
		level := slog.LevelDebug
		if m.Check {
			t := w.current.target(m.Config, m.Ref)
			t.Rule, t.Reason, t.Delivery, t.Provider = string(m.Rule), m.Reason, d.ID, w.provider
			targets = append(targets, t)
			if r.DryRun { // else the line about the check has the reason
				level = slog.LevelInfo
			}
		}
		if attrs := panics.Attrs(m.Err); len(attrs) > 0 {
			r.Logger.LogAttrs(ctx, slog.LevelError, "panic", append(attrs, slog.String("check", m.Ref.String()))...)
		}
		r.Logger.Log(ctx, level, "decided", "delivery", d.ID, "check", m.Ref.String(), "decision", m.Check, "rule", string(m.Rule), "reason", m.Reason)
	}
	if len(targets) == 0 {
		return w.end(Answer{Code: http.StatusOK, Message: "no resources concerned", Checks: new(Checks)})
	}
	if r.DryRun {
		return w.end(dryRun(targets))
	}
	w.targets = targets
	return w
}

// finish asks for the checks of several deliveries at once, so that a resource of two is asked for once and one that hangs does
// not keep the others waiting, and answers each delivery.
func (r *Receiver) finish(ctx context.Context, works []*work) {
	var all []notify.Target
	var current *Current
	for _, w := range works {
		if all = append(all, w.targets...); len(w.targets) > 0 {
			current = w.current
		}
	}
	if len(all) > 0 {
		answers := r.ask(ctx, current, all)
		for _, w := range works {
			if len(w.targets) > 0 {
				w.answer = answers(w.targets)
			}
		}
	}
	for _, w := range works {
		r.log(ctx, w)
	}
}

// ask gives the answer to those that want some of the targets.
func (r *Receiver) ask(ctx context.Context, current *Current, all []notify.Target) (answer func([]notify.Target) Answer) {
	defer func() {
		if err := panics.Caught(recover()); err != nil {
			answer = func([]notify.Target) Answer { return refuseError(err) }
		}
	}()
	outcomes := outcomesOf(r.Ask(ctx, current, all))
	return func(targets []notify.Target) Answer { return outcomes.answer(targets) }
}

func (r *Receiver) log(ctx context.Context, w *work) {
	d, a := w.delivery, w.answer
	attrs := []slog.Attr{
		slog.String("provider", w.provider), slog.String("delivery", d.ID), slog.String("name", d.Name),
		slog.Int("status", a.Code), slog.String("message", a.Message), slog.Duration("took", time.Since(w.start)),
	}
	level := slog.LevelInfo
	switch {
	case a.Code == http.StatusInternalServerError:
		level = slog.LevelError
	case a.Code >= http.StatusBadRequest:
		level = slog.LevelWarn
	}
	if a.Checks != nil {
		attrs = append(attrs, slog.Int("checked", len(a.Checks.Success)), slog.Int("failed", len(a.Checks.Failure)),
			slog.Int("pending", len(a.Checks.Pending)))
	}
	events := make([]string, 0, len(d.Events))
	for _, e := range d.Events {
		events = append(events, e.String())
	}
	attrs = append(attrs, slog.Any("events", events))
	if len(d.Unread) > 0 {
		level = max(level, slog.LevelWarn)
		attrs = append(attrs, slog.Any("unread", d.Unread))
	}
	if a.cause != nil {
		attrs = append(attrs, slog.String("error", a.cause.Error()))
		attrs = append(attrs, panics.Attrs(a.cause)...)
	}
	r.Logger.LogAttrs(ctx, level, "delivery", attrs...)
}

// recovered answers 500 where the function that defers it panics. In the log, the first part of the path stands for a provider
// that is not known yet; the rest of the path may be a secret.
func recovered(w *work, path string) {
	if err := panics.Caught(recover()); err != nil {
		w.answer, w.targets = refuseError(err), nil
		first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
		w.provider = cmp.Or(w.provider, first)
	}
}

// refuseError chooses the status by the error's type. An error that is not the sender's fault goes to the log only.
func refuseError(err error) Answer {
	var unauthorized *provider.UnauthorizedError
	var malformed *provider.MalformedError
	var caught *panics.Error
	switch {
	case errors.As(err, &unauthorized):
		return refuse(http.StatusUnauthorized, unauthorized.Reason)
	case errors.As(err, &malformed):
		return refuse(http.StatusBadRequest, malformed.Reason)
	}
	a := refuse(http.StatusServiceUnavailable, "the endpoint can't work at the moment; its log says why")
	if errors.As(err, &caught) {
		a = refuse(http.StatusInternalServerError, "the endpoint failed on this delivery; its log says why")
	}
	a.cause = err
	return a
}
