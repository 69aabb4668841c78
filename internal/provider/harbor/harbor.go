// Package harbor reads Harbor's webhooks, in the default payload format and as CloudEvents. Facts are from
// https://goharbor.io/docs/edge/working-with-projects/project-configuration/configure-webhooks/.
package harbor

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

type harbor struct{}

var _ provider.Provider = harbor{}

// New is the provider. A secret is the webhook's auth header, exactly as it was typed in, or part of its URL,
// /harbor/SECRET.
func New() provider.Provider { return harbor{} }

func (harbor) Name() string { return "harbor" }

// Recognise is never: Harbor sends no header of its own.
func (harbor) Recognise(http.Header) bool { return false }

func (h harbor) Verify(req *provider.Request, secrets []string) error {
	return provider.VerifyHeaderOrURLSecret(req, "Authorization", h.Name(), secrets)
}

type payload struct {
	ID        string `json:"id"`
	Type      string `json:"type"`
	EventData data   `json:"event_data"`
	// Data is what event_data is in the form of CloudEvents.
	Data data `json:"data"`
}

type data struct {
	Resources []struct {
		Tag         provider.Text `json:"tag"`
		ResourceURL string        `json:"resource_url"`
	} `json:"resources"`
}

// Parse reads every resource of a pushed artifact.
func (harbor) Parse(req *provider.Request) (provider.Delivery, error) {
	var p payload
	if err := provider.Decode("the body", req.Body, &p); err != nil {
		return provider.Delivery{}, err
	}
	if !provider.IsWord(p.Type) {
		return provider.Delivery{}, provider.Malformed("type is not the name of an event")
	}
	resources, field := p.EventData.Resources, "event_data"
	switch strings.ToUpper(p.Type) {
	case "PUSH_ARTIFACT", "PUSHIMAGE": // the latter in Harbor 1
	case "HARBOR.ARTIFACT.PUSHED":
		resources, field = p.Data.Resources, "data"
	default:
		return provider.Ignored(p.ID, p.Type), nil
	}
	if len(resources) == 0 {
		return provider.Delivery{}, provider.Malformed("%s.resources is missing or empty", field)
	}
	events := make([]event.Event, 0, len(resources))
	for i, r := range resources {
		image, err := provider.Image(fmt.Sprintf("%s.resources[%d].resource_url", field, i), r.ResourceURL, tagOf(string(r.Tag)))
		if err != nil {
			return provider.Delivery{}, err
		}
		events = append(events, image)
	}
	return provider.Result(p.ID, p.Type, events, nil)
}

// tagOf is the tag; an artifact pushed without one has its digest there.
func tagOf(tag string) string {
	if strings.Contains(tag, ":") {
		return ""
	}
	return tag
}
