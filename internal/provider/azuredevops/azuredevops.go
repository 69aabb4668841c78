// Package azuredevops reads the web hooks of Azure DevOps Services and Server (its service hooks). Facts are from
// https://learn.microsoft.com/azure/devops/service-hooks/events. It lists no files.
package azuredevops

import (
	"net/http"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

type azureDevOps struct{}

var _ provider.Provider = azureDevOps{}

// New is the provider. A secret is the password of the hook's basic authentication; any user name will do.
func New() provider.Provider { return azureDevOps{} }

func (azureDevOps) Name() string { return "azure-devops" }

// Recognise goes by what all clients of the service's libraries send; a hook has no header of its own.
func (azureDevOps) Recognise(h http.Header) bool {
	return strings.HasPrefix(h.Get("User-Agent"), "VSServices/") || h.Get("X-VSS-ActivityId") != ""
}

// Verify checks the password of the basic authentication.
func (azureDevOps) Verify(req *provider.Request, secrets []string) error {
	_, password, ok := (&http.Request{Header: req.Header}).BasicAuth()
	if !ok {
		return provider.Unauthorized("no basic authentication in the Authorization header")
	}
	if !provider.AnyEqual(password, secrets) {
		return provider.Unauthorized("the password of the basic authentication is not right")
	}
	return nil
}

// parsers read the events of use, by eventType.
var parsers = map[string]func(document []byte) ([]event.Event, error){
	"git.push":                                  parsePush,
	"git.pullrequest.created":                   func(d []byte) ([]event.Event, error) { return parsePullRequest(d, "created") },
	"git.pullrequest.updated":                   func(d []byte) ([]event.Event, error) { return parsePullRequest(d, "updated") },
	"git.pullrequest.merged":                    func(d []byte) ([]event.Event, error) { return parsePullRequest(d, "merged") },
	"ms.vss-code.git-pullrequest-comment-event": parseComment,
}

// Parse goes by the body's eventType.
func (azureDevOps) Parse(req *provider.Request) (provider.Delivery, error) {
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
	parse, ok := parsers[kind.EventType]
	if !ok {
		return provider.Ignored(kind.ID, kind.EventType), nil
	}
	events, err := parse(req.Body)
	return provider.Result(kind.ID, kind.EventType, events, err)
}
