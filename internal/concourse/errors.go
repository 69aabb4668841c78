package concourse

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/printable"
)

// StatusError is an answer other than success. Its text says what to try next. It quotes neither the request's secrets nor the
// answer's body.
type StatusError struct {
	// Status is the HTTP status. It is a 2xx where something else than Concourse answered.
	Status int
	// Webhook is true where a webhook token was sent, so that a 401 is about that token alone.
	Webhook bool
	// Anonymous is true where neither a login nor a webhook token was sent, so that a 401 is about this resource alone.
	Anonymous bool
	// Concourse is true where Concourse itself answered, rather than a proxy in front of it.
	Concourse bool
	// RetryAfter is how long to wait, where the answer says so (429, 503); else 0.
	RetryAfter time.Duration

	text string
}

func (e *StatusError) Error() string { return e.text }

// Gone reports whether the resource, its pipeline or its team is gone or archived, so that the same request will not succeed
// later. Only Concourse itself can say so: a proxy answers 404 while the ATC restarts.
func (e *StatusError) Gone() bool {
	return e.Concourse && (e.Status == http.StatusNotFound || e.Status == http.StatusConflict)
}

// Gone reports whether an error of Check is a StatusError that is gone. An error of the log in is not: its 404 is about the URL.
func Gone(err error) bool {
	var status *StatusError
	var login *LoginError
	return errors.As(err, &status) && status.Gone() && !errors.As(err, &login)
}

// Temporary reports whether the same request may succeed a little later. It is false where Concourse itself refuses the request:
// somebody has to do something first.
func (e *StatusError) Temporary() bool {
	return !e.Concourse || e.Status == http.StatusTooManyRequests || e.Status < 400 || e.Status >= 500
}

// TransportError is a request without an answer. It prints no URL: net/http's own error would print the webhook token.
type TransportError struct {
	// Err is the cause, for errors.Is and errors.As; nil if it would print a secret.
	Err error

	text      string
	permanent bool
}

func (e *TransportError) Error() string { return e.text }

func (e *TransportError) Unwrap() error { return e.Err }

// Temporary reports whether the same request may succeed a little later. It is false for a certificate that is not trusted,
// and after a cancellation.
func (e *TransportError) Temporary() bool { return !e.permanent }

func newTransportError(err error, redact *redactor, secrets ...string) *TransportError {
	var withURL *url.Error
	if errors.As(err, &withURL) {
		err = withURL.Err
	}
	if strings.HasPrefix(err.Error(), "failed to parse Location header") { // net/http quotes it, with its query
		return &TransportError{text: "reaching Concourse: it answers with a redirect to nowhere; is the URL right?", permanent: true}
	}
	text := redact.clean(err.Error(), secrets...)
	e := &TransportError{Err: err, text: "reaching Concourse: " + text}
	if text != err.Error() {
		e.Err = nil
	}
	var (
		untrusted *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		dns       *net.DNSError
	)
	hint := ""
	switch {
	case errors.Is(err, context.Canceled):
		e.permanent = true
	case errors.As(err, &untrusted):
		e.permanent, hint = true, "give the certificate of its CA, or the name that the certificate is for"
	case errors.As(err, &record), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		e.permanent, hint = true, "it does not speak TLS: should the URL start with http://?"
	case errors.Is(err, syscall.ECONNREFUSED):
		hint = "is it up, and its URL right?"
	case errors.As(err, &dns):
		hint = "is its URL right?"
	case errors.Is(err, context.DeadlineExceeded):
		hint = "it did not answer in time"
	}
	if hint != "" {
		e.text += "; " + hint
	}
	return e
}

// statusError makes the error of an answer. It has a text where the answer is not about the request itself: a redirect, a
// page, a proxy's status. Else the caller knows better what to say. Of where a redirect leads to it tells scheme and host only: its path
// and query may hold tokens.
func (c *Client) statusError(a answer, webhookToken string) *StatusError {
	e := &StatusError{Status: a.status, Concourse: a.concourse, RetryAfter: a.retryAfter}
	answered := "Concourse's URL answers " + statusText(a.status)
	switch {
	case a.status >= 300 && a.status < 400 && a.location != nil:
		e.text = answered + " with a redirect to " + a.location.Scheme + "://" + c.redact.clean(a.location.Host, webhookToken) +
			": is that its external URL?"
	case a.status >= 300 && a.status < 400:
		e.text = answered + ", a redirect to nowhere: is it the external URL?"
	case a.status >= 500 && (a.html() || a.status != http.StatusInternalServerError):
		e.text = answered + ": is Concourse up, and is the proxy in front of it working?"
	case a.html():
		e.text = answered + " with a page of HTML: that does not look like a Concourse; is it the external URL, without a proxy's login page in front?"
	case a.status == http.StatusTooManyRequests:
		e.text = answered + ": too many requests"
	}
	return e
}

// hint says what a status means for a check (measured on 7.14.2, and read in
// https://github.com/concourse/concourse/tree/master/atc/api/resourceserver).
func (c *Client) hint(status int, ref config.Ref, webhook bool) string {
	switch {
	case status == http.StatusUnauthorized && webhook:
		return "the webhook token is wrong, or the resource has none, or the pipeline is archived"
	case status == http.StatusUnauthorized:
		return unauthorizedHints[c.kind]
	case status == http.StatusForbidden:
		return "the login lacks the pipeline-operator role in team " + printable.Name(ref.Team, "/")
	case status == http.StatusNotFound:
		return "no such team, pipeline or resource: it went away since the last sync"
	case status == http.StatusConflict:
		return "the pipeline is archived"
	case status == http.StatusInternalServerError && webhook:
		return "it may not be able to resolve the ((var)) of the webhook token"
	}
	return ""
}

// unauthorizedHints say what a 401 means.
var unauthorizedHints = map[loginKind]string{
	noLogin:     "not authorized: there is neither a login nor a webhook token; give one of them",
	userLogin:   "not authorized, though just logged in: is the URL that of another Concourse?",
	tokenLogin:  "not authorized: the bearer token is wrong or has expired",
	headerLogin: "not authorized: the authorization header is wrong or has expired; give a user and password or a client to log in with",
}

// statusText is the status with its name: "404 Not Found".
func statusText(status int) string {
	return strings.TrimSpace(strconv.Itoa(status) + " " + http.StatusText(status))
}
