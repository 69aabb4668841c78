package gitea

import (
	"slices"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/githublike"
)

type push struct {
	Ref          string                `json:"ref"`
	Before       string                `json:"before"`
	After        string                `json:"after"`
	Commits      []provider.Commit     `json:"commits"`
	TotalCommits *int                  `json:"total_commits"` // absent from Gogs and old versions of Gitea
	Repository   githublike.Repository `json:"repository"`
}

func (p push) events() ([]event.Event, error) {
	if err := provider.CheckRef("ref", p.Ref); err != nil {
		return nil, err
	}
	repo, err := p.Repository.Event()
	if err != nil {
		return nil, err
	}
	push := event.Push{Repository: repo, Ref: p.Ref, Deleted: provider.IsZeroID(p.After)}
	if !push.Deleted {
		slices.Reverse(p.Commits) // the newest come first
		push.Commits, push.FilesPartial = provider.Commits(p.Commits)
		push.CommitsPartial = provider.CommitsPartial(p.Before, len(p.Commits), p.TotalCommits)
	}
	return []event.Event{push}, nil
}
