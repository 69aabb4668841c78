// Notification is the Lambda function that S3, SNS, SQS or EventBridge invoke when something happened. Its deliveries have no
// signature: IAM says who may invoke it.
//
// Its settings are environment variables: CONFIG, CONCOURSE_USERNAME and so on (see package endpoint).
package main

import (
	"github.com/dpb587/concourse-resource-endpoints/internal/endpoint"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/aws"
	"github.com/dpb587/concourse-resource-endpoints/lambda/internal/function"
)

func main() {
	function.Run(func(endpoint.Settings) endpoint.Parts {
		return endpoint.Parts{ParseNotification: aws.ParseNotification}
	})
}
