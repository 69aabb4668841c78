package read

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// ErrUnauthorized says that Concourse refused the login.
var ErrUnauthorized = errors.New("not authorized: the login is wrong or has expired")

// errForbidden says that the login lacks the role for a request.
var errForbidden = errors.New("forbidden: the login lacks a role for it")

// The limits of a request that fails in a way that may pass: how often it is sent, and how long it waits before it is sent again.
const (
	requestTries = 4
	firstWait    = 250 * time.Millisecond
	longestWait  = 5 * time.Second
)

// transport sends go-concourse's requests of one reading, which are all GET. It adds the context, which go-concourse does not accept,
// sends a request again after a failure that may pass, and returns an error for an answer that is not from Concourse's API.
type transport struct {
	ctx  context.Context //nolint:containedctx // used for one reading only
	next http.RoundTripper

	mu   sync.Mutex
	date time.Time // the Date header of the latest answer
}

// RoundTrip returns only answers that Concourse's API gives: a 2xx, or 404 for a pipeline.
func (t *transport) RoundTrip(req *http.Request) (resp *http.Response, err error) {
	attempt := func() (again struct{}, _ error) {
		resp, err = t.send(req) //nolint:bodyclose // whoever made the request closes it
		var passing *passingError
		switch {
		case err == nil:
			return again, nil
		case errors.As(err, &passing) && passing.retryAfter > 0:
			return again, &backoff.RetryAfterError{Duration: min(passing.retryAfter, longestWait)}
		case passing != nil, reset(err):
			return again, err
		}
		return again, backoff.Permanent(err)
	}
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = firstWait, longestWait
	_, _ = backoff.Retry(t.ctx, attempt, backoff.WithBackOff(wait), backoff.WithMaxTries(requestTries), backoff.WithMaxElapsedTime(answerTime))
	return resp, err
}

// reset reports whether a connection ended before its answer did.
func reset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// send sends a request once, and reads the whole answer, which may be cut off.
func (t *transport) send(req *http.Request) (*http.Response, error) {
	req = req.Clone(t.ctx)
	// go-concourse leaves a + in a name as it is, which Concourse's router reads as a blank.
	req.URL.RawPath = strings.ReplaceAll(req.URL.EscapedPath(), "+", "%2B")
	resp, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		t.mu.Lock()
		t.date = date
		t.mu.Unlock()
	}
	if err := answerError(resp); err != nil {
		_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // so that the connection can be used again
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// passingError is an answer that a request may not get again a little later.
type passingError struct {
	text       string
	retryAfter time.Duration // as the answer says; 0 if it does not
}

func (e *passingError) Error() string { return e.text }

// mayPass reports whether an answer is that of a proxy or an ATC that is busy or just restarting. Only Concourse itself can say that a
// pipeline is gone.
func mayPass(resp *http.Response) bool {
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	case http.StatusNotFound:
		return ofPipeline(resp) && resp.Header.Get("X-Concourse-Version") == ""
	}
	return false
}

// ofPipeline reports whether an answer is about one pipeline.
func ofPipeline(resp *http.Response) bool {
	return strings.Contains(resp.Request.URL.Path, "/pipelines/")
}

// answerError says why an answer is not one that Concourse's API gives and go-concourse can read; nil if it is. It does not quote
// the body.
func answerError(resp *http.Response) error {
	to, _ := resp.Location()
	switch {
	case mayPass(resp):
		e := &passingError{text: "the answer is " + statusText(resp)}
		if resp.StatusCode == http.StatusNotFound {
			e.text += ", and not from Concourse, whose answers have the header X-Concourse-Version: is the ATC up, behind its proxy?"
		}
		if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil {
			e.retryAfter = time.Duration(seconds) * time.Second
		}
		return e
	case resp.StatusCode == http.StatusUnauthorized:
		return ErrUnauthorized
	case resp.StatusCode/100 == 3 && to != nil:
		return fmt.Errorf("the answer is a redirect to %s://%s: is that the external URL?", to.Scheme, to.Host) // the path may hold a token
	case strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html"):
		return errors.New("the answer is HTML, not Concourse's API: is the URL the ATC's external URL, without a proxy's login page in front of it?")
	case resp.StatusCode == http.StatusForbidden:
		return errForbidden
	case resp.StatusCode == http.StatusNotFound && ofPipeline(resp):
		return nil
	case resp.StatusCode == http.StatusNotFound:
		return errors.New("the answer is 404 Not Found: is the URL the ATC's external URL?")
	case resp.StatusCode/100 != 2 && ofPipeline(resp) && resp.Header.Get("X-Concourse-Version") != "":
		return &brokenError{"the answer is " + statusText(resp)}
	case resp.StatusCode/100 != 2:
		return errors.New("the answer is " + statusText(resp))
	}
	return nil
}

// statusText is the status with its usual name. What the answer calls it may be anything.
func statusText(resp *http.Response) string {
	return strconv.Itoa(resp.StatusCode) + " " + http.StatusText(resp.StatusCode)
}

// now is the ATC's time at its last answer, in whole seconds, to compare with last_updated.
func (t *transport) now() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.date.IsZero() {
		return time.Now()
	}
	return t.date
}

// explain is the cause of go-concourse's error, without the request's URL. An error that is not from RoundTrip comes from
// reading the answer's body.
func explain(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		return failed.Err
	}
	return errors.New("the answer is not the JSON of Concourse's API: is the URL the ATC's external URL?")
}
