package registry

import (
	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// Quay is Quay.io or Red Hat Quay (https://docs.quay.io/guides/notifications.html). It signs nothing: a secret is part of
// the webhook's URL, /quay/SECRET.
var Quay = provider.Provider{
	Name:   "quay",
	Refuse: provider.URLSecret("quay"),
	Verify: provider.URLSecret("quay"),
	Parse:  parse(quay.delivery),
}

type quay struct {
	DockerURL     string          `json:"docker_url"`
	UpdatedTags   []provider.Text `json:"updated_tags"`
	BuildID       provider.Text   `json:"build_id"`
	Vulnerability *struct{}       `json:"vulnerability"`
}

// delivery reads a repository push. The payload does not name its event, so a build and a vulnerability are recognised by
// their fields.
func (p quay) delivery() (provider.Delivery, error) {
	switch {
	case len(p.UpdatedTags) > 0:
	case p.BuildID != "":
		return provider.Ignored("", "build"), nil
	case p.Vulnerability != nil:
		return provider.Ignored("", "vulnerability"), nil
	default:
		p.UpdatedTags = []provider.Text{""} // a push of some tag
	}
	var events []event.Event
	for _, tag := range p.UpdatedTags {
		image, err := provider.Image("docker_url", p.DockerURL, string(tag))
		if err != nil {
			return provider.Delivery{}, err
		}
		events = append(events, image)
	}
	return provider.Result("", "push", events, nil)
}
