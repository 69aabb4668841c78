// Package gitlab is the provider (a delivery -> provider -> event) of GitLab's webhooks: those of a project, a group and the
// whole instance (system hooks). Facts are from https://docs.gitlab.com/user/project/integrations/webhook_events/ and
// https://docs.gitlab.com/administration/system_hooks/.
package gitlab

import (
	"cmp"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// Provider is GitLab. A secret is a webhook's secret token, or its signing token (whsec_...). Four failures in a row switch a
// webhook off, for a minute to a day
// (https://docs.gitlab.com/user/project/integrations/webhooks/#auto-disabled-webhooks).
var Provider = provider.Provider{
	Name:      "gitlab",
	Recognise: provider.ByHeader("X-Gitlab-Event"),
	Refuse:    refuse,
	Verify:    verify,
	Parse:     parse,
	Events:    parsers,
}

var parsers = provider.Parsers{
	"push":              provider.JSON(push.events),
	"tag_push":          provider.JSON(push.events),
	"repository_update": provider.JSON(repositoryUpdate.events),
	"merge_request":     provider.JSON(mergeRequest.events),
	"note":              provider.JSON(note.events),
	"release":           provider.JSON(release.events),
	"project_rename":    provider.NamedJSON(projectChange.events),
	"project_transfer":  provider.NamedJSON(projectChange.events),
	"project_update":    provider.NamedJSON(projectChange.events),
}

// parse takes the event's name from the body, since all system hooks have the same header.
func parse(req *provider.Request) (provider.Delivery, error) {
	var kind struct {
		ObjectKind string `json:"object_kind"`
		EventName  string `json:"event_name"` // of a system hook
	}
	if err := provider.Decode("the body", req.Body, &kind); err != nil {
		return provider.Delivery{}, err
	}
	name := cmp.Or(kind.ObjectKind, kind.EventName)
	if !provider.IsWord(name) {
		return provider.Delivery{}, provider.Malformed("neither object_kind nor event_name is the name of an event")
	}
	// The first stays the same when GitLab sends a delivery again; old versions have only the last.
	id := cmp.Or(req.Header.Get("Idempotency-Key"), req.Header.Get("Webhook-Id"), req.Header.Get("X-Gitlab-Event-UUID"))
	return parsers.Parse(id, strings.ToLower(name), req.RawBody)
}
