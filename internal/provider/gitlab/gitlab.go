// Package gitlab reads GitLab's webhooks: those of a project, a group and the whole instance (system hooks). Facts are
// from https://docs.gitlab.com/user/project/integrations/webhook_events/ and https://docs.gitlab.com/administration/system_hooks/.
package gitlab

import (
	"net/http"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

const eventHeader = "X-Gitlab-Event"

type gitlab struct{}

var _ provider.Unforgiving = gitlab{}

// New is the provider. A secret is a webhook's secret token, or its signing token (whsec_...).
func New() provider.Provider { return gitlab{} }

func (gitlab) Name() string { return "gitlab" }

// Unforgiving marks that four failures in a row switch a webhook off, for a minute to a day
// (https://docs.gitlab.com/user/project/integrations/webhooks/#auto-disabled-webhooks).
func (gitlab) Unforgiving() {}

func (gitlab) Recognise(h http.Header) bool { return h.Get(eventHeader) != "" }

// parsers read the events of use, by object_kind or, on system hooks, event_name.
var parsers = map[string]func(document []byte) ([]event.Event, error){
	"push":              parsePush,
	"tag_push":          parsePush,
	"repository_update": parseRepositoryUpdate,
	"merge_request":     parseMergeRequest,
	"release":           parseRelease,
}

// Parse goes by the body: system hooks all have the same header. GitLab disables hooks that keep failing, so what is of no
// use is a delivery too, never an error.
func (gitlab) Parse(req *provider.Request) (provider.Delivery, error) {
	var kind struct {
		ObjectKind string `json:"object_kind"`
		EventName  string `json:"event_name"`
	}
	if err := provider.Decode("the body", req.Body, &kind); err != nil {
		return provider.Delivery{}, err
	}
	name := kind.ObjectKind
	if name == "" {
		name = kind.EventName
	}
	if !provider.IsWord(name) {
		return provider.Delivery{}, provider.Malformed("neither object_kind nor event_name is the name of an event")
	}
	name = strings.ToLower(name)
	id := deliveryID(req.Header)
	parse, ok := parsers[name]
	if !ok {
		return provider.Ignored(id, name), nil
	}
	events, err := parse(req.Body)
	return provider.Result(id, name, events, err)
}

// deliveryID is the one that stays the same when GitLab tries again, where the version sends it.
func deliveryID(h http.Header) string {
	for _, name := range []string{"Idempotency-Key", "Webhook-Id", "X-Gitlab-Event-UUID"} {
		if id := h.Get(name); id != "" {
			return id
		}
	}
	return ""
}
