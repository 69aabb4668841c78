package gitlab

import (
	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// parseRelease reads a release, which GitLab has neither as a draft nor marked as a prerelease.
func parseRelease(document []byte) ([]event.Event, error) {
	var p struct {
		Tag     provider.Text `json:"tag"`
		Action  string        `json:"action"`
		Project project       `json:"project"`
	}
	if err := provider.Decode("the body", document, &p); err != nil {
		return nil, err
	}
	repo, err := p.Project.event()
	if err != nil {
		return nil, err
	}
	return []event.Event{event.Release{Repository: repo, Tag: string(p.Tag), Action: p.Action}}, nil
}

// parseMergeRequest reads a merge request of the project that it is to be merged into.
func parseMergeRequest(document []byte) ([]event.Event, error) {
	var p struct {
		ObjectAttributes *struct {
			IID            int    `json:"iid"`
			Action         string `json:"action"`
			State          string `json:"state"`
			TargetBranch   string `json:"target_branch"`
			Draft          bool   `json:"draft"`
			WorkInProgress bool   `json:"work_in_progress"`
		} `json:"object_attributes"`
		Changes struct {
			TargetBranch *struct{} `json:"target_branch"`
		} `json:"changes"`
		Project project `json:"project"`
	}
	if err := provider.Decode("the body", document, &p); err != nil {
		return nil, err
	}
	if p.ObjectAttributes == nil {
		return nil, provider.Malformed("object_attributes is missing")
	}
	repo, err := p.Project.event()
	if err != nil {
		return nil, err
	}
	a := p.ObjectAttributes
	return []event.Event{event.PullRequest{
		Repository: repo, Number: a.IID, Action: a.Action, Base: a.TargetBranch,
		BaseChanged: p.Changes.TargetBranch != nil, State: state(a.State), Draft: a.Draft || a.WorkInProgress,
	}}, nil
}

// state puts GitLab's word for a state into ours; locked, while it is being merged, has none.
func state(s string) string {
	switch s {
	case "opened":
		return "open"
	case "closed", "merged":
		return s
	}
	return ""
}
