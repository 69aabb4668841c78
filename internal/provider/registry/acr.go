package registry

import (
	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// ACR is Azure Container Registry
// (https://learn.microsoft.com/azure/container-registry/container-registry-webhook-reference). A secret is the whole value
// of a custom Authorization header, or part of the webhook's URL, /acr/SECRET.
var ACR = provider.Provider{
	Name:   "acr",
	Refuse: provider.HeaderOrURLSecret("Authorization", "acr"),
	Verify: provider.HeaderOrURLSecret("Authorization", "acr"),
	Parse:  parse(acr.delivery),
}

type acr struct {
	ID     string `json:"id"`
	Action string `json:"action"`
	Target struct {
		Repository string        `json:"repository"`
		Tag        provider.Text `json:"tag"`
	} `json:"target"`
	Request struct {
		Host string `json:"host"`
	} `json:"request"`
}

// delivery reads a push. Charts, deletions, quarantines and pings are of no use.
func (p acr) delivery() (provider.Delivery, error) {
	if !provider.IsWord(p.Action) {
		return provider.Delivery{}, provider.Malformed("action is not the name of an event")
	}
	if p.Action != "push" {
		return provider.Ignored(p.ID, p.Action), nil
	}
	if p.Request.Host == "" || p.Target.Repository == "" {
		return provider.Delivery{}, provider.Malformed("request.host or target.repository is missing")
	}
	image, err := provider.Image("target.repository", p.Request.Host+"/"+p.Target.Repository, string(p.Target.Tag))
	return provider.Result(p.ID, p.Action, []event.Event{image}, err)
}
