// Package receiver takes a delivery through all of its steps: limit its size, verify it with its provider, parse it into
// events, match them, notify Concourse, answer. The plain server and the Lambdas only wrap it.
package receiver

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/match"
	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
	"github.com/dpb587/concourse-resource-endpoints/internal/panics"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// MaxBody bounds a delivery's body, in bytes: GitHub sends nothing above 25 MB
// (https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap).
const MaxBody = 25 << 20

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
	// DryRun answers what would be checked, and posts nothing.
	DryRun bool
	Logger *slog.Logger
}

// Current is a config, ready for use.
type Current struct {
	Matcher  *match.Matcher
	Notifier *notify.Notifier
	// Secrets are, by the provider's name, those that prove its deliveries authentic.
	Secrets map[string][]string
	// WebhookToken finds the value of a check's webhook_token; nil if there is a login, which needs none.
	WebhookToken func(ctx context.Context, reference string) (string, error)
}

// Handle handles a delivery that came by HTTP.
func (r *Receiver) Handle(ctx context.Context, req *provider.Request) Answer {
	start := time.Now()
	name, delivery, answer := r.receive(ctx, req)
	r.log(ctx, name, delivery, answer, start)
	return answer
}

// HandleNotification handles a notification that came by an invocation. It needs no verification: IAM says who may invoke.
func (r *Receiver) HandleNotification(ctx context.Context, raw json.RawMessage) Answer {
	start := time.Now()
	delivery, answer := r.receiveNotification(ctx, raw)
	r.log(ctx, "notification", delivery, answer, start)
	return answer
}

func (r *Receiver) receiveNotification(ctx context.Context, raw json.RawMessage) (d provider.Delivery, a Answer) {
	defer recovered(&a, new(string), "")
	if r.ParseNotification == nil {
		return d, refuse(http.StatusForbidden, "this endpoint takes webhooks, not notifications")
	}
	d, err := r.ParseNotification(raw)
	if err != nil {
		return d, refuseError(err)
	}
	current, err := r.Current(ctx)
	if err != nil {
		return d, refuseError(err)
	}
	return d, r.notify(ctx, current, d)
}

// receive takes the steps. Those before verify look at method, path, headers and sizes only.
func (r *Receiver) receive(ctx context.Context, req *provider.Request) (name string, d provider.Delivery, a Answer) {
	defer recovered(&a, &name, req.Path)
	if req.Method != http.MethodPost {
		return "", d, refuse(http.StatusMethodNotAllowed, "deliveries are sent by POST")
	}
	if len(req.Body) > MaxBody {
		return "", d, tooLarge()
	}
	if len(r.Providers) == 0 {
		return "", d, refuse(http.StatusForbidden, "this endpoint takes notifications, not webhooks")
	}
	p := Recognise(r.Providers, req)
	if p == nil {
		return "", d, refuse(http.StatusNotFound, "the provider is not recognised; send to one of "+r.paths())
	}
	name = p.Name
	current, err := r.Current(ctx)
	if err != nil {
		return p.Name, d, refuseError(err)
	}
	if err := r.verify(p, req, current.Secrets[p.Name]); err != nil {
		return p.Name, d, refuseError(err)
	}
	d, err = p.Parse(req)
	if err != nil {
		return p.Name, d, refuseError(err)
	}
	a = r.notify(ctx, current, d)
	if p.Unforgiving && a.Code == http.StatusBadGateway {
		a.Code = http.StatusOK // the body and the log still say what failed
	}
	return p.Name, d, a
}

// verify refuses a delivery that is not proved to be authentic.
func (r *Receiver) verify(p *provider.Provider, req *provider.Request, secrets []string) error {
	if p.SelfVerifying || len(secrets) > 0 {
		return p.Verify(req, secrets)
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

// notify matches the events and asks for the checks. It is the last step.
func (r *Receiver) notify(ctx context.Context, current *Current, d provider.Delivery) Answer {
	if len(d.Events) == 0 {
		return Answer{Code: http.StatusOK, Message: d.Ignored}
	}
	var targets []notify.Target
	for _, m := range current.Matcher.Match(d.Events) {
		level := slog.LevelDebug
		if m.Check {
			targets = append(targets, current.target(m))
			if r.DryRun { // else the notifier logs the reason
				level = slog.LevelInfo
			}
		}
		r.Logger.Log(ctx, level, "decided", "delivery", d.ID, "check", m.Ref.String(), "decision", m.Check, "rule", string(m.Rule), "reason", m.Reason)
	}
	if len(targets) == 0 {
		return Answer{Code: http.StatusOK, Message: "no resources concerned", Checks: new(Checks)}
	}
	if r.DryRun {
		return dryRun(targets)
	}
	return report(current.Notifier.Notify(ctx, targets))
}

func (c *Current) target(m match.Match) notify.Target {
	t := notify.Target{Ref: m.Ref, Scope: m.Config.Scope, Rule: string(m.Rule), Reason: m.Reason}
	if reference := m.Config.WebhookToken; reference != "" && c.WebhookToken != nil {
		t.WebhookToken = func(ctx context.Context) (string, error) { return c.WebhookToken(ctx, reference) }
	}
	return t
}

func (r *Receiver) log(ctx context.Context, name string, d provider.Delivery, a Answer, start time.Time) {
	attrs := []slog.Attr{
		slog.String("provider", name), slog.String("delivery", d.ID), slog.String("name", d.Name),
		slog.Int("status", a.Code), slog.String("message", a.Message), slog.Duration("took", time.Since(start)),
	}
	level := slog.LevelInfo
	switch {
	case a.Code == http.StatusInternalServerError:
		level = slog.LevelError
	case a.Code >= http.StatusBadRequest:
		level = slog.LevelWarn
	}
	if a.Checks != nil {
		attrs = append(attrs, slog.Int("checked", len(a.Checks.Success)), slog.Int("failed", len(a.Checks.Failure)))
	}
	events := make([]string, 0, len(d.Events))
	for _, e := range d.Events {
		events = append(events, e.String())
	}
	attrs = append(attrs, slog.Any("events", events))
	if a.cause != nil {
		attrs = append(attrs, slog.String("error", a.cause.Error()))
		attrs = append(attrs, panics.Attrs(a.cause)...)
	}
	r.Logger.LogAttrs(ctx, level, "delivery", attrs...)
}

// recovered answers 500 where the function that defers it panics. In the log, the first part of the path stands for a name
// that is not known yet; the rest of the path may be a secret.
func recovered(a *Answer, name *string, path string) {
	if err := panics.Caught(recover()); err != nil {
		*a = refuseError(err)
		first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
		*name = cmp.Or(*name, first)
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
