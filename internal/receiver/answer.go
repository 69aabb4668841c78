package receiver

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// Answer is the answer to a delivery, as in the 2016 form (see package config):
//
//	{"status":"ok","message":"resources notified","checks":{"success":["main/app/source"],"failure":[]}}
type Answer struct {
	// Code is the HTTP status.
	Code    int
	Message string
	// Checks are nil where the delivery was not matched.
	Checks *Checks

	// Reply is what the provider waits for; nil where any answer will do.
	Reply *provider.Reply

	// cause is the error, for the log only.
	cause error
}

// Checks are the names of the resources, TEAM/PIPELINE[/VARS]/RESOURCE.
type Checks struct {
	Success []string `json:"success"`
	Failure []string `json:"failure"`
	// Pending are those that Concourse has not taken yet. They are kept until it takes them.
	Pending []string `json:"pending,omitempty"`
	// Would are those that would be checked but for the dry run. Rules and Reasons say why, by name.
	Would   []string          `json:"would,omitempty"`
	Rules   map[string]string `json:"rules,omitempty"`
	Reasons map[string]string `json:"reasons,omitempty"`
	// Errors say why those of Failure failed, by name, in the words of notify.Failure.Words.
	Errors map[string]string `json:"errors,omitempty"`
}

// Header has the answer's headers beside its content type.
func (a Answer) Header() map[string]string {
	if a.Reply == nil {
		return nil
	}
	return a.Reply.Header
}

// Body is the answer's JSON.
func (a Answer) Body() []byte {
	if a.Reply != nil && a.Reply.Body != nil {
		return a.Reply.Body
	}
	status := "ok"
	if a.Code >= http.StatusBadRequest {
		status = "error"
	}
	if a.Checks != nil {
		// Both lists are always there, and not null: scripts may rely on that.
		a.Checks.Success = append([]string{}, a.Checks.Success...)
		a.Checks.Failure = append([]string{}, a.Checks.Failure...)
	}
	body, err := json.Marshal(struct {
		Status  string  `json:"status"`
		Message string  `json:"message"`
		Checks  *Checks `json:"checks,omitempty"`
	}{status, a.Message, a.Checks})
	if err != nil { // never: it holds nothing but strings
		panic(err)
	}
	return body
}

func refuse(code int, message string) Answer { return Answer{Code: code, Message: message} }

func tooLarge(most int64) Answer {
	size := fmt.Sprintf("%d KiB", most>>10)
	if most >= 1<<20 {
		size = fmt.Sprintf("%d MiB", most>>20)
	}
	return refuse(http.StatusRequestEntityTooLarge, "the body is larger than "+size)
}

// dryRun is the answer of a dry run: what would be checked, and why.
func dryRun(targets []notify.Target) Answer {
	checks := &Checks{Rules: make(map[string]string, len(targets)), Reasons: make(map[string]string, len(targets))}
	for _, t := range targets {
		name := t.Ref.String()
		checks.Would = append(checks.Would, name)
		checks.Rules[name], checks.Reasons[name] = t.Rule, t.Reason
	}
	return Answer{Code: http.StatusOK, Message: "dry run: nothing was notified", Checks: checks}
}

// outcomes are what became of targets, by their names.
type outcomes map[string]outcome

type outcome struct {
	success, pending bool
	failure          notify.Failure
}

func outcomesOf(r notify.Report) outcomes {
	o := make(outcomes, len(r.Success)+len(r.Failure)+len(r.Pending))
	for _, name := range r.Success {
		o[name] = outcome{success: true}
	}
	for _, name := range r.Pending {
		o[name] = outcome{pending: true}
	}
	for _, f := range r.Failure {
		o[f.Check] = outcome{failure: f}
	}
	return o
}

// answer makes the answer to a delivery of what became of its targets. If a check is neither taken nor kept, it is a 502: then a
// queue keeps the delivery, and the provider, or somebody who looks at its list of deliveries, sends it again. A pipeline that is
// gone will not come back, so that is no reason for a 502.
func (o outcomes) answer(targets []notify.Target) Answer {
	a := Answer{Code: http.StatusOK, Message: "resources notified", Checks: new(Checks)}
	for _, t := range targets {
		name := t.Ref.String()
		switch of := o[name]; {
		case of.success:
			a.Checks.Success = append(a.Checks.Success, name)
		case of.pending:
			a.Checks.Pending = append(a.Checks.Pending, name)
		default:
			a.Checks.Failure = append(a.Checks.Failure, name)
			if a.Checks.Errors == nil {
				a.Checks.Errors = make(map[string]string)
			}
			a.Checks.Errors[name] = of.failure.Words()
			if !of.failure.Gone() {
				a.Code, a.Message = http.StatusBadGateway, "some resources could not be notified"
			}
		}
	}
	if len(a.Checks.Pending) > 0 && a.Code == http.StatusOK {
		a.Code, a.Message = http.StatusAccepted, "some resources are notified as soon as Concourse takes them"
	}
	return a
}
