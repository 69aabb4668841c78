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
	attempts int    // posts made
	servedBy string // the name of the one of its scope that was asked in its place
	err      error
}

// group asks the members of a scope in order until the ATC takes one.
func (r *run) group(members []int) {
	for i, index := range members {
		o := &r.outcomes[index]
		o.err = r.ask(o)
		r.log(o)
		switch {
		case o.err == nil:
			for _, other := range members[i+1:] {
				r.outcomes[other].servedBy = o.name
				r.log(&r.outcomes[other])
			}
			return
		case !tryNextOfScope(o.err):
			err := o.err
			if !errors.Is(err, ErrNotAsked) {
				err = fmt.Errorf("%w: one of the same scope failed: %w", ErrNotAsked, err)
			}
			for _, other := range members[i+1:] {
				r.outcomes[other].err = err
				r.log(&r.outcomes[other])
			}
			return
		}
	}
}

// ask posts one check, again where that may help. The error is the last attempt's, or that of a panic.
func (r *run) ask(o *outcome) (err error) {
	defer panics.Recover(&err)
	if err := r.ended(); err != nil {
		return err
	}
	webhookToken := ""
	if o.target.WebhookToken != nil {
		if webhookToken, err = o.target.WebhookToken(r.ctx); err != nil {
			return &tokenError{fmt.Errorf("finding the webhook token of %s: %w", o.name, err)}
		}
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

func (r *run) attempt(o *outcome, webhookToken string) error {
	ctx, cancel := context.WithTimeout(r.ctx, r.options.AttemptTimeout)
	defer cancel()
	return r.checker.Check(ctx, o.target.Ref, webhookToken)
}

// ended says why nothing more is asked for; nil where there is time and hope.
func (r *run) ended() error {
	switch err := r.ctx.Err(); {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%w: cancelled before the deadline: %w", ErrNotAsked, err)
	case err != nil:
		return fmt.Errorf("%w: the deadline passed: %w", ErrNotAsked, err)
	}
	if err := r.giveUp.Load(); err != nil {
		return fmt.Errorf("%w, for it would fail as this did: %w", ErrNotAsked, *err)
	}
	return nil
}

// remaining is the time left. It is positive, for to backoff no time means no limit.
func (r *run) remaining() time.Duration {
	deadline, _ := r.ctx.Deadline()
	return max(time.Until(deadline), time.Nanosecond)
}

// retry turns an error into what backoff makes of it: permanent, wait as long as the ATC asks, or wait.
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

// tokenError is a webhook token that could not be found. It concerns one resource.
type tokenError struct{ error }

func (e *tokenError) Unwrap() error { return e.error }

// tryNextOfScope reports whether another resource of the same scope may be taken where this one was not: the ATC answered, and
// about this pipeline. A gateway's answer, no answer and a refused login are not about the pipeline; a 500 may be.
func tryNextOfScope(err error) bool {
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
	return status.Status < 502 && status.Status != http.StatusTooManyRequests
}

// everywhere reports whether no other request can succeed either: the login is refused, or the ATC's certificate.
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
	attrs := []slog.Attr{slog.String("check", o.name), slog.String("reason", o.target.Reason)}
	switch {
	case o.err != nil:
		attrs = append(attrs, slog.Int("attempts", o.attempts), slog.String("error", o.err.Error()))
		attrs = append(attrs, panics.Attrs(o.err)...)
		r.options.Logger.LogAttrs(r.ctx, slog.LevelWarn, "check not taken", attrs...)
	case o.servedBy != "":
		attrs = append(attrs, slog.String("by", o.servedBy))
		r.options.Logger.LogAttrs(r.ctx, slog.LevelInfo, "check served by the same scope", attrs...)
	default:
		attrs = append(attrs, slog.Int("attempts", o.attempts))
		r.options.Logger.LogAttrs(r.ctx, slog.LevelInfo, "check taken", attrs...)
	}
}
