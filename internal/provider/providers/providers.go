// Package providers lists the providers that speak HTTP, in the order in which they are asked whether a delivery is theirs.
package providers

import (
	"net/http"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/acr"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/aws"
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

// All are the providers, for a program that reads deliveries and serves nobody: SNS's subscriptions are not confirmed.
func All() []provider.Provider { return Served(nil) }

// Served are the providers of an endpoint, in the order of recognition: Gitea sends GitHub's headers too, and comes first;
// what is known by a header of its own comes before what is known by its user agent, and a signature alone comes last. The
// client speaks to SNS, whose messages count where they are of one of the topics; see aws.NewSNS.
func Served(client *http.Client, snsTopics ...string) []provider.Provider {
	return []provider.Provider{
		gitea.New(), github.New(), gitlab.New(), bitbucket.New(), jfrog.New(), aws.NewSNS(client, snsTopics...),
		azuredevops.New(), pubsub.New(), dockerhub.New(), quay.New(), harbor.New(), acr.New(),
		aws.S3{},
		generic.New(),
	}
}
