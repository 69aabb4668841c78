package gitlab

import (
	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// release is the payload of a release event. GitLab has neither drafts nor prereleases.
type release struct {
	Tag     provider.Text `json:"tag"`
	Action  string        `json:"action"`
	Project project       `json:"project"`
}

func (r release) events() ([]event.Event, error) {
	repo, err := r.Project.event()
	return []event.Event{event.Release{Repository: repo, Tag: string(r.Tag), Action: r.Action}}, err
}
