// Package providers lists the senders of webhooks, in the order in which they are asked whether a delivery is theirs.
package providers

import (
	"net/http"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/acr"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/azuredevops"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/bitbucket"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/dockerhub"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/generic"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/gitea"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/github"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/gitlab"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/harbor"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/jfrog"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/pubsub"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/quay"
)

// All are the webhook providers in the order of recognition: Gitea sends GitHub's headers too, and comes first; what is
// known by a header of its own comes before what is known by its user agent.
func All() []provider.Provider {
	return []provider.Provider{
		gitea.New(), github.New(), gitlab.New(), bitbucket.New(), jfrog.New(), azuredevops.New(), pubsub.New(),
		dockerhub.New(), quay.New(), harbor.New(), acr.New(), generic.New(),
	}
}

// ByName finds the provider that serves /name.
func ByName(name string) (provider.Provider, bool) {
	for _, p := range All() {
		if p.Name() == name {
			return p, true
		}
	}
	return nil, false
}

// Recognise finds the provider that the headers are of.
func Recognise(h http.Header) (provider.Provider, bool) {
	for _, p := range All() {
		if p.Recognise(h) {
			return p, true
		}
	}
	return nil, false
}

// Names are the names of all, in their order.
func Names() []string {
	var names []string
	for _, p := range All() {
		names = append(names, p.Name())
	}
	return names
}
