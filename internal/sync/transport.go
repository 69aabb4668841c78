package sync

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/concourse/concourse/go-concourse/concourse"
)

// observer gives go-concourse, which knows none, the context of a reading, and notes what its errors hide.
type observer struct {
	ctx  context.Context //nolint:containedctx // it lives for one reading
	next http.RoundTripper

	mu sync.Mutex
	// date is the ATC's latest time, that its last_updated are compared with.
	date time.Time
	html bool
	// redirect is where an answer redirects to, without what might be secret.
	redirect string
}

func (o *observer) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := o.next.RoundTrip(req.WithContext(o.ctx))
	if err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		o.date = date
	}
	o.html = o.html || strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html")
	if to, err := resp.Location(); err == nil && resp.StatusCode/100 == 3 {
		o.redirect = to.Scheme + "://" + to.Host + to.Path
	}
	return resp, nil
}

// now is the ATC's time as of its last answer, to the second.
func (o *observer) now() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.date.IsZero() {
		return time.Now()
	}
	return o.date
}

// ErrUnauthorized says that Concourse does not take the login.
var ErrUnauthorized = errors.New("not authorized: the login is wrong or has expired")

// statusLine is how go-concourse prints an answer that it did not expect; the body after it is nobody's affair.
var statusLine = regexp.MustCompile(`^Unexpected Response\nStatus: ([^\n]*)`)

// explain puts an error of go-concourse into words, without the request's URL and the answer's body.
func (o *observer) explain(err error) error {
	o.mu.Lock()
	html, redirect := o.html, o.redirect
	o.mu.Unlock()
	var (
		u      *url.Error
		syntax *json.SyntaxError
		kind   *json.UnmarshalTypeError
	)
	unexpected := statusLine.FindStringSubmatch(err.Error())
	switch {
	case errors.As(err, &u):
		return u.Err
	case errors.Is(err, concourse.ErrUnauthorized):
		return ErrUnauthorized
	case redirect != "":
		return fmt.Errorf("the answer is a redirect to %s: use the URL that it leads to", redirect)
	case html:
		return errors.New("the answer is HTML, not Concourse's API: is it the ATC's external URL, without a proxy's login page in front?")
	case isForbidden(err):
		return errors.New("forbidden: the login lacks a role for it")
	case unexpected != nil:
		return fmt.Errorf("the answer is %s", unexpected[1])
	case errors.As(err, &syntax), errors.As(err, &kind), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the answer is not the JSON of Concourse's API: is it the ATC's external URL?")
	case err.Error() == "resource not found":
		return errors.New("the answer is 404 Not Found: is it the ATC's external URL?")
	}
	return err
}

// isForbidden tells a 403. errors.Is(err, concourse.ErrForbidden) does not: the error carries a reason and so is another.
func isForbidden(err error) bool {
	return err != nil && (errors.Is(err, concourse.ErrForbidden) || strings.HasPrefix(err.Error(), "forbidden"))
}
