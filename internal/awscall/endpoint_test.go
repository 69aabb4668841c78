package awscall

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	smithyendpoints "github.com/aws/smithy-go/endpoints"
)

// regions has some of each partition.
var regions = []string{
	"us-east-1", "us-west-2", "eu-west-1", "eu-central-2", "ap-southeast-7", "il-central-1", "mx-central-1", "ca-west-1", "me-south-1",
	"cn-north-1", "cn-northwest-1", "us-gov-east-1", "us-gov-west-1", "eusc-de-east-1",
	"us-iso-east-1", "us-iso-west-1", "us-isob-east-1", "eu-isoe-west-1", "us-isof-south-1", "us-isof-east-1", "xx-new-1",
}

// resolve gives the SDK's endpoint, with the bucket in it.
func resolve(ctx context.Context, service, region, bucket string, fips, dual bool) (smithyendpoints.Endpoint, error) {
	switch service {
	case "s3":
		return s3.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, s3.EndpointParameters{
			Bucket: &bucket, Region: &region, UseFIPS: &fips, UseDualStack: &dual,
		}.WithDefaults())
	case "sqs":
		return sqs.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, sqs.EndpointParameters{Region: &region, UseFIPS: &fips, UseDualStack: &dual})
	case "ssm":
		return ssm.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, ssm.EndpointParameters{Region: &region, UseFIPS: &fips, UseDualStack: &dual})
	}
	return secretsmanager.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, secretsmanager.EndpointParameters{Region: &region, UseFIPS: &fips, UseDualStack: &dual})
}

// Each service has the address that the SDK has for it, in each partition, with FIPS and dual-stack endpoints.
func TestEndpoints(t *testing.T) {
	t.Parallel()
	for _, s := range []service{s3Service, sqsService, ssmService, secretsManager} {
		for _, region := range regions {
			for i := range 4 {
				c := &Client{FIPS: i&1 > 0, DualStack: i&2 > 0}
				for _, bucket := range []string{"configs", "with.dots", "A_B"} { // only S3 has buckets
					sdk, err := resolve(t.Context(), s.host, region, bucket, c.FIPS, c.DualStack)
					if err != nil || c.FIPS && strings.HasPrefix(region, "cn-") { // China has no FIPS endpoints
						continue
					}
					got, named, err := c.endpoint(s, region, "", "")
					if s == s3Service {
						got = strings.TrimSuffix(objectURL(got, named, bucket, ""), "/")
					}
					if want := strings.TrimSuffix(sdk.URI.String(), "/"); err != nil || named || got != want {
						t.Errorf("%s in %s, FIPS %t, dual-stack %t: got %s, %v; want %s", s.name, region, c.FIPS, c.DualStack, got, err, want)
					}
				}
			}
		}
	}
}
