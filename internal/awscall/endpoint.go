package awscall

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/aws/smithy-go/encoding/httpbinding"
)

// service is one of AWS's.
type service struct {
	name string // as errors call it
	host string // the first part of its host names, and what requests are signed for
	env  string // its name in variables
	// target is before the operation's name in the header of the JSON protocol, and json that protocol's version.
	target, json string
}

var (
	s3Service      = service{name: "S3", host: "s3", env: "S3"}
	sqsService     = service{name: "SQS", host: "sqs", env: "SQS", target: "AmazonSQS.", json: "1.0"}
	ssmService     = service{name: "Systems Manager", host: "ssm", env: "SSM", target: "AmazonSSM.", json: "1.1"}
	secretsManager = service{name: "Secrets Manager", host: "secretsmanager", env: "SECRETS_MANAGER", target: "secretsmanager.", json: "1.1"}
)

// partition is a part of AWS with domains of its own. The list is that of the SDK's endpoint rules
// (https://github.com/aws/aws-sdk-go-v2/blob/main/internal/endpoints/awsrulesfn/partitions.json); a test compares.
type partition struct{ regions, domain, dualStack string }

var partitions = []partition{
	{"cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
	{"eusc-", "amazonaws.eu", "api.amazonwebservices.eu"},
	{"us-iso-", "c2s.ic.gov", "api.aws.ic.gov"},
	{"us-isob-", "sc2s.sgov.gov", "api.aws.scloud"},
	{"eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
	{"us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
	{"", "amazonaws.com", "api.aws"},
}

// hostLabel is the form of what may be a part of a host name. A region that is none would send a request elsewhere.
var hostLabel = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// endpoint is a service's endpoint in a region: first, else what the settings name, else last, else AWS's. named says that it is not
// AWS's.
func (c *Client) endpoint(s service, region, first, last string) (base string, named bool, err error) {
	if !hostLabel.MatchString(region) {
		return "", false, fmt.Errorf("calling %s: %q is not an AWS region; set AWS_REGION to one such as eu-west-1", s.name, region)
	}
	if base = first; base == "" && c.Endpoint != nil {
		base = c.Endpoint(s.env)
	}
	if base = cmp.Or(base, last); base != "" {
		return strings.TrimSuffix(base, "/"), true, nil
	}
	return "https://" + c.host(s, region), false, nil
}

// host is the host name of a service of AWS. The rules are those of the SDK's endpoint resolvers; a test compares.
func (c *Client) host(s service, region string) string {
	var in partition
	for _, in = range partitions {
		if strings.HasPrefix(region, in.regions) {
			break
		}
	}
	name, domain := s.host, in.domain
	switch {
	case c.FIPS && !c.DualStack && (s == sqsService || s == ssmService) && strings.HasPrefix(region, "us-gov-"): // all are FIPS there
	case c.FIPS:
		name += "-fips"
	}
	switch {
	case c.DualStack && s == s3Service:
		name += ".dualstack"
	case c.DualStack && s == secretsManager && strings.HasPrefix(domain, "amazonaws.com"): // it has both kinds of addresses
	case c.DualStack:
		domain = in.dualStack
	}
	return name + "." + region + "." + domain
}

// dnsBucket is the form of a bucket's name that may be a part of a host name whose certificate AWS has: without dots
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html).
var dnsBucket = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`)

// objectURL is an object's address at an S3 endpoint. Servers other than AWS's usually do not have a host name for each bucket.
func objectURL(base string, named bool, bucket, key string) string {
	key = httpbinding.EscapePath(key, false)
	if scheme, host, ok := strings.Cut(base, "://"); ok && !named && dnsBucket.MatchString(bucket) {
		return scheme + "://" + bucket + "." + host + "/" + key
	}
	return base + "/" + url.PathEscape(bucket) + "/" + key
}
