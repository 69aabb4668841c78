package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
	"github.com/dpb587/concourse-resource-endpoints/internal/panics"
)

// outcome is what became of one target.
type outcome struct {
	target   Target
	name     string
	attempts int // posts made
	build    concourse.Build
	servedBy string // the name of the target of its scope that was posted in its place
	err      error
}

// group posts the members of a scope in order, until the ATC takes one or no other can do better.
func (r *run) group(members []int) {
	var servedBy string
	var failed error
	for _, index := range members {
		o := &r.outcomes[index]
		if servedBy != "" || failed != nil {
			o.servedBy, o.err = servedBy, failed
		} else if o.err = r.ask(o); o.err == nil {
			servedBy = o.name
		} else if !TryNextOfScope(o.err) {
			failed = o.err
			if !errors.Is(failed, ErrNotAsked) {
				failed = fmt.Errorf("%w: another of the same scope failed: %w", ErrNotAsked, failed)
			}
		}
		r.log(o)
	}
}

// ask posts one check, and again where that may help. Its error is that of the last attempt.
func (r *run) ask(o *outcome) (err error) {
	defer panics.Recover(&err)
	if err := r.ended(); err != nil {
		return err
	}
	webhookToken, err := o.target.token(r.ctx)
	if err != nil {
		return err
	}
	var last error
	attempt := func() (struct{}, error) {
		o.attempts++
		last = r.attempt(o, webhookToken)
		return struct{}{}, r.retry(last)
	}
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval = min(r.options.Backoff, r.options.MaxBackoff)
	wait.Multiplier = 2
	wait.MaxInterval = r.options.MaxBackoff
	_, _ = backoff.Retry(r.ctx, attempt,
		backoff.WithBackOff(wait),
		backoff.WithMaxTries(uint(r.options.Attempts)),
		backoff.WithMaxElapsedTime(r.remaining()),
	)
	if last != nil && r.ctx.Err() == nil && everywhere(last) {
		r.giveUp.CompareAndSwap(nil, &last)
	}
	return last
}

// Post posts the check of a target once.
func Post(ctx context.Context, to Checker, t Target) (concourse.Build, error) {
	webhookToken, err := t.token(ctx)
	if err != nil {
		return concourse.Build{}, err
	}
	return to.Check(ctx, t.Ref, webhookToken)
}

func (t Target) token(ctx context.Context) (string, error) {
	if t.WebhookToken == nil {
		return "", nil
	}
	token, err := t.WebhookToken(ctx)
	if err != nil {
		return "", &tokenError{fmt.Errorf("finding the webhook token of %s: %w", t.Ref, err)}
	}
	return token, nil
}

func (r *run) attempt(o *outcome, webhookToken string) (err error) {
	ctx, cancel := context.WithTimeout(r.ctx, r.options.AttemptTimeout)
	defer cancel()
	o.build, err = r.checker.Check(ctx, o.target.Ref, webhookToken)
	return err
}

// ended says why nothing more is posted; nil as long as there is time and a post may succeed.
func (r *run) ended() error {
	switch err := r.ctx.Err(); {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%w: cancelled before the deadline: %w", ErrNotAsked, err)
	case err != nil:
		return fmt.Errorf("%w: the deadline passed: %w", ErrNotAsked, err)
	}
	if err := r.giveUp.Load(); err != nil {
		return fmt.Errorf("%w, since it would fail as another did: %w", ErrNotAsked, *err)
	}
	return nil
}

// remaining is the time left. It is never 0, which backoff takes for no limit.
func (r *run) remaining() time.Duration {
	deadline, _ := r.ctx.Deadline()
	return max(time.Until(deadline), time.Nanosecond)
}

// retry turns an attempt's error into one that tells backoff what to do: stop, wait as long as the ATC asks, or wait.
func (r *run) retry(err error) error {
	if err == nil {
		return nil
	}
	var temporary interface{ Temporary() bool }
	if !errors.As(err, &temporary) || !temporary.Temporary() || r.giveUp.Load() != nil {
		return backoff.Permanent(err)
	}
	var status *concourse.StatusError
	if errors.As(err, &status) && status.RetryAfter > 0 {
		return &backoff.RetryAfterError{Duration: min(status.RetryAfter, r.options.MaxBackoff)}
	}
	return err
}

// tokenError says that a resource's webhook token could not be found.
type tokenError struct{ error }

func (e *tokenError) Unwrap() error { return e.error }

// TryNextOfScope reports whether the ATC may take another resource of the same scope, after this error: one that is about this
// resource or its pipeline, as a 500 may be. A gateway's answer, no answer and a refused login are not.
func TryNextOfScope(err error) bool {
	var (
		status *concourse.StatusError
		login  *concourse.LoginError
		token  *tokenError
		caught *panics.Error
	)
	switch {
	case errors.As(err, &login):
		return false
	case errors.As(err, &token), errors.As(err, &caught):
		return true
	case !errors.As(err, &status), everywhere(err):
		return false
	}
	return status.Concourse && status.Status < 502 && status.Status != http.StatusTooManyRequests
}

// everywhere reports whether every other request would fail too: the ATC refused the login, or its certificate is not
// trusted.
func everywhere(err error) bool {
	var (
		status    *concourse.StatusError
		login     *concourse.LoginError
		transport *concourse.TransportError
	)
	if errors.As(err, &transport) {
		return !transport.Temporary()
	}
	if !errors.As(err, &status) {
		return false
	}
	if errors.As(err, &login) {
		return !status.Temporary()
	}
	return status.Status == http.StatusUnauthorized && !status.Webhook && !status.Anonymous
}

func (r *run) log(o *outcome) {
	attrs := []slog.Attr{slog.String("check", o.name), slog.String("rule", o.target.Rule), slog.String("reason", o.target.Reason)}
	switch {
	case o.err != nil:
		attrs = append(attrs, slog.Int("attempts", o.attempts), slog.String("error", o.err.Error()))
		attrs = append(attrs, panics.Attrs(o.err)...)
		r.options.Logger.LogAttrs(r.ctx, slog.LevelWarn, "check not taken", attrs...)
	case o.servedBy != "":
		attrs = append(attrs, slog.String("by", o.servedBy))
		r.options.Logger.LogAttrs(r.ctx, slog.LevelInfo, "check served by the same scope", attrs...)
	default:
		attrs = append(attrs, slog.Int("attempts", o.attempts), slog.Int("build", o.build.ID), slog.String("url", o.build.URL))
		r.options.Logger.LogAttrs(r.ctx, slog.LevelInfo, "check taken", attrs...)
	}
}
