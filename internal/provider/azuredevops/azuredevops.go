// Package azuredevops is the provider (a delivery -> provider -> event) of the web hooks of Azure DevOps Services and Server
// (its service hooks). Facts are from https://learn.microsoft.com/azure/devops/service-hooks/events.
package azuredevops

import (
	"net/http"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// Provider is Azure DevOps. A secret is the password of the hook's basic authentication; the user name does not matter.
var Provider = provider.Provider{
	Name:      "azure-devops",
	Recognise: recognise,
	Refuse:    verify,
	Verify:    verify,
	Parse:     parse,
	Events:    parsers,
}

// recognise goes by what all clients of the service's libraries send; a hook has no header of its own.
func recognise(h http.Header) bool {
	return strings.HasPrefix(h.Get("User-Agent"), "VSServices/") || h.Get("X-VSS-ActivityId") != ""
}

func verify(req *provider.Request, secrets []string) error {
	_, password, ok := (&http.Request{Header: req.Header}).BasicAuth()
	if !ok {
		return provider.Unauthorized("no basic authentication in the Authorization header")
	}
	if !provider.AnyEqual(password, secrets) {
		return provider.Unauthorized("the password of the basic authentication is not right")
	}
	return nil
}

var parsers = provider.Parsers{
	"git.push":                                  provider.JSON(push.events),
	"git.pullrequest.created":                   provider.NamedJSON(pullRequest.events),
	"git.pullrequest.updated":                   provider.NamedJSON(pullRequest.events),
	"git.pullrequest.merged":                    provider.NamedJSON(pullRequest.events),
	"ms.vss-code.git-pullrequest-comment-event": provider.JSON(comment.events),
}

// parse takes the event's name from the body's eventType.
func parse(req *provider.Request) (provider.Delivery, error) {
	var kind struct {
		ID        string `json:"id"`
		EventType string `json:"eventType"`
	}
	if err := provider.Decode("the body", req.Body, &kind); err != nil {
		return provider.Delivery{}, err
	}
	if !provider.IsWord(kind.EventType) {
		return provider.Delivery{}, provider.Malformed("eventType is not the name of an event")
	}
	return parsers.Parse(kind.ID, kind.EventType, req.RawBody)
}
