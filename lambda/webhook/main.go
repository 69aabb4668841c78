// Webhook is the Lambda function for signed webhooks, behind a function URL, an API Gateway or a load balancer.
//
// Its settings are environment variables: CONFIG, CONCOURSE_USERNAME and so on (see package endpoint), each provider's
// NAME_WEBHOOK_SECRET, SNS_TOPICS if Amazon SNS posts to it, and PUBSUB_OIDC_AUDIENCE or GENERIC_OIDC for senders with tokens.
package main

import (
	"github.com/dpb587/concourse-resource-endpoints/internal/endpoint"
	"github.com/dpb587/concourse-resource-endpoints/lambda/internal/function"
)

func main() {
	function.Run(func(s endpoint.Settings) endpoint.Parts {
		return endpoint.Parts{Providers: endpoint.Providers(s)}
	})
}
