package gitlab

import (
	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// mergeRequest is the payload of a merge request event. Its project is the one to merge into.
type mergeRequest struct {
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

// states are GitLab's words for the states, in ours. It has one more, locked, while it merges.
var states = map[string]string{"opened": "open", "closed": "closed", "merged": "merged"}

func (m mergeRequest) events() ([]event.Event, error) {
	a := m.ObjectAttributes
	if a == nil {
		return nil, provider.Malformed("object_attributes is missing")
	}
	repo, err := m.Project.event()
	return []event.Event{event.PullRequest{
		Repository: repo, Number: a.IID, Action: a.Action, Base: a.TargetBranch,
		BaseChanged: m.Changes.TargetBranch != nil, State: states[a.State], Draft: a.Draft || a.WorkInProgress,
	}}, err
}

// note is the payload of a comment, which may be one on a merge request
// (https://docs.gitlab.com/user/project/integrations/webhook_events/#comment-events).
type note struct {
	ObjectAttributes struct {
		Note string `json:"note"`
	} `json:"object_attributes"`
	MergeRequest *struct {
		IID            int    `json:"iid"`
		State          string `json:"state"`
		TargetBranch   string `json:"target_branch"`
		Draft          bool   `json:"draft"`
		WorkInProgress bool   `json:"work_in_progress"`
	} `json:"merge_request"`
	Project project `json:"project"`
}

func (n note) events() ([]event.Event, error) {
	m := n.MergeRequest
	if m == nil { // on an issue, a commit or a snippet
		return nil, nil
	}
	repo, err := n.Project.event()
	return []event.Event{event.PullRequest{
		Repository: repo, Number: m.IID, Action: "comment", Base: m.TargetBranch,
		State: states[m.State], Draft: m.Draft || m.WorkInProgress, Comment: n.ObjectAttributes.Note,
	}}, err
}
