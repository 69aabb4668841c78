package bitbucket

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

type cloudRepository struct {
	FullName string `json:"full_name"`
	Links    struct {
		HTML link `json:"html"`
	} `json:"links"`
	MainBranch struct {
		Name string `json:"name"`
	} `json:"mainbranch"`
}

type link struct {
	Href string `json:"href"`
}

// event has the URL made of the name, since Cloud has one host, and that of the page, which https clones use too. The page's may be
// missing, or be the API's (https://api.bitbucket.org/2.0/repositories/...).
func (r cloudRepository) event() (event.Repository, error) {
	var urls []string
	if r.FullName != "" {
		urls = append(urls, "https://bitbucket.org/"+r.FullName)
	}
	if page := r.Links.HTML.Href; !strings.Contains(page, "://api.") && !slices.Contains(urls, page) {
		urls = append(urls, page)
	}
	return provider.Repository("repository.links.html.href or repository.full_name", r.MainBranch.Name, urls...)
}

// cloudRef is a ref before or after a change.
type cloudRef struct {
	Type string `json:"type"` // branch, named_branch, bookmark, tag
	Name string `json:"name"`
}

type cloudChange struct {
	New       *cloudRef `json:"new"` // null where the ref was deleted
	Old       *cloudRef `json:"old"`
	Created   bool      `json:"created"`
	Forced    bool      `json:"forced"`
	Truncated *bool     `json:"truncated"`
	Commits   []struct {
		Hash    string `json:"hash"`
		Message string `json:"message"`
	} `json:"commits"`
}

type cloudPush struct {
	Push struct {
		Changes []cloudChange `json:"changes"`
	} `json:"push"`
	Repository cloudRepository `json:"repository"`
}

func (p cloudPush) events() ([]event.Event, error) {
	switch {
	case p.Push.Changes == nil:
		return nil, provider.Malformed("push.changes is missing")
	case len(p.Push.Changes) == 0: // a push that moved nothing
		return nil, nil
	}
	repo, err := p.Repository.event()
	if err != nil {
		return nil, err
	}
	var events []event.Event
	for i, c := range p.Push.Changes {
		push, err := c.event(i)
		if err != nil {
			return nil, err
		}
		push.Repository = repo
		events = append(events, push)
	}
	return events, nil
}

func (c cloudChange) event(i int) (event.Push, error) {
	ref := cmp.Or(c.New, c.Old)
	if ref == nil {
		return event.Push{}, provider.Malformed("push.changes[%d] has neither new nor old", i)
	}
	refType := ref.Type
	if strings.HasSuffix(refType, "branch") || refType == "bookmark" {
		refType = "branch"
	}
	name := provider.FullRef(refType, ref.Name)
	if name == "" {
		return event.Push{}, provider.Malformed("push.changes[%d] names no branch or tag", i)
	}
	push := event.Push{Ref: name, Deleted: c.New == nil}
	if push.Deleted {
		return push, nil
	}
	for _, commit := range c.Commits {
		push.Commits = append(push.Commits, event.Commit{ID: commit.Hash, Message: commit.Message})
	}
	slices.Reverse(push.Commits) // the newest come first
	push.CommitsPartial, push.FilesPartial = c.partial(), noFiles
	return push, nil
}

// partial says why the change may have more commits than it lists; "" where it lists all.
func (c cloudChange) partial() string {
	switch {
	case c.Created, c.Old == nil:
		return "the push created the ref"
	case c.Forced:
		return "the push was forced"
	case len(c.Commits) == 0:
		return "the push lists no commits"
	case c.Truncated == nil || *c.Truncated:
		return fmt.Sprintf("the push lists only the last %d commits", len(c.Commits))
	}
	return ""
}

// cloudUpdate is the payload of a change of the repository's settings.
type cloudUpdate struct {
	Changes struct {
		FullName *struct {
			Old string `json:"old"`
		} `json:"full_name"`
	} `json:"changes"`
	Repository cloudRepository `json:"repository"`
}

// events reads a new name. Other settings are of no use.
func (u cloudUpdate) events() ([]event.Event, error) {
	if u.Changes.FullName == nil {
		return nil, nil
	}
	repo, err := u.Repository.event()
	if old := u.Changes.FullName.Old; old != "" {
		repo.URLs = append(repo.URLs, "https://bitbucket.org/"+old)
	}
	return []event.Event{event.RepositoryChanged{Repository: repo, What: "name"}}, err
}

// cloudPullRequest is the payload of a pull request, and of a comment on one.
type cloudPullRequest struct {
	PullRequest *struct {
		ID          int    `json:"id"`
		State       string `json:"state"`
		Draft       bool   `json:"draft"`
		Destination struct {
			Branch struct {
				Name string `json:"name"`
			} `json:"branch"`
		} `json:"destination"`
	} `json:"pullrequest"`
	Comment struct {
		Content struct {
			Raw string `json:"raw"`
		} `json:"content"`
	} `json:"comment"`
	Repository cloudRepository `json:"repository"`
}

func (p cloudPullRequest) events(key string) ([]event.Event, error) {
	if p.PullRequest == nil {
		return nil, provider.Malformed("pullrequest is missing")
	}
	repo, err := p.Repository.event()
	return []event.Event{event.PullRequest{
		Repository: repo, Number: p.PullRequest.ID, Action: action(key), Base: p.PullRequest.Destination.Branch.Name,
		// Cloud does not say what an update changed.
		BaseChanged: key == "pullrequest:updated",
		State:       states[p.PullRequest.State], Draft: p.PullRequest.Draft, Comment: p.Comment.Content.Raw,
	}}, err
}
