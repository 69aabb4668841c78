// Webhook is the Lambda function that takes signed webhooks, by function URL, API Gateway or load balancer.
//
// Its settings are the environment's: CONFIG, CONCOURSE_USERNAME and so on (see package endpoint), and each provider's
// NAME_WEBHOOK_SECRET; SNS_TOPICS where Amazon SNS posts to it.
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
