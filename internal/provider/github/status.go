package github

import (
	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/githublike"
)

// status is the payload of a status event.
type status struct {
	SHA      string `json:"sha"`
	Context  string `json:"context"`
	State    string `json:"state"`
	Branches []struct {
		Name string `json:"name"`
	} `json:"branches"`
	Repository githublike.Repository `json:"repository"`
}

// maxBranches is how many branches a payload has at most
// (https://docs.github.com/en/webhooks/webhook-events-and-payloads#status).
const maxBranches = 10

func (s status) events() ([]event.Event, error) {
	repo, err := s.Repository.Event()
	e := event.Status{Repository: repo, Commit: s.SHA, Context: s.Context, State: s.State}
	for _, b := range s.Branches {
		e.Branches = append(e.Branches, b.Name)
	}
	switch {
	case s.Branches == nil:
		e.BranchesPartial = "the event lists no branches"
	case len(s.Branches) >= maxBranches:
		e.BranchesPartial = "GitHub lists 10 branches at most"
	}
	return []event.Event{e}, err
}
