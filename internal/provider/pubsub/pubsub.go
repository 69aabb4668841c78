// Package pubsub reads what Google Cloud sends through the push subscriptions of Pub/Sub: images pushed to Artifact
// Registry and Container Registry, and objects made in Cloud Storage. Facts are from https://cloud.google.com/pubsub/docs/push,
// https://cloud.google.com/artifact-registry/docs/configure-notifications and
// https://cloud.google.com/storage/docs/pubsub-notifications.
package pubsub

import (
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

type pubSub struct{}

var _ provider.Provider = pubSub{}

// New is the provider. A secret is part of the subscription's URL, /pubsub/SECRET or /pubsub?token=SECRET. The token of an
// authenticated subscription (OIDC) is not looked at: to verify it takes Google's keys from the network.
func New() provider.Provider { return pubSub{} }

func (pubSub) Name() string { return "pubsub" }

func (pubSub) Recognise(h http.Header) bool {
	return strings.HasPrefix(h.Get("User-Agent"), "CloudPubSub-Google")
}

func (p pubSub) Verify(req *provider.Request, secrets []string) error {
	return provider.VerifyURLSecret(req, p.Name(), secrets)
}

// Parse reads the message that the subscription wraps. A message of another kind is ignored rather than refused, since
// Pub/Sub sends again for days what is refused.
func (pubSub) Parse(req *provider.Request) (provider.Delivery, error) {
	var p struct {
		Message *struct {
			Attributes struct {
				EventType string `json:"eventType"`
				BucketID  string `json:"bucketId"`
				ObjectID  string `json:"objectId"`
			} `json:"attributes"`
			Data      string `json:"data"`
			MessageID string `json:"messageId"`
		} `json:"message"`
	}
	if err := provider.Decode("the body", req.Body, &p); err != nil {
		return provider.Delivery{}, err
	}
	if p.Message == nil {
		return provider.Delivery{}, provider.Malformed("message is missing; is the subscription's payload unwrapped?")
	}
	m := p.Message
	if m.Attributes.EventType != "" {
		return object(m.MessageID, m.Attributes.EventType, m.Attributes.BucketID, m.Attributes.ObjectID)
	}
	data, err := base64.StdEncoding.DecodeString(m.Data)
	if err != nil {
		return provider.Delivery{}, provider.Malformed("message.data is not base64")
	}
	if len(data) == 0 || data[0] != '{' {
		return provider.Ignored(m.MessageID, "message"), nil
	}
	return image(m.MessageID, data)
}

// object reads a notification of Cloud Storage; only OBJECT_FINALIZE makes a new object or version.
func object(id, eventType, bucket, key string) (provider.Delivery, error) {
	if !provider.IsWord(eventType) {
		return provider.Delivery{}, provider.Malformed("message.attributes.eventType is not the name of an event")
	}
	if eventType != "OBJECT_FINALIZE" {
		return provider.Ignored(id, eventType), nil
	}
	if bucket == "" || key == "" {
		return provider.Delivery{}, provider.Malformed("message.attributes.bucketId or objectId is missing")
	}
	return provider.Result(id, eventType, []event.Event{event.ObjectCreated{Store: event.GCS, Bucket: bucket, Key: key}}, nil)
}

// image reads a notification of a registry: digest is HOST/PATH@sha256:..., tag is HOST/PATH:TAG or absent.
func image(id string, data []byte) (provider.Delivery, error) {
	var p struct {
		Action string `json:"action"`
		Digest string `json:"digest"`
		Tag    string `json:"tag"`
	}
	if err := provider.Decode("message.data", data, &p); err != nil {
		return provider.Delivery{}, err
	}
	switch {
	case p.Action == "INSERT":
	case provider.IsWord(p.Action):
		return provider.Ignored(id, p.Action), nil
	default:
		return provider.Ignored(id, "message"), nil
	}
	reference, field := p.Tag, "the message's tag"
	if reference == "" {
		reference, field = p.Digest, "the message's digest"
	}
	pushed, err := provider.Image(field, reference, "")
	return provider.Result(id, p.Action, []event.Event{pushed}, err)
}
