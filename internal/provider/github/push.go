package github

import (
	"fmt"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// What GitHub lists at most, so that a list as long may have been cut: the push event's documentation.
const (
	maxCommits = 2048
	maxFiles   = 3000
)

func parsePush(document []byte) ([]event.Event, error) {
	var p struct {
		Ref        string            `json:"ref"`
		Before     string            `json:"before"`
		After      string            `json:"after"`
		Created    bool              `json:"created"`
		Deleted    bool              `json:"deleted"`
		Forced     bool              `json:"forced"`
		Commits    []provider.Commit `json:"commits"`
		Repository repository        `json:"repository"`
	}
	if err := provider.Decode("the body", document, &p); err != nil {
		return nil, err
	}
	if err := provider.CheckRef("ref", p.Ref); err != nil {
		return nil, err
	}
	repo, err := p.Repository.event(p.Repository.pushURL())
	if err != nil {
		return nil, err
	}
	push := event.Push{Repository: repo, Ref: p.Ref, Deleted: p.Deleted || provider.IsZeroID(p.After)}
	if push.Deleted {
		return []event.Event{push}, nil
	}
	push.Commits, push.FilesPartial = provider.Commits(p.Commits)
	for i, c := range push.Commits {
		if len(c.Files) >= maxFiles && push.FilesPartial == "" {
			push.FilesPartial = fmt.Sprintf("commit %d of the push lists %d files, the most that GitHub lists", i+1, len(c.Files))
		}
	}
	switch {
	case p.Created, provider.IsZeroID(p.Before):
		push.CommitsPartial = "the push created the ref"
	case p.Forced:
		push.CommitsPartial = "the push was forced"
	case len(p.Commits) == 0:
		push.CommitsPartial = "the push lists no commits"
	case len(p.Commits) >= maxCommits:
		push.CommitsPartial = fmt.Sprintf("the push lists %d commits, the most that GitHub lists", len(p.Commits))
	}
	return []event.Event{push}, nil
}

// ref is the payload of create and delete: a short name and its type, branch or tag.
type ref struct {
	Ref        string     `json:"ref"`
	RefType    string     `json:"ref_type"`
	Repository repository `json:"repository"`
}

// parseCreate reads a new branch or tag: a push event comes as well, but not for more than a few refs at once.
func parseCreate(document []byte) ([]event.Event, error) {
	return parseRef(document, event.Push{CommitsPartial: "a create event lists no commits"})
}

func parseDelete(document []byte) ([]event.Event, error) {
	return parseRef(document, event.Push{Deleted: true})
}

func parseRef(document []byte, push event.Push) ([]event.Event, error) {
	var p ref
	if err := provider.Decode("the body", document, &p); err != nil {
		return nil, err
	}
	if p.RefType == "repository" { // of old servers: no ref was made
		return nil, nil
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
