package github

import (
	"fmt"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/githublike"
)

// GitHub lists at most so many (https://docs.github.com/en/webhooks/webhook-events-and-payloads#push); a list that long may
// have been cut.
const (
	maxCommits = 2048
	maxFiles   = 3000
)

type push struct {
	Ref        string                `json:"ref"`
	Before     string                `json:"before"`
	After      string                `json:"after"`
	Created    bool                  `json:"created"`
	Deleted    bool                  `json:"deleted"`
	Forced     bool                  `json:"forced"`
	Commits    []provider.Commit     `json:"commits"`
	Repository githublike.Repository `json:"repository"`
}

func (p push) events() ([]event.Event, error) {
	if err := provider.CheckRef("ref", p.Ref); err != nil {
		return nil, err
	}
	repo, err := p.Repository.Event(pageURL(p.Repository.URL))
	if err != nil {
		return nil, err
	}
	push := event.Push{Repository: repo, Ref: p.Ref, Deleted: p.Deleted || provider.IsZeroID(p.After)}
	if !push.Deleted {
		push.Commits, push.FilesPartial = provider.Commits(p.Commits)
		for i, c := range push.Commits {
			if len(c.Files) >= maxFiles && push.FilesPartial == "" {
				push.FilesPartial = fmt.Sprintf("commit %d of the push lists %d files, the most that GitHub lists", i+1, len(c.Files))
			}
		}
		push.CommitsPartial = p.commitsPartial()
	}
	return []event.Event{push}, nil
}

// commitsPartial says why the push may have brought more commits than it lists; "" where it lists all.
func (p push) commitsPartial() string {
	switch {
	case p.Created, provider.IsZeroID(p.Before):
		return "the push created the ref"
	case p.Forced:
		return "the push was forced"
	case len(p.Commits) == 0:
		return "the push lists no commits"
	case len(p.Commits) >= maxCommits:
		return fmt.Sprintf("the push lists %d commits, the most that GitHub lists", len(p.Commits))
	}
	return ""
}

// pageURL is a push's repository.url, which is the page's; "" where it is the API's.
func pageURL(u string) string {
	_, rest, _ := strings.Cut(u, "://")
	if strings.HasPrefix(rest, "api.") || strings.Contains(rest, "/api/v3/") {
		return ""
	}
	return u
}
