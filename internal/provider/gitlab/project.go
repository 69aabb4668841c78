package gitlab

import (
	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// projectChange is the payload of a system hook on a project. Nothing in it says the instance's host, nor what an update changed: it
// may be the default branch or the visibility.
type projectChange struct {
	Path    string `json:"path_with_namespace"`
	OldPath string `json:"old_path_with_namespace"`
}

// events tell of both names, since resources may still have the old one.
func (p projectChange) events(name string) ([]event.Event, error) {
	what := map[string]string{"project_rename": "name", "project_transfer": "namespace", "project_update": "settings"}[name]
	repo, err := provider.RepositoryOnAnyHost("path_with_namespace", p.Path)
	if err != nil {
		return nil, err
	}
	events := []event.Event{event.RepositoryChanged{Repository: repo, What: what}}
	if old, err := provider.RepositoryOnAnyHost("old_path_with_namespace", p.OldPath); err == nil {
		events = append(events, event.RepositoryChanged{Repository: old, What: what})
	}
	return events, nil
}
