package gitea

import (
	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// parsePullRequest reads a pull request, a review of one, or a comment on one; a comment on an issue is of no use.
func parsePullRequest(document []byte, name string) ([]event.Event, error) {
	var p struct {
		Action      string       `json:"action"`
		Number      int          `json:"number"`
		IsPull      bool         `json:"is_pull"`
		PullRequest *pullRequest `json:"pull_request"`
		Issue       struct {
			Number      int    `json:"number"`
			State       string `json:"state"`
			PullRequest *struct {
				Merged bool `json:"merged"`
			} `json:"pull_request"`
		} `json:"issue"`
		Review struct {
			Content string `json:"content"`
		} `json:"review"`
		Comment struct {
			Body string `json:"body"`
		} `json:"comment"`
		Changes struct {
			Ref *struct{} `json:"ref"` // the base branch's former name
		} `json:"changes"`
		Repository repository `json:"repository"`
	}
	if err := provider.Decode("the body", document, &p); err != nil {
		return nil, err
	}
	pr := p.PullRequest
	if name == "issue_comment" && pr == nil {
		if !p.IsPull && p.Issue.PullRequest == nil {
			return nil, nil
		}
		pr = &pullRequest{Number: p.Issue.Number, State: p.Issue.State}
		pr.Merged = p.Issue.PullRequest != nil && p.Issue.PullRequest.Merged
	}
	if pr == nil {
		return nil, provider.Malformed("pull_request is missing")
	}
	repo, err := p.Repository.event()
	if err != nil {
		return nil, err
	}
	number := pr.Number
	if number == 0 {
		number = p.Number
	}
	return []event.Event{event.PullRequest{
		Repository: repo, Number: number, Action: action(name, p.Action), Base: pr.Base.Ref,
		BaseChanged: p.Changes.Ref != nil, State: pr.state(), Draft: pr.Draft, Comment: p.Comment.Body + p.Review.Content,
	}}, nil
}

type pullRequest struct {
	Number int    `json:"number"`
	State  string `json:"state"`
	Merged bool   `json:"merged"`
	Draft  bool   `json:"draft"`
	Base   struct {
		Ref string `json:"ref"`
	} `json:"base"`
}

func (p pullRequest) state() string {
	if p.Merged {
		return "merged"
	}
	return p.State
}

// action is the payload's own word, but for reviews and comments, which the event's name tells.
func action(name, word string) string {
	switch name {
	case "issue_comment", "pull_request_comment":
		return "comment"
	case "pull_request_approved", "pull_request_rejected":
		return "review"
	}
	if word == "synchronized" { // GitHub's word
		return "synchronize"
	}
	return word
}
