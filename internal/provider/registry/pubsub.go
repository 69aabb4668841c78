package registry

import (
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// PubSub is a push subscription of Google Cloud Pub/Sub (https://cloud.google.com/pubsub/docs/push). It brings images pushed
// to Artifact Registry and Container Registry (https://cloud.google.com/artifact-registry/docs/configure-notifications), and
// objects made in Cloud Storage (https://cloud.google.com/storage/docs/pubsub-notifications).
//
// A secret is part of the subscription's URL, /pubsub/SECRET or /pubsub?token=SECRET. The token of an authenticated
// subscription (OIDC) is not looked at: to verify it takes Google's keys from the network.
var PubSub = provider.Provider{
	Name:      "pubsub",
	Recognise: func(h http.Header) bool { return strings.HasPrefix(h.Get("User-Agent"), "CloudPubSub-Google") },
	Refuse:    provider.URLSecret("pubsub"),
	Verify:    provider.URLSecret("pubsub"),
	Parse:     parse(pubSub.delivery),
}

type pubSub struct {
	Message *struct {
		Attributes pubSubObject `json:"attributes"`
		Data       string       `json:"data"`
		MessageID  string       `json:"messageId"`
	} `json:"message"`
}

// delivery reads the message inside. A message of another kind is ignored, since Pub/Sub sends a refused one again for days.
func (p pubSub) delivery() (provider.Delivery, error) {
	m := p.Message
	if m == nil {
		return provider.Delivery{}, provider.Malformed("message is missing; is the subscription's payload unwrapped?")
	}
	if m.Attributes.EventType != "" {
		return m.Attributes.delivery(m.MessageID)
	}
	data, err := base64.StdEncoding.DecodeString(m.Data)
	if err != nil {
		return provider.Delivery{}, provider.Malformed("message.data is not base64")
	}
	if len(data) == 0 || data[0] != '{' {
		return provider.Ignored(m.MessageID, "message"), nil
	}
	var image pubSubImage
	if err := provider.Decode("message.data", data, &image); err != nil {
		return provider.Delivery{}, err
	}
	return image.delivery(m.MessageID)
}

// pubSubObject is a notification of Cloud Storage.
type pubSubObject struct {
	EventType string `json:"eventType"`
	BucketID  string `json:"bucketId"`
	ObjectID  string `json:"objectId"`
}

// delivery reads OBJECT_FINALIZE, the only event that makes a new object or version.
func (o pubSubObject) delivery(id string) (provider.Delivery, error) {
	if !provider.IsWord(o.EventType) {
		return provider.Delivery{}, provider.Malformed("message.attributes.eventType is not the name of an event")
	}
	if o.EventType != "OBJECT_FINALIZE" {
		return provider.Ignored(id, o.EventType), nil
	}
	if o.BucketID == "" || o.ObjectID == "" {
		return provider.Delivery{}, provider.Malformed("message.attributes.bucketId or objectId is missing")
	}
	object := event.ObjectCreated{Store: event.GCS, Bucket: o.BucketID, Key: o.ObjectID}
	return provider.Result(id, o.EventType, []event.Event{object}, nil)
}

// pubSubImage is a notification of a registry.
type pubSubImage struct {
	Action string `json:"action"`
	Digest string `json:"digest"` // HOST/PATH@sha256:...
	Tag    string `json:"tag"`    // HOST/PATH:TAG, or absent
}

func (i pubSubImage) delivery(id string) (provider.Delivery, error) {
	if i.Action != "INSERT" {
		name := i.Action
		if !provider.IsWord(name) {
			name = "message"
		}
		return provider.Ignored(id, name), nil
	}
	reference, field := i.Tag, "the message's tag"
	if reference == "" {
		reference, field = i.Digest, "the message's digest"
	}
	image, err := provider.Image(field, reference, "")
	return provider.Result(id, i.Action, []event.Event{image}, err)
}
