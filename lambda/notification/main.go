// Notification is the Lambda function that AWS invokes when something happened: by S3, SNS, SQS or EventBridge. Who may
// invoke it is IAM's affair, so there is no signature.
//
// Its settings are the environment's: CONFIG, CONCOURSE_USERNAME and so on (see package endpoint).
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
