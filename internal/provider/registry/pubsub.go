package registry

import (
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// NewPubSub makes the provider for push subscriptions of Google Cloud Pub/Sub (https://cloud.google.com/pubsub/docs/push). They bring
// images pushed to Artifact Registry and Container Registry
// (https://cloud.google.com/artifact-registry/docs/configure-notifications), and objects made in Cloud Storage
// (https://cloud.google.com/storage/docs/pubsub-notifications).
//
// A secret is part of the subscription's URL, /pubsub/SECRET or /pubsub?token=SECRET. Or the subscription has authentication, and its
// tokens are among those that count. The client fetches Google's keys; without one (nil) no token is accepted.
func NewPubSub(client *http.Client, tokens PubSubTokens) provider.Provider {
	v := newPubSubVerifier(client, tokens)
	return provider.Provider{
		Name: "pubsub",
		Recognise: func(h http.Header) bool {
			return strings.HasPrefix(h.Get("User-Agent"), "CloudPubSub-Google") || isUnwrapped(h)
		},
		Refuse:        v.verify,
		Verify:        v.verify,
		Parse:         parsePubSub,
		SelfVerifying: v.tokens != nil,
	}
}

// PubSub is Pub/Sub without tokens.
var PubSub = NewPubSub(nil, PubSubTokens{})

type pubSub struct {
	Message *struct {
		Attributes pubSubObject `json:"attributes"`
		Data       string       `json:"data"`
		MessageID  string       `json:"messageId"`
	} `json:"message"`
}

// isUnwrapped reports whether the payload is unwrapped and its metadata written: then the body is the message's data, and headers have
// its id (x-goog-pubsub-message-id) and, by their own names, its attributes
// (https://docs.cloud.google.com/pubsub/docs/payload-unwrapping,
// https://docs.cloud.google.com/pubsub/docs/reference/rest/v1/projects.subscriptions#nowrapper).
func isUnwrapped(h http.Header) bool { return h.Get("X-Goog-Pubsub-Message-Id") != "" }

func parsePubSub(req *provider.Request) (provider.Delivery, error) {
	if isUnwrapped(req.Header) {
		attributes := pubSubObject{req.Header.Get("eventType"), req.Header.Get("bucketId"), req.Header.Get("objectId")}
		return pubSubMessage(req.Header.Get("X-Goog-Pubsub-Message-Id"), attributes, req.Body)
	}
	var p pubSub
	if err := provider.Decode("the body", req.Body, &p); err != nil {
		return provider.Delivery{}, err
	}
	if m := p.Message; m != nil {
		data, err := base64.StdEncoding.DecodeString(m.Data)
		if err != nil && m.Attributes.EventType == "" {
			return provider.Delivery{}, provider.Malformed("message.data is not base64")
		}
		return pubSubMessage(m.MessageID, m.Attributes, data)
	}
	var data pubSubData
	if err := provider.Decode("the body", req.Body, &data); err != nil || data.Action == "" && !data.isObject() {
		return provider.Delivery{}, provider.Malformed("the body is neither a message of Pub/Sub, nor an object, nor a notification of a registry; " +
			"if the subscription's payload is unwrapped, let it write the metadata, too")
	}
	return data.delivery("")
}

// pubSubMessage reads a message. One of another kind is ignored, since Pub/Sub sends a refused one again for days.
func pubSubMessage(id string, attributes pubSubObject, data []byte) (provider.Delivery, error) {
	var d pubSubData
	var err error
	isJSON := len(data) > 0 && data[0] == '{'
	if isJSON {
		err = provider.Decode("the message's data", data, &d)
	}
	switch {
	case attributes.EventType != "" && err == nil && d.isObject(): // a header may have lost some characters of a name
		return pubSubObject{attributes.EventType, d.Bucket, d.Name}.delivery(id)
	case attributes.EventType != "":
		return attributes.delivery(id)
	case err != nil:
		return provider.Delivery{}, err
	case !isJSON:
		return provider.Ignored(id, "message"), nil
	}
	return d.delivery(id)
}

// pubSubData is what a message may carry: a registry's notification, or an object of Cloud Storage.
type pubSubData struct {
	pubSubImage

	Kind   string `json:"kind"`
	Bucket string `json:"bucket"`
	Name   string `json:"name"`
}

// isObject reports whether the data is an object's (https://docs.cloud.google.com/storage/docs/json_api/v1/objects#resource).
func (d pubSubData) isObject() bool {
	return d.Kind == "storage#object" && d.Bucket != "" && d.Name != ""
}

// delivery reads data alone. Without attributes, an object may be new as well as deleted.
func (d pubSubData) delivery(id string) (provider.Delivery, error) {
	if d.isObject() {
		return provider.Result(id, "object", []event.Event{event.ObjectCreated{Store: event.GCS, Bucket: d.Bucket, Key: d.Name}}, nil)
	}
	return d.pubSubImage.delivery(id)
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
		return provider.Delivery{}, provider.Malformed("the message's eventType is not the name of an event")
	}
	if o.EventType != "OBJECT_FINALIZE" {
		return provider.Ignored(id, o.EventType), nil
	}
	if o.BucketID == "" || o.ObjectID == "" {
		return provider.Delivery{}, provider.Malformed("the message's bucketId or objectId is missing")
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
