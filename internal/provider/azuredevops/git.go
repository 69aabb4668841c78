package azuredevops

import (
	"fmt"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// repository has an url too, which is the API's.
type repository struct {
	RemoteURL     string `json:"remoteUrl"`
	SSHURL        string `json:"sshUrl"`
	WebURL        string `json:"webUrl"`
	DefaultBranch string `json:"defaultBranch"`
}

func (r repository) event() (event.Repository, error) {
	return provider.Repository("resource.repository.remoteUrl; does the hook send all resource details?",
		strings.TrimPrefix(r.DefaultBranch, "refs/heads/"), r.RemoteURL, r.SSHURL, r.WebURL)
}

func parsePush(document []byte) ([]event.Event, error) {
	var p struct {
		Resource struct {
			RefUpdates []struct {
				Name        string `json:"name"`
				NewObjectID string `json:"newObjectId"`
			} `json:"refUpdates"`
			Repository repository `json:"repository"`
		} `json:"resource"`
	}
	if err := provider.Decode("the body", document, &p); err != nil {
		return nil, err
	}
	if len(p.Resource.RefUpdates) == 0 {
		return nil, provider.Malformed("resource.refUpdates is missing or empty; does the hook send all resource details?")
	}
	repo, err := p.Resource.Repository.event()
	if err != nil {
		return nil, err
	}
	events := make([]event.Event, 0, len(p.Resource.RefUpdates))
	for i, u := range p.Resource.RefUpdates {
		if err := provider.CheckRef(fmt.Sprintf("resource.refUpdates[%d].name", i), u.Name); err != nil {
			return nil, err
		}
		push := event.Push{Repository: repo, Ref: u.Name, Deleted: provider.IsZeroID(u.NewObjectID)}
		if !push.Deleted {
			// resource.commits is of all refs at once, and need not be whole.
			push.CommitsPartial = "Azure DevOps lists no commits by ref"
			push.FilesPartial = "Azure DevOps lists no files"
		}
		events = append(events, push)
	}
	return events, nil
}

type pullRequest struct {
	PullRequestID int        `json:"pullRequestId"`
	Status        string     `json:"status"`
	TargetRefName string     `json:"targetRefName"`
	IsDraft       bool       `json:"isDraft"`
	Repository    repository `json:"repository"`
}

func parsePullRequest(document []byte, action string) ([]event.Event, error) {
	var p struct {
		Resource *pullRequest `json:"resource"`
	}
	if err := provider.Decode("the body", document, &p); err != nil {
		return nil, err
	}
	if p.Resource == nil {
		return nil, provider.Malformed("resource is missing")
	}
	pr, err := p.Resource.event(action)
	return []event.Event{pr}, err
}

func parseComment(document []byte) ([]event.Event, error) {
	var p struct {
		Resource struct {
			Comment struct {
				Content string `json:"content"`
			} `json:"comment"`
			PullRequest *pullRequest `json:"pullRequest"`
		} `json:"resource"`
	}
	if err := provider.Decode("the body", document, &p); err != nil {
		return nil, err
	}
	if p.Resource.PullRequest == nil {
		return nil, provider.Malformed("resource.pullRequest is missing")
	}
	pr, err := p.Resource.PullRequest.event("comment")
	pr.Comment = p.Resource.Comment.Content
	return []event.Event{pr}, err
}

func (p pullRequest) event(action string) (event.PullRequest, error) {
	repo, err := p.Repository.event()
	return event.PullRequest{
		Repository: repo, Number: p.PullRequestID, Action: action, Base: strings.TrimPrefix(p.TargetRefName, "refs/heads/"),
		// What an update changed is told in prose only.
		BaseChanged: action == "updated",
		State:       state(p.Status), Draft: p.IsDraft,
	}, err
}

// state puts the service's word for a state into ours.
func state(s string) string {
	switch s {
	case "active":
		return "open"
	case "completed":
		return "merged"
	case "abandoned":
		return "closed"
	}
	return ""
}
