package registry_test

import (
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providertest"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/registry"
)

func zotHeaders(name string) providertest.Headers {
	return providertest.Headers{"Ce-Type": name, "Ce-Id": "1", "Ce-Source": "zotregistry.dev", "Ce-Specversion": "1.0"}
}

func TestZotParse(t *testing.T) {
	t.Parallel()
	updated := func(name, tag string) provider.Delivery {
		return provider.Delivery{ID: "1", Name: name, Events: []event.Event{event.ImagePushed{AnyHost: "space/my-image", Tag: tag}}}
	}
	providertest.Parse(t, registry.Zot, []providertest.ParseCase{
		{Name: "push", Headers: zotHeaders("zotregistry.image.updated"), File: "zot/push.json", Want: updated("zotregistry.image.updated", "latest")},
		{
			Name: "push by digest, with a prefix of one's own", Headers: zotHeaders("com.example.registry.image.updated"),
			File: "zot/push_digest.json", Want: updated("com.example.registry.image.updated", ""),
		},
		{
			Name: "of no use", Headers: zotHeaders("zotregistry.image.scanned"), File: "zot/push.json",
			Want: provider.Delivery{ID: "1", Name: "zotregistry.image.scanned", Ignored: "zotregistry.image.scanned event ignored"},
		},
		{Name: "no type", Body: `{}`, Malformed: "the Ce-Type header is missing or not the name of an event"},
		{Name: "no name", Headers: zotHeaders("zotregistry.image.updated"), Body: `{"reference":"1"}`, Malformed: "name is missing"},
	})
}

func TestZotVerify(t *testing.T) {
	t.Parallel()
	providertest.Verify(t, registry.Zot, []string{"new"}, []providertest.VerifyCase{
		{Name: "token", Request: providertest.Request(providertest.Headers{"Authorization": "Bearer new"}, nil)},
		{Name: "URL", Request: &provider.Request{Path: "/zot/new"}},
		{Name: "wrong", Request: &provider.Request{Path: "/zot/x"}, Unauthorized: "the secret in the URL is not right"},
	})
}

func FuzzZot(f *testing.F) {
	providertest.Fuzz(f, registry.Zot, zotHeaders("zotregistry.image.updated"))
}
