package registry_test

import (
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providertest"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/registry"
)

func TestPubSubParse(t *testing.T) {
	t.Parallel()
	ignored := func(name string) provider.Delivery {
		return provider.Delivery{ID: "1", Name: name, Ignored: name + " event ignored"}
	}
	providertest.Parse(t, registry.PubSub, []providertest.ParseCase{
		{Name: "Artifact Registry", File: "pubsub/gar.json", Want: provider.Delivery{
			ID: "136969346945", Name: "INSERT",
			Events: []event.Event{event.ImagePushed{Image: "us-docker.pkg.dev/p/r/app", Tag: "1.2"}},
		}},
		{Name: "Container Registry, untagged", File: "pubsub/gcr_untagged.json", Want: provider.Delivery{
			ID: "1", Name: "INSERT", Events: []event.Event{event.ImagePushed{Image: "gcr.io/p/app"}},
		}},
		{Name: "image deleted", File: "pubsub/gar_delete.json", Want: ignored("DELETE")},
		{Name: "Cloud Storage", File: "pubsub/gcs.json", Want: provider.Delivery{
			ID: "1", Name: "OBJECT_FINALIZE",
			Events: []event.Event{event.ObjectCreated{Store: event.GCS, Bucket: "releases", Key: "dir/app 1+2.tgz"}},
		}},
		{Name: "object deleted", File: "pubsub/gcs_delete.json", Want: ignored("OBJECT_DELETE")},
		{Name: "another message", File: "pubsub/other.json", Want: ignored("message")},
		{Name: "another message that is no JSON", File: "pubsub/text.json", Want: ignored("message")},
		{Name: "not base64", File: "pubsub/not_base64.json", Malformed: "message.data is not base64"},
		{Name: "bad JSON within", Body: `{"message":{"data":"ew=="}}`, Malformed: "reading message.data: it is cut off after 1 bytes"},
		{Name: "no message", Body: `{"message":null}`, Malformed: "message is missing; is the subscription's payload unwrapped?"},
		{
			Name: "object without bucket", Body: `{"message":{"attributes":{"eventType":"OBJECT_FINALIZE","objectId":"x"}}}`,
			Malformed: "message.attributes.bucketId or objectId is missing",
		},
		{
			Name: "object event that is a text", Body: `{"message":{"attributes":{"eventType":"a b"}}}`,
			Malformed: "message.attributes.eventType is not the name of an event",
		},
		{
			Name: "image without name", Body: `{"message":{"data":"eyJhY3Rpb24iOiJJTlNFUlQifQ=="}}`, // {"action":"INSERT"}
			Malformed: "no image in the message's digest",
		},
	})
}

func TestPubSubVerify(t *testing.T) {
	t.Parallel()
	providertest.Verify(t, registry.PubSub, []string{"new", "old"}, []providertest.VerifyCase{
		{Name: "path", Request: &provider.Request{Path: "/pubsub/old"}},
		{Name: "token", Request: &provider.Request{Path: "/pubsub", Query: "token=new"}},
		{Name: "wrong", Request: &provider.Request{Path: "/pubsub", Query: "token=x"}, Unauthorized: "the secret in the URL is not right"},
		{
			Name: "an identity token alone", Request: providertest.Request(providertest.Headers{"Authorization": "Bearer new"}, nil),
			Unauthorized: "no secret in the URL: send to /pubsub/SECRET",
		},
	})
}

func FuzzPubSub(f *testing.F) { providertest.Fuzz(f, registry.PubSub) }
