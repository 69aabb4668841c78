package registry

import (
	"net/http"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// Zot is zot's events extension with an HTTP sink (https://zotregistry.dev/latest/articles/events/). It sends CloudEvents in binary
// mode: the event's type and id are headers, the body is its data
// (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md). A secret is the sink's token in
// credentials, the whole value of an Authorization header in headers, or part of its address, /zot/SECRET.
var Zot = provider.Provider{
	Name:        "zot",
	Recognise:   func(h http.Header) bool { return strings.HasPrefix(h.Get("Ce-Type"), "zotregistry.") },
	EventHeader: "Ce-Type",
	Refuse:      provider.BearerOrURLSecret("zot"),
	Verify:      provider.BearerOrURLSecret("zot"),
	Parse:       parseZot,
}

// parseZot reads an image that was pushed. Nothing says on which host it is, and typePrefix may stand for zotregistry in the type.
func parseZot(req *provider.Request) (provider.Delivery, error) {
	name := req.Header.Get("Ce-Type")
	if !provider.IsWord(name) {
		return provider.Delivery{}, provider.Malformed("the Ce-Type header is missing or not the name of an event")
	}
	id := req.Header.Get("Ce-Id")
	if !strings.HasSuffix(name, ".image.updated") {
		return provider.Ignored(id, name), nil
	}
	var image struct {
		Name      string        `json:"name"`
		Reference provider.Text `json:"reference"` // a tag or a digest
	}
	if err := provider.Decode("the body", req.Body, &image); err != nil {
		return provider.Delivery{}, err
	}
	if image.Name == "" {
		return provider.Delivery{}, provider.Malformed("name is missing")
	}
	tag := string(image.Reference)
	if strings.Contains(tag, ":") {
		tag = ""
	}
	return provider.Result(id, name, []event.Event{event.ImagePushed{AnyHost: image.Name, Tag: tag}}, nil)
}
