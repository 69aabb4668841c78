package githublike

import (
	"cmp"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// PullRequest is the payload of an event of a pull request, a review of one, or a comment on one.
type PullRequest struct {
	Action      string       `json:"action"`
	Number      int          `json:"number"`
	PullRequest *pullRequest `json:"pull_request"`
	// Issue stands for the pull request in a comment on its conversation, and does not name the base branch.
	Issue struct {
		Number      int          `json:"number"`
		State       string       `json:"state"`
		Draft       bool         `json:"draft"`
		PullRequest *pullRequest `json:"pull_request"` // says only whether it is merged; null for an issue
	} `json:"issue"`
	// IsPull is Gitea's, and says that Issue is a pull request.
	IsPull bool `json:"is_pull"`
	Review struct {
		Body    string `json:"body"`
		Content string `json:"content"` // Gitea's
	} `json:"review"`
	Comment struct {
		Body string `json:"body"`
	} `json:"comment"`
	// Changes has the base branch's former name where it changed.
	Changes struct {
		Base *struct{} `json:"base"`
		Ref  *struct{} `json:"ref"` // Gitea's
	} `json:"changes"`
	Repository Repository `json:"repository"`
}

type pullRequest struct {
	Number   int    `json:"number"`
	State    string `json:"state"`
	Draft    bool   `json:"draft"`
	Merged   bool   `json:"merged"`
	MergedAt string `json:"merged_at"` // where a comment or a review leaves out merged
	Base     struct {
		Ref string `json:"ref"`
	} `json:"base"`
}

// Events reads what happened to the pull request. A comment on an issue is of no use.
func (p PullRequest) Events(name string) ([]event.Event, error) {
	pr := p.PullRequest
	if name == "issue_comment" && pr == nil {
		merge := p.Issue.PullRequest
		if merge == nil && !p.IsPull {
			return nil, nil
		}
		pr = &pullRequest{Number: p.Issue.Number, State: p.Issue.State, Draft: p.Issue.Draft}
		if merge != nil {
			pr.Merged, pr.MergedAt = merge.Merged, merge.MergedAt
		}
	}
	if pr == nil {
		return nil, provider.Malformed("pull_request is missing")
	}
	state := pr.State
	if pr.Merged || pr.MergedAt != "" {
		state = "merged"
	}
	repo, err := p.Repository.Event()
	return []event.Event{event.PullRequest{
		Repository: repo, Number: cmp.Or(pr.Number, p.Number), Action: action(name, p.Action), Base: pr.Base.Ref,
		BaseChanged: p.Changes.Base != nil || p.Changes.Ref != nil,
		State:       state, Draft: pr.Draft, Comment: p.Comment.Body + p.Review.Body + p.Review.Content,
	}}, err
}

// action is the payload's own word, except for reviews and comments, which the event's name tells.
func action(name, word string) string {
	switch name {
	case "issue_comment", "pull_request_comment", "pull_request_review_comment":
		return "comment"
	case "pull_request_review", "pull_request_approved", "pull_request_rejected":
		return "review"
	}
	if word == "synchronized" { // Gitea's word for GitHub's
		return "synchronize"
	}
	return word
}
