package registry

import (
	"fmt"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// Harbor is Harbor, by its default payload format or by CloudEvents
// (https://goharbor.io/docs/edge/working-with-projects/project-configuration/configure-webhooks/). A secret is the webhook's
// auth header, exactly as it was typed in, or part of its URL, /harbor/SECRET.
var Harbor = provider.Provider{
	Name:   "harbor",
	Refuse: provider.HeaderOrURLSecret("Authorization", "harbor"),
	Verify: provider.HeaderOrURLSecret("Authorization", "harbor"),
	Parse:  parse(harbor.delivery),
}

type harbor struct {
	ID        string     `json:"id"`
	Type      string     `json:"type"`
	EventData harborData `json:"event_data"`
	// Data is event_data in a CloudEvent.
	Data harborData `json:"data"`
}

type harborData struct {
	Resources []struct {
		// Tag is the digest where an artifact was pushed without a tag.
		Tag         provider.Text `json:"tag"`
		ResourceURL string        `json:"resource_url"`
	} `json:"resources"`
}

// delivery reads every resource of a pushed artifact.
func (p harbor) delivery() (provider.Delivery, error) {
	if !provider.IsWord(p.Type) {
		return provider.Delivery{}, provider.Malformed("type is not the name of an event")
	}
	resources, field := p.EventData.Resources, "event_data.resources"
	switch strings.ToUpper(p.Type) {
	case "PUSH_ARTIFACT", "PUSHIMAGE": // Harbor 1 sends the second
	case "HARBOR.ARTIFACT.PUSHED":
		resources, field = p.Data.Resources, "data.resources"
	default:
		return provider.Ignored(p.ID, p.Type), nil
	}
	if len(resources) == 0 {
		return provider.Delivery{}, provider.Malformed("%s is missing or empty", field)
	}
	var events []event.Event
	for i, r := range resources {
		image, err := provider.Image(fmt.Sprintf("%s[%d].resource_url", field, i), r.ResourceURL, string(r.Tag))
		if err != nil {
			return provider.Delivery{}, err
		}
		events = append(events, image)
	}
	return provider.Result(p.ID, p.Type, events, nil)
}
