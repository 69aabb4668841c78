// Package acr reads the webhooks of Azure Container Registry. Facts are from
// https://learn.microsoft.com/azure/container-registry/container-registry-webhook-reference.
package acr

import (
	"net/http"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

type acr struct{}

var _ provider.Provider = acr{}

// New is the provider. A secret is the whole value of a custom Authorization header, or part of the webhook's URL,
// /acr/SECRET.
func New() provider.Provider { return acr{} }

func (acr) Name() string { return "acr" }

// Recognise is never: the registry sends no header of its own.
func (acr) Recognise(http.Header) bool { return false }

func (a acr) Verify(req *provider.Request, secrets []string) error {
	return provider.VerifyHeaderOrURLSecret(req, "Authorization", a.Name(), secrets)
}

// Parse reads a push; charts, deletions, quarantines and pings are of no use.
func (acr) Parse(req *provider.Request) (provider.Delivery, error) {
	var p struct {
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
	if err := provider.Decode("the body", req.Body, &p); err != nil {
		return provider.Delivery{}, err
	}
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
