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

// Options are what an endpoint's providers need to know. The zero value is for a program that only reads deliveries.
type Options struct {
	// Client calls SNS, and the issuers of tokens; nil to confirm no subscription of SNS, and to take no token.
	Client *http.Client
	// SNSTopics are those whose messages count; see aws.NewSNS.
	SNSTopics []string
	// PubSub are the tokens of Pub/Sub's subscriptions that count.
	PubSub registry.PubSubTokens
	// Generic are the issuers whose tokens count at /generic.
	Generic generic.Issuers
}

// All are the providers, for a program that only reads deliveries.
func All() []provider.Provider { return Served(Options{}) }

// Served are the providers of an endpoint. Their order matters for recognition: Gitea sends GitHub's headers too, so it comes
// first; a header of the provider's own comes before a user agent, and a mere signature comes last.
func Served(o Options) []provider.Provider {
	return []provider.Provider{
		gitea.Provider, github.Provider, gitlab.Provider, bitbucket.Provider, registry.JFrog, aws.NewSNS(o.Client, o.SNSTopics...),
		registry.Distribution, registry.Zot, eventgrid.Provider, azuredevops.Provider, registry.NewPubSub(o.Client, o.PubSub),
		registry.DockerHub, registry.Quay, registry.Harbor, registry.ACR,
		aws.S3,
		generic.New(o.Client, o.Generic),
	}
}
