package registry_test

import (
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providertest"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/registry"
)

func TestQuayParse(t *testing.T) {
	t.Parallel()
	push := func(tags ...string) provider.Delivery {
		d := provider.Delivery{Name: "push"}
		for _, tag := range tags {
			d.Events = append(d.Events, event.ImagePushed{Image: "quay.io/ann/app", Tag: tag})
		}
		return d
	}
	providertest.Parse(t, registry.Quay, []providertest.ParseCase{
		{Name: "push of two tags", File: "quay/push.json", Want: push("latest", "1.2")},
		{Name: "push of no tags", File: "quay/push_no_tags.json", Want: push("")},
		{Name: "URL with a scheme", Body: `{"docker_url":"https://quay.io/ann/app","updated_tags":[1.10]}`, Want: push("1.10")},
		{Name: "build", File: "quay/build.json", Want: provider.Delivery{Name: "build", Ignored: "build event ignored"}},
		{Name: "vulnerability", File: "quay/vulnerability.json", Want: provider.Delivery{Name: "vulnerability", Ignored: "vulnerability event ignored"}},
		{Name: "no image", Body: `{"updated_tags":["latest"]}`, Malformed: "no image in docker_url"},
		{
			Name: "tags of the wrong type", Body: `{"docker_url":"quay.io/ann/app","updated_tags":{"latest":"1"}}`,
			Malformed: "reading the body: updated_tags: an object where an array is expected",
		},
	})
}

func TestQuayVerify(t *testing.T) {
	t.Parallel()
	providertest.Verify(t, registry.Quay, []string{"new", "old"}, []providertest.VerifyCase{
		{Name: "right", Request: &provider.Request{Path: "/quay/old"}},
		{Name: "wrong", Request: &provider.Request{Path: "/quay/x"}, Unauthorized: "the secret in the URL is not right"},
		{Name: "none", Request: &provider.Request{Path: "/quay"}, Unauthorized: "no secret in the URL: send to /quay/SECRET"},
	})
}

func FuzzQuay(f *testing.F) { providertest.Fuzz(f, registry.Quay) }
