package registry_test

import (
	"maps"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/oidc"
	"github.com/dpb587/concourse-resource-endpoints/internal/oidc/oidctest"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providertest"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/registry"
)

func TestPubSubParse(t *testing.T) {
	t.Parallel()
	ignored := func(name string) provider.Delivery {
		return provider.Delivery{ID: "1", Name: name, Ignored: name + " event ignored"}
	}
	const neither = "the body is neither a message of Pub/Sub, nor an object, nor a notification of a registry; " +
		"if the subscription's payload is unwrapped, let it write the metadata, too"
	// Headers of an unwrapped message whose metadata is written.
	metadata := providertest.Headers{
		"x-goog-pubsub-subscription-name": "projects/p/subscriptions/s", "x-goog-pubsub-message-id": "1",
		"x-goog-pubsub-publish-time": "2026-01-01T00:00:00Z", "Content-Type": "application/octet-stream",
	}
	attributes := func(others providertest.Headers) providertest.Headers {
		all := maps.Clone(metadata)
		maps.Copy(all, others)
		return all
	}
	finalized := attributes(providertest.Headers{"eventType": "OBJECT_FINALIZE", "bucketId": "releases", "objectId": "dir/app 1+2.tgz"})
	object := func(name string) provider.Delivery {
		return provider.Delivery{ID: "1", Name: name, Events: []event.Event{event.ObjectCreated{Store: event.GCS, Bucket: "releases", Key: "dir/app 1+2.tgz"}}}
	}
	image := provider.Delivery{ID: "1", Name: "INSERT", Events: []event.Event{event.ImagePushed{Image: "us-docker.pkg.dev/p/r/app", Tag: "1.2"}}}
	withoutID := func(d provider.Delivery) provider.Delivery {
		d.ID = ""
		return d
	}
	providertest.Parse(t, registry.PubSub, []providertest.ParseCase{
		{Name: "unwrapped image", Headers: metadata, File: "pubsub/unwrapped_image.json", Want: image},
		{Name: "unwrapped image without metadata", File: "pubsub/unwrapped_image.json", Want: withoutID(image)},
		{Name: "unwrapped object", Headers: finalized, File: "pubsub/unwrapped_object.json", Want: object("OBJECT_FINALIZE")},
		{Name: "unwrapped object without metadata", File: "pubsub/unwrapped_object.json", Want: withoutID(object("object"))},
		{Name: "unwrapped object of an empty payload", Headers: finalized, Want: object("OBJECT_FINALIZE")},
		{
			Name: "unwrapped object whose name is no header's", Headers: attributes(providertest.Headers{"eventType": "OBJECT_FINALIZE", "bucketId": "releases", "objectId": "dir/app"}),
			File: "pubsub/unwrapped_object.json", Want: object("OBJECT_FINALIZE"),
		},
		{
			Name: "unwrapped deletion", Headers: attributes(providertest.Headers{"eventType": "OBJECT_DELETE", "bucketId": "b", "objectId": "k"}),
			File: "pubsub/unwrapped_object.json", Want: ignored("OBJECT_DELETE"),
		},
		{Name: "unwrapped message of another kind", Headers: metadata, Body: `{"hello":1}`, Want: ignored("message")},
		{Name: "unwrapped text", Headers: metadata, Body: "hello", Want: ignored("message")},
		{Name: "unwrapped text without metadata", Body: "hello", Malformed: "reading the body: it is not JSON: see line 1, column 1"},
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
		{Name: "bad JSON within", Body: `{"message":{"data":"ew=="}}`, Malformed: "reading the message's data: it is cut off after 1 bytes"},
		{Name: "no message", Body: `{"message":null}`, Malformed: neither},
		{
			Name: "object without bucket", Body: `{"message":{"attributes":{"eventType":"OBJECT_FINALIZE","objectId":"x"}}}`,
			Malformed: "the message's bucketId or objectId is missing",
		},
		{
			Name: "object event that is a text", Body: `{"message":{"attributes":{"eventType":"a b"}}}`,
			Malformed: "the message's eventType is not the name of an event",
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

// A token of Google's for the audience, of the service account, stands for the secret; the secret goes on to count.
func TestPubSubToken(t *testing.T) {
	t.Parallel()
	const audience, email = "https://hooks.example.com/pubsub", "push@p.iam.gserviceaccount.com"
	key := oidctest.NewRSA("google")
	issuer := oidctest.Serve(t, key)
	p := registry.NewPubSub(issuer.Client(), registry.PubSubTokens{
		Audience: []string{audience}, Email: []string{"other@p.iam.gserviceaccount.com", email}, Keys: issuer.URL + "/keys",
	})
	if !p.SelfVerifying {
		t.Error("a token is not looked at where there is no secret")
	}
	claims := oidctest.With(oidctest.Valid("https://accounts.google.com", audience, "113774264463038321964"), oidctest.Claims{
		"azp": "113774264463038321964", "email": email, "email_verified": true,
	})
	with := func(path string, others oidctest.Claims) *provider.Request {
		req := providertest.Request(providertest.Headers{"Authorization": "Bearer " + key.Token(oidctest.With(claims, others))}, nil)
		req.Path = path
		return req
	}
	const another = "the token is of another service account"
	for name, secrets := range map[string][]string{"no secret": nil, "a secret": {"secret"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			providertest.Verify(t, p, secrets, []providertest.VerifyCase{
				{Name: "right", Request: with("/pubsub", nil)},
				{Name: "right, and a wrong secret", Request: with("/pubsub/x", nil)},
				{Name: "another's", Request: with("/pubsub", oidctest.Claims{"email": "me@evil.iam.gserviceaccount.com"}), Unauthorized: another},
				{Name: "email not verified", Request: with("/pubsub", oidctest.Claims{"email_verified": false}), Unauthorized: another},
				{Name: "no email", Request: with("/pubsub", oidctest.Claims{"email": nil}), Unauthorized: another},
				{Name: "another issuer", Request: with("/pubsub", oidctest.Claims{"iss": issuer.URL}), Unauthorized: oidc.ErrIssuer.Error()},
				{Name: "another audience", Request: with("/pubsub", oidctest.Claims{"aud": "https://example.com"}), Unauthorized: "the token is for another audience"},
				{
					Name: "no token", Request: &provider.Request{Path: "/pubsub/x"},
					Unauthorized: "neither the secret in the URL nor a token: enable authentication for the push subscription",
				},
			})
		})
	}
	providertest.Verify(t, p, []string{"secret"}, []providertest.VerifyCase{{Name: "the secret", Request: &provider.Request{Path: "/pubsub/secret"}}})
}

func FuzzPubSub(f *testing.F) {
	providertest.Fuzz(f, registry.PubSub, providertest.Headers{}, providertest.Headers{"X-Goog-Pubsub-Message-Id": "1"},
		providertest.Headers{"X-Goog-Pubsub-Message-Id": "1", "eventType": "OBJECT_FINALIZE"})
}
