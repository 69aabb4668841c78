// Package providers lists the providers that speak HTTP (a delivery -> provider -> event), in the order in which they are asked
// whether a delivery is theirs.
package providers

import (
	"net/http"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/aws"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/azuredevops"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/bitbucket"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/eventgrid"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/generic"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/gitea"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/github"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/gitlab"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/registry"
)

// All are the providers, for a program that only reads deliveries: SNS's subscriptions are not confirmed.
func All() []provider.Provider { return Served(nil) }

// Served are the providers of an endpoint. Their order matters for recognition: Gitea sends GitHub's headers too, so it comes
// first; a header of the provider's own comes before a user agent, and a mere signature comes last. The client calls SNS, and
// the topics are those whose messages count; see aws.NewSNS.
func Served(client *http.Client, snsTopics ...string) []provider.Provider {
	return []provider.Provider{
		gitea.Provider, github.Provider, gitlab.Provider, bitbucket.Provider, registry.JFrog, aws.NewSNS(client, snsTopics...),
		registry.Distribution, registry.Zot, eventgrid.Provider, azuredevops.Provider, registry.PubSub, registry.DockerHub, registry.Quay, registry.Harbor, registry.ACR,
		aws.S3,
		generic.Provider,
	}
}
