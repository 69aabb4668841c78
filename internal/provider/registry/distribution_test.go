package registry_test

import (
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providertest"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/registry"
)

func TestDistributionParse(t *testing.T) {
	t.Parallel()
	const id = "320678d8-ca14-430f-8bb6-4ca139cd83f1"
	untagged := event.ImagePushed{Image: "registry.example.com:5000/test/lib", AnyHost: "test/lib"}
	tagged := untagged
	tagged.Tag, tagged.Aliases = "1.2", []string{"internal.example.com/test/lib"}
	providertest.Parse(t, registry.Distribution, []providertest.ParseCase{
		{
			Name: "a layer, a manifest with a tag and one without", File: "registry/push.json",
			Want: provider.Delivery{ID: id, Name: "push", Events: []event.Event{tagged, untagged}},
		},
		{
			Name: "neither a host nor a URL", Body: `{"events":[{"id":"1","action":"push","target":{"repository":"app","tag":1.10,"url":"/v2/app/manifests/x"}}]}`,
			Want: provider.Delivery{ID: "1", Name: "push", Events: []event.Event{event.ImagePushed{AnyHost: "app", Tag: "1.10"}}},
		},
		{Name: "of no use", File: "registry/pull.json", Want: provider.Delivery{ID: id, Name: "pull", Ignored: "pull event ignored"}},
		{Name: "deleted", File: "registry/delete.json", Want: provider.Delivery{ID: "1", Name: "delete", Ignored: "delete event ignored"}},
		{
			Name: "no repository", Body: `{"events":[{"action":"push"},null]}`,
			Want: provider.Delivery{Name: "push", Ignored: "push event ignored"},
		},
		{Name: "no events", Body: `{"events":[]}`, Malformed: "events is missing or empty"},
	})
}

func TestDistributionVerify(t *testing.T) {
	t.Parallel()
	authorized := func(value string) *provider.Request {
		return providertest.Request(providertest.Headers{"Authorization": value}, nil)
	}
	providertest.Verify(t, registry.Distribution, []string{"new", "Basic b2xk"}, []providertest.VerifyCase{
		{Name: "bearer", Request: authorized("Bearer new")},
		{Name: "the whole header", Request: authorized("Basic b2xk")},
		{Name: "URL", Request: &provider.Request{Path: "/registry/new"}},
		{
			Name: "wrong bearer", Request: authorized("Bearer x"),
			Unauthorized: "the Authorization header is not right: Bearer and the secret are expected",
		},
		{Name: "none", Request: &provider.Request{Path: "/registry"}, Unauthorized: "no secret in the URL: send to /registry/SECRET"},
	})
}

func FuzzDistribution(f *testing.F) { providertest.Fuzz(f, registry.Distribution) }
