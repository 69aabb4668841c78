package provider

import "github.com/dpb587/concourse-resource-endpoints/internal/event"

// Release is what happened to a release as GitHub tells it, and Gitea after it.
type Release struct {
	Action  string `json:"action"`
	Release struct {
		TagName    Text `json:"tag_name"`
		Draft      bool `json:"draft"`
		Prerelease bool `json:"prerelease"`
	} `json:"release"`
}

// Event is the release's event.
func (r Release) Event(repo event.Repository) event.Release {
	return event.Release{
		Repository: repo, Tag: string(r.Release.TagName), Draft: r.Release.Draft, Prerelease: r.Release.Prerelease, Action: r.Action,
	}
}
