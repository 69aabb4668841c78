// Package sqssdk calls SQS by the AWS SDK, for package retry. It is separate so that the Lambda functions do not contain the SDK's
// client.
package sqssdk

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/dpb587/concourse-resource-endpoints/internal/retry"
)

// Connect makes the clients of queues from the SDK's settings.
func Connect(c aws.Config) retry.Connect {
	return func(region, endpoint string) retry.Call {
		client := sqs.NewFromConfig(c, func(o *sqs.Options) {
			if region != "" {
				o.Region = region
			}
			if o.BaseEndpoint == nil && endpoint != "" {
				o.BaseEndpoint = &endpoint
			}
		})
		return func(ctx context.Context, operation string, in, out any) error {
			switch operation {
			case "SendMessageBatch":
				return via(ctx, client.SendMessageBatch, in, out)
			case "ChangeMessageVisibilityBatch":
				return via(ctx, client.ChangeMessageVisibilityBatch, in, out)
			case "ReceiveMessage":
				return via(ctx, client.ReceiveMessage, in, out)
			case "DeleteMessage":
				return via(ctx, client.DeleteMessage, in, out)
			}
			return fmt.Errorf("the SQS operation %s is not known here", operation)
		}
	}
}

// via calls one of the SDK's methods. The fields of the SDK's inputs and outputs have the names of the protocol, so JSON copies them.
func via[I, O any](ctx context.Context, method func(context.Context, *I, ...func(*sqs.Options)) (*O, error), in, out any) error {
	input := new(I)
	if err := convert(in, input); err != nil {
		return err
	}
	output, err := method(ctx, input)
	if err != nil {
		return err
	}
	return convert(output, out)
}

func convert(from, to any) error {
	data, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(data, to)
	}
	return err
}
