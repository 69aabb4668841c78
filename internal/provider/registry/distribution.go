package registry

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// Distribution is a registry of one's own, the images registry:2 and registry:3, which others build on: its notifications
// (https://distribution.github.io/distribution/about/notifications/). A secret is the bearer token, or the whole value, of the
// Authorization header that notifications.endpoints[].headers sets, or part of the endpoint's URL, /registry/SECRET.
//
// The registry sends a refused envelope again and again, and all later ones behind it: an event that is of no use is never refused.
var Distribution = provider.Provider{
	Name: "registry",
	Recognise: func(h http.Header) bool {
		return strings.HasPrefix(h.Get("Content-Type"), "application/vnd.docker.distribution.events.")
	},
	Refuse: provider.BearerOrURLSecret("registry"),
	Verify: provider.BearerOrURLSecret("registry"),
	Parse:  parse(distribution.delivery),
}

type distribution struct {
	Events []distributionEvent `json:"events"`
}

type distributionEvent struct {
	ID     string `json:"id"`
	Action string `json:"action"` // push, pull, mount, delete
	Target struct {
		Repository string        `json:"repository"`
		URL        string        `json:"url"`
		Tag        provider.Text `json:"tag"` // absent where a manifest is pushed by its digest
	} `json:"target"`
	Request struct {
		Host string `json:"host"`
	} `json:"request"`
}

// delivery reads every pushed manifest.
func (p distribution) delivery() (provider.Delivery, error) {
	if len(p.Events) == 0 {
		return provider.Delivery{}, provider.Malformed("events is missing or empty")
	}
	id, name := p.Events[0].ID, "notification"
	if action := p.Events[0].Action; provider.IsWord(action) {
		name = action
	}
	var events []event.Event
	for _, e := range p.Events {
		if e.Action == "push" && e.Target.Repository != "" && !e.isBlob() {
			events, name = append(events, e.image()), e.Action
		}
	}
	return provider.Result(id, name, events, nil)
}

// isBlob reports whether a layer was pushed, which comes before the manifest.
func (e distributionEvent) isBlob() bool { return strings.Contains(e.Target.URL, "/blobs/") }

// image has the names of the host by which it was pushed and by which the registry calls itself. Others may pull it by another, such as
// that of a proxy before the registry.
func (e distributionEvent) image() event.ImagePushed {
	image := event.ImagePushed{AnyHost: e.Target.Repository, Tag: string(e.Target.Tag)}
	if e.Request.Host != "" {
		image.Image = e.Request.Host + "/" + e.Target.Repository
	}
	if u, err := url.Parse(e.Target.URL); err == nil && u.Host != "" && u.Host != e.Request.Host {
		image.Aliases = []string{u.Host + "/" + e.Target.Repository}
	}
	return image
}
