package github

import (
	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// pullRequest is a pull request as its own events, reviews and comments show it: merged is absent from the latter.
type pullRequest struct {
	Number   int    `json:"number"`
	State    string `json:"state"`
	Draft    bool   `json:"draft"`
	Merged   bool   `json:"merged"`
	MergedAt string `json:"merged_at"`
	Base     struct {
		Ref string `json:"ref"`
	} `json:"base"`
}

func (p pullRequest) state() string {
	if p.Merged || p.MergedAt != "" {
		return "merged"
	}
	return p.State
}

// comment is the text of a comment or a review.
type comment struct {
	Body string `json:"body"`
}

// change is the payload of everything that happens to a pull request.
type change struct {
	Action      string       `json:"action"`
	PullRequest *pullRequest `json:"pull_request"`
	Review      comment      `json:"review"`
	Comment     comment      `json:"comment"`
	Changes     struct {
		Base *struct{} `json:"base"`
	} `json:"changes"`
	Repository repository `json:"repository"`
}

func parseChange(document []byte, p *change) (event.PullRequest, error) {
	if err := provider.Decode("the body", document, p); err != nil {
		return event.PullRequest{}, err
	}
	if p.PullRequest == nil {
		return event.PullRequest{}, provider.Malformed("pull_request is missing")
	}
	repo, err := p.Repository.event()
	return event.PullRequest{
		Repository: repo, Number: p.PullRequest.Number, Action: p.Action, Base: p.PullRequest.Base.Ref,
		BaseChanged: p.Changes.Base != nil, State: p.PullRequest.state(), Draft: p.PullRequest.Draft,
	}, err
}

func parsePullRequest(document []byte) ([]event.Event, error) {
	var p change
	pr, err := parseChange(document, &p)
	return []event.Event{pr}, err
}

func parseReview(document []byte) ([]event.Event, error) {
	var p change
	pr, err := parseChange(document, &p)
	pr.Action, pr.Comment = "review", p.Review.Body
	return []event.Event{pr}, err
}

func parseReviewComment(document []byte) ([]event.Event, error) {
	var p change
	pr, err := parseChange(document, &p)
	pr.Action, pr.Comment = "comment", p.Comment.Body
	return []event.Event{pr}, err
}

// parseIssueComment reads a comment on a pull request's conversation; one on an issue is of no use. It does not name the
// base branch.
func parseIssueComment(document []byte) ([]event.Event, error) {
	var p struct {
		Issue struct {
			Number      int    `json:"number"`
			State       string `json:"state"`
			Draft       bool   `json:"draft"`
			PullRequest *struct {
				MergedAt string `json:"merged_at"`
			} `json:"pull_request"`
		} `json:"issue"`
		Comment    comment    `json:"comment"`
		Repository repository `json:"repository"`
	}
	if err := provider.Decode("the body", document, &p); err != nil {
		return nil, err
	}
	if p.Issue.PullRequest == nil {
		return nil, nil
	}
	repo, err := p.Repository.event()
	pr := pullRequest{State: p.Issue.State, MergedAt: p.Issue.PullRequest.MergedAt}
	return []event.Event{event.PullRequest{
		Repository: repo, Number: p.Issue.Number, Action: "comment", State: pr.state(),
		Draft: p.Issue.Draft, Comment: p.Comment.Body,
	}}, err
}
