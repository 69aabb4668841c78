package registry

import (
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// jfrogArtifact is the part of data that says what happened to a file or to a build
// (https://jfrog.com/help/r/jfrog-platform-administration-documentation/domain-artifact and domain-build).
type jfrogArtifact struct {
	Path string `json:"path"`
	// TargetRepoPath is the new place of a file that was moved or copied: REPOSITORY/PATH.
	TargetRepoPath string        `json:"target_repo_path"`
	BuildName      string        `json:"build_name"`
	BuildNumber    provider.Text `json:"build_number"`
}

// artifact reads a file that is new at its place.
func (p jfrog) artifact(name string) (provider.Delivery, error) {
	repository, path := p.Data.RepoKey, p.Data.Path
	switch name {
	case "artifact.deployed", "artifact.cached":
	case "artifact.moved", "artifact.copied":
		repository, path, _ = strings.Cut(strings.TrimPrefix(p.Data.TargetRepoPath, "/"), "/")
	default:
		return provider.Ignored("", name), nil
	}
	if path = strings.Trim(path, "/"); repository == "" || path == "" {
		return provider.Delivery{}, provider.Malformed("data.repo_key, data.path or data.target_repo_path is missing")
	}
	events := []event.Event{event.ObjectCreated{Store: event.Artifactory, Bucket: repository, Key: path}}
	// What a remote repository fetched is reported for its cache. Resources have either name.
	if remote, ok := strings.CutSuffix(repository, "-cache"); ok && remote != "" {
		events = append(events, event.ObjectCreated{Store: event.Artifactory, Bucket: remote, Key: path})
	}
	return provider.Result("", name, events, nil)
}

// build reads a build that was registered, or that is gone, so that an older one is the newest now.
func (p jfrog) build(name string) (provider.Delivery, error) {
	switch {
	case name != "build.uploaded" && name != "build.deleted":
		return provider.Ignored("", name), nil
	case p.Data.BuildName == "":
		return provider.Delivery{}, provider.Malformed("data.build_name is missing")
	}
	return provider.Result("", name, []event.Event{
		event.Build{Name: p.Data.BuildName, Number: string(p.Data.BuildNumber), Action: p.EventType},
	}, nil)
}
