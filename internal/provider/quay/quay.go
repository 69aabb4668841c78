// Package quay reads the notifications of Quay.io and Red Hat Quay. Facts are from
// https://docs.quay.io/guides/notifications.html.
package quay

import (
	"net/http"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

type quay struct{}

var _ provider.Provider = quay{}

// New is the provider. Quay signs nothing: a secret is part of the webhook's URL, /quay/SECRET.
func New() provider.Provider { return quay{} }

func (quay) Name() string { return "quay" }

// Recognise is never: Quay sends no header of its own.
func (quay) Recognise(http.Header) bool { return false }

func (q quay) Verify(req *provider.Request, secrets []string) error {
	return provider.VerifyURLSecret(req, q.Name(), secrets)
}

// Parse reads a repository push; it does not name its kind, so what has a build or a vulnerability is known by that.
func (quay) Parse(req *provider.Request) (provider.Delivery, error) {
	var p struct {
		DockerURL     string          `json:"docker_url"`
		UpdatedTags   []provider.Text `json:"updated_tags"`
		BuildID       provider.Text   `json:"build_id"`
		Vulnerability *struct{}       `json:"vulnerability"`
	}
	if err := provider.Decode("the body", req.Body, &p); err != nil {
		return provider.Delivery{}, err
	}
	switch {
	case len(p.UpdatedTags) > 0:
	case p.BuildID != "":
		return provider.Ignored("", "build"), nil
	case p.Vulnerability != nil:
		return provider.Ignored("", "vulnerability"), nil
	default:
		p.UpdatedTags = []provider.Text{""} // some tag, then
	}
	events := make([]event.Event, 0, len(p.UpdatedTags))
	for _, tag := range p.UpdatedTags {
		image, err := provider.Image("docker_url", p.DockerURL, string(tag))
		if err != nil {
			return provider.Delivery{}, err
		}
		events = append(events, image)
	}
	return provider.Result("", "push", events, nil)
}
