package notify

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
	"github.com/dpb587/concourse-resource-endpoints/internal/panics"
)

// Report says what became of the targets, once of each, in their order. Names are those of config.Ref.String.
type Report struct {
	// Success are the checks that the ATC took, and those that they serve too.
	Success []string `json:"success"`
	// Failure are the checks that it did not take or was not asked for.
	Failure []Failure `json:"failure"`
	// Pending are the checks that are kept until they are taken.
	Pending []string `json:"pending,omitempty"`
	// Served are the ones of Success that another of their scope was posted for.
	Served []Served `json:"served,omitempty"`
	// Posts is how many posts were made, with repeated ones.
	Posts int `json:"-"`
}

// Failure is a check that was not taken.
type Failure struct {
	Check string `json:"check"`
	// Status is the HTTP status of the answer; 0 where there was none.
	Status int `json:"status,omitempty"`
	// Error is why, with all details.
	Error string `json:"error"`
	// Err is Error's cause, for errors.Is and errors.As.
	Err error `json:"-"`
}

// Served is a check that another of its scope serves.
type Served struct {
	Check string `json:"check"`
	By    string `json:"by"`
}

// Gone reports whether the resource, its pipeline or its team is gone or archived, so that to send the delivery again would not
// help. Any other failure may pass: somebody corrects a login, a token or a certificate, or a proxy lets Concourse answer again.
func (f Failure) Gone() bool { return concourse.Gone(f.Err) }

// NewFailure is a check that was not taken because of err.
func NewFailure(check string, err error) Failure {
	f := Failure{Check: check, Error: err.Error(), Err: err}
	var answered *concourse.StatusError
	if errors.As(err, &answered) {
		f.Status = answered.Status
	}
	return f
}

// Words say what went wrong to whoever sent the delivery, who may be anybody that knows a webhook's secret: nothing of the login, of
// Concourse's URL, of files or of references. Error has the details, for the log and for operators.
func (f Failure) Words() string {
	var (
		status    *concourse.StatusError
		login     *concourse.LoginError
		transport *concourse.TransportError
		caught    *panics.Error
		token     *tokenError
		words     string
	)
	switch {
	case errors.As(f.Err, &caught):
		words = caught.Error()
	case errors.As(f.Err, &token):
		words = "the webhook token can't be found"
	case errors.As(f.Err, &status) && status.Status == http.StatusUnauthorized && status.Webhook:
		words = "Concourse refused the webhook token"
	case status != nil && status.Status == http.StatusUnauthorized && !status.Anonymous:
		words = "Concourse refused the login"
	case errors.As(f.Err, &login) && status != nil:
		words = fmt.Sprintf("Concourse answered %d to the login", status.Status)
	case status != nil:
		words = fmt.Sprintf("Concourse answered %d", status.Status)
	case timedOut(f.Err):
		words = "it timed out"
	case errors.As(f.Err, &transport):
		words = "Concourse can't be reached"
	case errors.Is(f.Err, ErrNotKept):
		words = ErrNotKept.Error()
	default:
		words = "it failed; the endpoint's log says why"
	}
	if errors.Is(f.Err, ErrNotAsked) {
		return ErrNotAsked.Error() + ": " + words
	}
	return words
}

func timedOut(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

func report(outcomes []outcome) Report {
	r := Report{Success: []string{}, Failure: []Failure{}} // [] in JSON, not null
	for i := range outcomes {
		o := &outcomes[i]
		r.Posts += o.attempts
		if o.err != nil {
			r.Failure = append(r.Failure, NewFailure(o.name, o.err))
			continue
		}
		r.Success = append(r.Success, o.name)
		if o.servedBy != "" {
			r.Served = append(r.Served, Served{Check: o.name, By: o.servedBy})
		}
	}
	return r
}
