package gitea

import (
	"slices"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// repository has an url too, which is the API's.
type repository struct {
	CloneURL      string `json:"clone_url"`
	SSHURL        string `json:"ssh_url"`
	HTMLURL       string `json:"html_url"`
	DefaultBranch string `json:"default_branch"`
}

func (r repository) event() (event.Repository, error) {
	return provider.Repository("repository.clone_url, ssh_url or html_url", r.DefaultBranch, r.CloneURL, r.SSHURL, r.HTMLURL)
}

func parsePush(document []byte) ([]event.Event, error) {
	var p struct {
		Ref          string            `json:"ref"`
		Before       string            `json:"before"`
		After        string            `json:"after"`
		Commits      []provider.Commit `json:"commits"`
		TotalCommits *int              `json:"total_commits"`
		Repository   repository        `json:"repository"`
	}
	if err := provider.Decode("the body", document, &p); err != nil {
		return nil, err
	}
	if err := provider.CheckRef("ref", p.Ref); err != nil {
		return nil, err
	}
	repo, err := p.Repository.event()
	if err != nil {
		return nil, err
	}
	push := event.Push{Repository: repo, Ref: p.Ref, Deleted: provider.IsZeroID(p.After)}
	if push.Deleted {
		return []event.Event{push}, nil
	}
	slices.Reverse(p.Commits) // the newest come first
	push.Commits, push.FilesPartial = provider.Commits(p.Commits)
	push.CommitsPartial = provider.CommitsPartial(p.Before, len(p.Commits), p.TotalCommits) // Gogs and old versions of Gitea tell no total
	return []event.Event{push}, nil
}

// parseCreate reads a new branch or tag: a push event comes as well, but each can be switched off.
func parseCreate(document []byte) ([]event.Event, error) {
	return parseRef(document, event.Push{CommitsPartial: "a create event lists no commits"})
}

func parseDelete(document []byte) ([]event.Event, error) {
	return parseRef(document, event.Push{Deleted: true})
}

func parseRef(document []byte, push event.Push) ([]event.Event, error) {
	var p struct {
		Ref        string     `json:"ref"`
		RefType    string     `json:"ref_type"`
		Repository repository `json:"repository"`
	}
	if err := provider.Decode("the body", document, &p); err != nil {
		return nil, err
	}
	if push.Ref = provider.FullRef(p.RefType, p.Ref); push.Ref == "" {
		return nil, provider.Malformed("ref and ref_type name no branch or tag")
	}
	repo, err := p.Repository.event()
	if err != nil {
		return nil, err
	}
	push.Repository = repo
	return []event.Event{push}, nil
}
