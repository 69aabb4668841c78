package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/dpb587/concourse-resource-endpoints/internal/redeploy"
)

// redeploy makes the source's functions start afresh with what is published, and tells what each runs now. It does so too
// where nothing was published just now: a function may have been missed before.
func (c *command) redeploy(ctx context.Context, s source, digest string) ([]metadata, error) {
	functions, err := redeploy.ParseAll(s.Redeploy)
	if err != nil || len(functions) == 0 {
		return nil, err
	}
	awsConfig, err := s.Config.aws(ctx)
	if err != nil {
		return nil, err
	}
	r := &redeploy.Redeployer{Client: lambda.NewFromConfig(awsConfig)}
	results, err := r.Run(ctx, digest, functions)
	shown := make([]metadata, 0, len(results))
	for i, result := range results {
		c.logf("%s", result)
		shown = append(shown, metadata{functions[i].String(), string(result.Status)})
	}
	if err != nil {
		return nil, fmt.Errorf("s3://%s/%s is published, but not all functions run it: %w", s.Config.bucket, s.Config.key, err)
	}
	return shown, nil
}
