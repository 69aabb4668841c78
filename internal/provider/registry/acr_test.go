package registry_test

import (
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providertest"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/registry"
)

func TestACRParse(t *testing.T) {
	t.Parallel()
	providertest.Parse(t, registry.ACR, []providertest.ParseCase{
		{Name: "push", File: "acr/push.json", Want: provider.Delivery{
			ID: "cb8c3971-9adc-488b-xxxx-43cbb4974ff5", Name: "push",
			Events: []event.Event{event.ImagePushed{Image: "reg.azurecr.io/team/app", Tag: "v1"}},
		}},
		{Name: "of no use", File: "acr/delete.json", Want: provider.Delivery{ID: "1", Name: "delete", Ignored: "delete event ignored"}},
		{Name: "no action", Body: `{}`, Malformed: "action is not the name of an event"},
		{Name: "no target", Body: `{"action":"push","target":null}`, Malformed: "request.host or target.repository is missing"},
		{
			Name: "target of the wrong type", Body: `{"action":"push","target":["x"]}`,
			Malformed: "reading the body: target: an array where an object is expected",
		},
	})
}

func TestACRVerify(t *testing.T) {
	t.Parallel()
	providertest.Verify(t, registry.ACR, []string{"Bearer new", "old"}, []providertest.VerifyCase{
		{Name: "header", Request: providertest.Request(providertest.Headers{"Authorization": "Bearer new"}, nil)},
		{Name: "URL", Request: &provider.Request{Path: "/acr/old"}},
		{Name: "wrong", Request: &provider.Request{Path: "/acr/x"}, Unauthorized: "the secret in the URL is not right"},
	})
}

func FuzzACR(f *testing.F) { providertest.Fuzz(f, registry.ACR) }
