package azuredevops

import (
	"fmt"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// hint ends the errors about fields that a hook can be set to leave out.
const hint = "; does the hook send all resource details?"

// repository is the repository of a payload. Its field url is the API's.
type repository struct {
	RemoteURL     string `json:"remoteUrl"`
	SSHURL        string `json:"sshUrl"`
	WebURL        string `json:"webUrl"`
	DefaultBranch string `json:"defaultBranch"`
}

func (r repository) event() (event.Repository, error) {
	return provider.Repository("resource.repository.remoteUrl"+hint,
		strings.TrimPrefix(r.DefaultBranch, "refs/heads/"), r.RemoteURL, r.SSHURL, r.WebURL)
}

type push struct {
	Resource struct {
		RefUpdates []struct {
			Name        string `json:"name"`
			NewObjectID string `json:"newObjectId"`
		} `json:"refUpdates"`
		Repository repository `json:"repository"`
	} `json:"resource"`
}

func (p push) events() ([]event.Event, error) {
	if len(p.Resource.RefUpdates) == 0 {
		return nil, provider.Malformed("resource.refUpdates is missing or empty" + hint)
	}
	repo, err := p.Resource.Repository.event()
	if err != nil {
		return nil, err
	}
	var events []event.Event
	for i, u := range p.Resource.RefUpdates {
		if err := provider.CheckRef(fmt.Sprintf("resource.refUpdates[%d].name", i), u.Name); err != nil {
			return nil, err
		}
		push := event.Push{Repository: repo, Ref: u.Name, Deleted: provider.IsZeroID(u.NewObjectID)}
		if !push.Deleted {
			// resource.commits holds those of all refs together, and may be cut.
			push.CommitsPartial = "Azure DevOps lists no commits by ref"
			push.FilesPartial = "Azure DevOps lists no files"
		}
		events = append(events, push)
	}
	return events, nil
}

// pullRequest is the payload of the git.pullrequest events.
type pullRequest struct {
	Resource *resource `json:"resource"`
}

func (p pullRequest) events(name string) ([]event.Event, error) {
	if p.Resource == nil {
		return nil, provider.Malformed("resource is missing")
	}
	return p.Resource.events(strings.TrimPrefix(name, "git.pullrequest."), "")
}

// comment is the payload of a comment on a pull request.
type comment struct {
	Resource struct {
		Comment struct {
			Content string `json:"content"`
		} `json:"comment"`
		PullRequest *resource `json:"pullRequest"`
	} `json:"resource"`
}

func (c comment) events() ([]event.Event, error) {
	if c.Resource.PullRequest == nil {
		return nil, provider.Malformed("resource.pullRequest is missing")
	}
	return c.Resource.PullRequest.events("comment", c.Resource.Comment.Content)
}

// resource is a pull request.
type resource struct {
	PullRequestID int        `json:"pullRequestId"`
	Status        string     `json:"status"`
	TargetRefName string     `json:"targetRefName"`
	IsDraft       bool       `json:"isDraft"`
	Repository    repository `json:"repository"`
}

// states are the service's words for the states, in ours.
var states = map[string]string{"active": "open", "completed": "merged", "abandoned": "closed"}

func (r resource) events(action, comment string) ([]event.Event, error) {
	repo, err := r.Repository.event()
	return []event.Event{event.PullRequest{
		Repository: repo, Number: r.PullRequestID, Action: action, Base: strings.TrimPrefix(r.TargetRefName, "refs/heads/"),
		// An update says what it changed only in prose.
		BaseChanged: action == "updated",
		State:       states[r.Status], Draft: r.IsDraft, Comment: comment,
	}}, err
}
