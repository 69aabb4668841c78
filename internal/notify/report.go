package notify

import (
	"errors"

	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
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
	Status int    `json:"status,omitempty"`
	Error  string `json:"error"`
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
