// Package githublike reads the payloads that GitHub's and Gitea's deliveries share, since Gitea, Forgejo and Gogs follow
// GitHub's form. It is a part of the providers github and gitea (a delivery -> provider -> event).
package githublike

import (
	"cmp"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// Repository is the repository of a payload.
type Repository struct {
	FullName string `json:"full_name"`
	CloneURL string `json:"clone_url"`
	SSHURL   string `json:"ssh_url"`
	GitURL   string `json:"git_url"`
	HTMLURL  string `json:"html_url"`
	// URL is the API's, except on GitHub's pushes.
	URL           string `json:"url"`
	DefaultBranch string `json:"default_branch"`
	MasterBranch  string `json:"master_branch"`
}

// Event is the repository in our words, with further URLs where there are any.
func (r Repository) Event(more ...string) (event.Repository, error) {
	urls := append([]string{r.CloneURL, r.SSHURL, r.GitURL, r.HTMLURL}, more...)
	return provider.Repository("repository.clone_url, ssh_url, git_url or html_url", cmp.Or(r.DefaultBranch, r.MasterBranch), urls...)
}

// Ref is the payload of a create or delete event: a short name and its type, branch or tag.
type Ref struct {
	Ref        string     `json:"ref"`
	RefType    string     `json:"ref_type"`
	Repository Repository `json:"repository"`
}

// Created reads a new branch or tag. A push event comes too, but GitHub sends none for more than a few refs at once, and
// Gitea none where push events are switched off.
func (r Ref) Created() ([]event.Event, error) {
	return r.push(event.Push{CommitsPartial: "a create event lists no commits"})
}

// Deleted reads a branch or tag that is gone.
func (r Ref) Deleted() ([]event.Event, error) { return r.push(event.Push{Deleted: true}) }

func (r Ref) push(push event.Push) ([]event.Event, error) {
	if r.RefType == "repository" { // from old GitHub servers: no ref was made
		return nil, nil
	}
	if push.Ref = provider.FullRef(r.RefType, r.Ref); push.Ref == "" {
		return nil, provider.Malformed("ref and ref_type name no branch or tag")
	}
	var err error
	push.Repository, err = r.Repository.Event()
	return []event.Event{push}, err
}

// Release is the payload of a release event.
type Release struct {
	Action  string `json:"action"`
	Release struct {
		TagName    provider.Text `json:"tag_name"`
		Draft      bool          `json:"draft"`
		Prerelease bool          `json:"prerelease"`
	} `json:"release"`
	Repository Repository `json:"repository"`
}

// Events reads what happened to the release.
func (r Release) Events() ([]event.Event, error) {
	repo, err := r.Repository.Event()
	return []event.Event{event.Release{
		Repository: repo, Tag: string(r.Release.TagName), Draft: r.Release.Draft, Prerelease: r.Release.Prerelease, Action: r.Action,
	}}, err
}
