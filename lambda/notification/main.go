// Notification is the Lambda function for deliveries from S3, SNS, SQS and EventBridge, which invoke it directly. These
// deliveries have no signature: IAM says who may invoke the function.
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
