package read

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// ErrUnauthorized says that Concourse refused the login.
var ErrUnauthorized = errors.New("not authorized: the login is wrong or has expired")

// errForbidden says that the login lacks the role for a request.
var errForbidden = errors.New("forbidden: the login lacks a role for it")

// transport sends go-concourse's requests of one reading. It adds the context, which go-concourse does not accept, and returns
// an error for an answer that is not from Concourse's API.
type transport struct {
	ctx  context.Context //nolint:containedctx // used for one reading only
	next http.RoundTripper

	mu   sync.Mutex
	date time.Time // the Date header of the latest answer
}

// RoundTrip returns only answers that Concourse's API gives: a 2xx, or 404 for a pipeline's config.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(req.WithContext(t.ctx))
	if err != nil {
		return nil, err
	}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		t.mu.Lock()
		t.date = date
		t.mu.Unlock()
	}
	if err := answerError(resp); err != nil {
		_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // so that the connection can be used again
		_ = resp.Body.Close()
		return nil, err
	}
	return resp, nil
}

// answerError says why an answer is not one that Concourse's API gives and go-concourse can read; nil if it is. It does not quote
// the body.
func answerError(resp *http.Response) error {
	to, _ := resp.Location()
	switch {
	case resp.StatusCode == http.StatusUnauthorized:
		return ErrUnauthorized
	case resp.StatusCode/100 == 3 && to != nil:
		return fmt.Errorf("the answer is a redirect to %s://%s%s: use the URL that it redirects to", to.Scheme, to.Host, to.Path)
	case strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html"):
		return errors.New("the answer is HTML, not Concourse's API: is the URL the ATC's external URL, without a proxy's login page in front of it?")
	case resp.StatusCode == http.StatusForbidden:
		return errForbidden
	case resp.StatusCode == http.StatusNotFound && strings.HasSuffix(resp.Request.URL.Path, "/config"):
		return nil
	case resp.StatusCode == http.StatusNotFound:
		return errors.New("the answer is 404 Not Found: is the URL the ATC's external URL?")
	case resp.StatusCode/100 != 2:
		return fmt.Errorf("the answer is %s", resp.Status)
	}
	return nil
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
