// Package eventgrid is the provider (a delivery -> provider -> event) of Azure Event Grid: images pushed to a Container Registry, and
// blobs made in a storage account. It reads both schemas, Event Grid's and CloudEvents 1.0. Facts are from
// https://learn.microsoft.com/azure/event-grid/webhook-event-delivery,
// https://learn.microsoft.com/azure/event-grid/event-schema-container-registry and
// https://learn.microsoft.com/azure/event-grid/event-schema-blob-storage.
package eventgrid

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

const (
	originHeader = "WebHook-Request-Origin"
	validation   = "Microsoft.EventGrid.SubscriptionValidationEvent"
)

// Provider is Event Grid. A secret is part of the subscription's URL, /event-grid/SECRET or /event-grid?token=SECRET. The handshake by
// which a subscription is made needs it too, so that nobody else can make one.
var Provider = provider.Provider{
	Name:      "event-grid",
	Recognise: recognise,
	Refuse:    provider.URLSecret("event-grid"),
	Verify:    provider.URLSecret("event-grid"),
	Options:   true,
	Parse:     parse,
}

func recognise(h http.Header) bool {
	return h.Get("Aeg-Event-Type") != "" || strings.HasPrefix(h.Get(originHeader), "eventgrid.")
}

// gridEvent is an event of either schema.
type gridEvent struct {
	ID        string          `json:"id"`
	EventType string          `json:"eventType"`
	Type      string          `json:"type"`  // CloudEvents'
	Topic     string          `json:"topic"` // /subscriptions/ID/resourceGroups/NAME/providers/...
	Source    string          `json:"source"`
	Subject   string          `json:"subject"`
	Data      json.RawMessage `json:"data"`
}

var parsers = map[string]func(gridEvent) ([]event.Event, error){
	"Microsoft.ContainerRegistry.ImagePushed": gridEvent.image,
	"Microsoft.ContainerRegistry.ChartPushed": gridEvent.chart,
	"Microsoft.Storage.BlobCreated":           gridEvent.blobs,
}

func parse(req *provider.Request) (provider.Delivery, error) {
	if req.Method == http.MethodOptions {
		return allow(req.Header)
	}
	events, err := read(req.Body)
	if err != nil {
		return provider.Delivery{}, err
	}
	for i := range events {
		if events[i].name() == validation {
			return events[i].validate()
		}
	}
	return delivery(events)
}

// read takes a list of events, which Event Grid's own schema always is, or one.
func read(body []byte) (events []gridEvent, err error) {
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("[")) {
		err = provider.Decode("the body", body, &events)
	} else {
		events = make([]gridEvent, 1)
		err = provider.Decode("the body", body, &events[0])
	}
	if err == nil && len(events) == 0 {
		err = provider.Malformed("the body is an empty list")
	}
	return events, err
}

// delivery reads every event. The others count where one can't be read; where there are no others, it is the error.
func delivery(list []gridEvent) (provider.Delivery, error) {
	name := ""
	var events []event.Event
	var bad error
	for i, e := range list {
		if !provider.IsWord(e.name()) {
			bad = provider.Malformed("event %d: type is not the name of an event", i)
			continue
		}
		name = cmp.Or(name, e.name())
		parse := parsers[e.name()]
		if parse == nil {
			continue
		}
		more, err := parse(e)
		if err != nil {
			bad = provider.Malformed("event %d: %v", i, err)
			continue
		}
		events = append(events, more...)
	}
	if len(events) > 0 {
		bad = nil
	}
	return provider.Result(list[0].ID, name, events, bad)
}

func (e gridEvent) name() string { return e.EventType + e.Type }

// resource is the name of what happened to, below kind: /storageAccounts/NAME.
func (e gridEvent) resource(kind string) string {
	_, rest, _ := strings.Cut(e.Topic+e.Source, "/"+kind+"/")
	name, _, _ := strings.Cut(rest, "/")
	return strings.ToLower(name)
}

func (e gridEvent) decode(v any) error {
	if len(e.Data) == 0 {
		return provider.Malformed("data is missing")
	}
	return provider.Decode("data", e.Data, v)
}

// validate gives back the code of Event Grid's own handshake.
func (e gridEvent) validate() (provider.Delivery, error) {
	var in struct {
		ValidationCode string `json:"validationCode"`
	}
	if err := e.decode(&in); err != nil {
		return provider.Delivery{}, err
	}
	if !provider.IsWord(in.ValidationCode) {
		return provider.Delivery{}, provider.Malformed("data.validationCode is not a code")
	}
	d := provider.Delivery{ID: provider.SafeID(e.ID), Name: e.name(), Ignored: "the subscription is confirmed"}
	d.Reply = &provider.Reply{Body: fmt.Appendf(nil, `{"validationResponse":"%s"}`, in.ValidationCode)}
	return d, nil
}

// allow is CloudEvents' handshake
// (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md#4-abuse-protection).
func allow(h http.Header) (provider.Delivery, error) {
	origin := h.Get(originHeader)
	if !provider.IsWord(origin) {
		return provider.Delivery{}, provider.Malformed("the %s header is missing or not a host", originHeader)
	}
	reply := map[string]string{"WebHook-Allowed-Origin": origin}
	if h.Get("WebHook-Request-Rate") != "" {
		reply["WebHook-Allowed-Rate"] = "*"
	}
	return provider.Delivery{Name: "validation", Ignored: "the subscription is confirmed", Reply: &provider.Reply{Header: reply}}, nil
}
