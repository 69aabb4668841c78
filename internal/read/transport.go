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

// ErrUnauthorized says that Concourse does not take the login.
var ErrUnauthorized = errors.New("not authorized: the login is wrong or has expired")

// errForbidden says that the login lacks a role.
var errForbidden = errors.New("forbidden: the login lacks a role for it")

// transport sends the requests of one reading, for go-concourse: it adds the context, which go-concourse has no place for, and
// turns an answer that is not the API's into an error of that one request.
type transport struct {
	ctx  context.Context //nolint:containedctx // it lives for one reading
	next http.RoundTripper

	mu   sync.Mutex
	date time.Time // of the ATC's latest answer
}

// RoundTrip answers what Concourse's API may answer: a 2xx, or 404 for a pipeline's config.
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
	if err := wrong(resp); err != nil {
		_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // so that the connection can be used again
		_ = resp.Body.Close()
		return nil, err
	}
	return resp, nil
}

// wrong says why an answer is not one of Concourse's API that go-concourse can read; nil where it is one. It quotes nothing of
// the answer's body.
func wrong(resp *http.Response) error {
	to, _ := resp.Location()
	switch {
	case resp.StatusCode == http.StatusUnauthorized:
		return ErrUnauthorized
	case resp.StatusCode/100 == 3 && to != nil:
		return fmt.Errorf("the answer is a redirect to %s://%s%s: use the URL that it leads to", to.Scheme, to.Host, to.Path)
	case strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html"):
		return errors.New("the answer is HTML, not Concourse's API: is it the ATC's external URL, without a proxy's login page in front?")
	case resp.StatusCode == http.StatusForbidden:
		return errForbidden
	case resp.StatusCode == http.StatusNotFound && strings.HasSuffix(resp.Request.URL.Path, "/config"):
		return nil
	case resp.StatusCode == http.StatusNotFound:
		return errors.New("the answer is 404 Not Found: is it the ATC's external URL?")
	case resp.StatusCode/100 != 2:
		return fmt.Errorf("the answer is %s", resp.Status)
	}
	return nil
}

// now is the ATC's time at its last answer, to the second. Its last_updated are compared with it.
func (t *transport) now() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.date.IsZero() {
		return time.Now()
	}
	return t.date
}

// explain takes the cause out of an error of go-concourse, without the request's URL. What did not fail in RoundTrip failed
// when go-concourse read the answer's body.
func explain(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		return failed.Err
	}
	return errors.New("the answer is not the JSON of Concourse's API: is it the ATC's external URL?")
}
