package notify

import (
	"errors"
	"net/http"

	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
)

// Report is what became of the targets, each listed once, in their order. Names are those of config.Ref.String.
type Report struct {
	// Success are the checks that the ATC took, and those of the same scope that they serve.
	Success []string `json:"success"`
	// Failure are the checks that it did not take, those that there was no time for too.
	Failure []Failure `json:"failure"`
	// Served are those of Success that were not posted themselves.
	Served []Served `json:"served,omitempty"`
	// Posts is how many posts were made, repeated ones counted.
	Posts int `json:"-"`
}

// Failure is a check that was not taken.
type Failure struct {
	Check string `json:"check"`
	// Status is what the ATC answered; 0 where it did not, or was not asked.
	Status int    `json:"status,omitempty"`
	Error  string `json:"error"`
	// Err is Error's cause, for errors.Is and errors.As.
	Err error `json:"-"`
}

// Served is a check that another one of its scope serves.
type Served struct {
	Check string `json:"check"`
	By    string `json:"by"`
}

// Gone reports whether the ATC itself answered that the resource, its pipeline or its team went away or was archived, so
// that the same delivery will do no better later. Any other failure may pass: a login, a token or a certificate is mended,
// and a proxy's page makes way for Concourse again.
func (f Failure) Gone() bool {
	var login *concourse.LoginError // a 404 to a log in is about the URL
	return (f.Status == http.StatusNotFound || f.Status == http.StatusConflict) && !errors.As(f.Err, &login)
}

func report(outcomes []outcome) Report {
	r := Report{Success: []string{}, Failure: []Failure{}} // [] in JSON, not null
	for i := range outcomes {
		o := &outcomes[i]
		r.Posts += o.attempts
		if o.err != nil {
			r.Failure = append(r.Failure, Failure{Check: o.name, Status: status(o.err), Error: o.err.Error(), Err: o.err})
			continue
		}
		r.Success = append(r.Success, o.name)
		if o.servedBy != "" {
			r.Served = append(r.Served, Served{Check: o.name, By: o.servedBy})
		}
	}
	return r
}

func status(err error) int {
	var answered *concourse.StatusError
	if errors.As(err, &answered) {
		return answered.Status
	}
	return 0
}
