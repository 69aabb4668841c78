package registry_test

import (
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providertest"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/registry"
)

func TestHarborParse(t *testing.T) {
	t.Parallel()
	tagged, untagged := event.ImagePushed{Image: "harbor.example.com/lib/app", Tag: "1.2"}, event.ImagePushed{Image: "harbor.example.com/lib/app"}
	providertest.Parse(t, registry.Harbor, []providertest.ParseCase{
		{
			Name: "push of a tagged and an untagged artifact", File: "harbor/push.json",
			Want: provider.Delivery{Name: "PUSH_ARTIFACT", Events: []event.Event{tagged, untagged}},
		},
		{
			Name: "CloudEvent", File: "harbor/cloudevent.json",
			Want: provider.Delivery{ID: "66e18103-09c1", Name: "harbor.artifact.pushed", Events: []event.Event{tagged}},
		},
		{Name: "of no use", File: "harbor/pull.json", Want: provider.Delivery{Name: "PULL_ARTIFACT", Ignored: "PULL_ARTIFACT event ignored"}},
		{Name: "no type", Body: `{}`, Malformed: "type is not the name of an event"},
		{Name: "no resources", Body: `{"type":"PUSH_ARTIFACT","event_data":null}`, Malformed: "event_data.resources is missing or empty"},
		{Name: "no resources in the CloudEvent", Body: `{"type":"harbor.artifact.pushed"}`, Malformed: "data.resources is missing or empty"},
		{
			Name: "resource null", Body: `{"type":"PUSH_ARTIFACT","event_data":{"resources":[null]}}`,
			Malformed: "no image in event_data.resources[0].resource_url",
		},
	})
}

func TestHarborVerify(t *testing.T) {
	t.Parallel()
	req := func(path, authorization string) *provider.Request {
		r := providertest.Request(nil, nil)
		r.Path = path
		if authorization != "" {
			r.Header.Set("Authorization", authorization)
		}
		return r
	}
	providertest.Verify(t, registry.Harbor, []string{"Bearer new", "old"}, []providertest.VerifyCase{
		{Name: "header", Request: req("/harbor", "Bearer new")},
		{Name: "URL", Request: req("/harbor/old", "")},
		{Name: "URL beside another header", Request: req("/harbor/old", "Basic eA==")},
		{Name: "part of the header", Request: req("/harbor", "new"), Unauthorized: "neither the Authorization header nor the URL holds the secret"},
		{Name: "wrong in the URL", Request: req("/harbor/x", ""), Unauthorized: "the secret in the URL is not right"},
		{Name: "none", Request: req("/harbor", ""), Unauthorized: "no secret in the URL: send to /harbor/SECRET"},
	})
}

func FuzzHarbor(f *testing.F) { providertest.Fuzz(f, registry.Harbor) }
