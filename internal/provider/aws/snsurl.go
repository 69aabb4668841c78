package aws

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

var (
	// region is a region's name: us-east-1, us-gov-west-1, ap-southeast-7. Nothing else that stands before amazonaws.com looks like
	// one, such as s3-us-west-2, below which anybody can have a bucket of the name sns.
	region = regexp.MustCompile(`^[a-z]{2}(-[a-z]+){1,3}-[0-9]{1,2}$`)
	// certificatePath is where SNS keeps its certificates.
	certificatePath = regexp.MustCompile(`^/SimpleNotificationService-[0-9a-f]{1,64}\.pem$`)
)

// origin is the region's SNS that a topic belongs to.
type origin struct{ region, domain string }

// originOf finds it by the topic's ARN, arn:PARTITION:sns:REGION:ACCOUNT:NAME
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html). The partitions that are cut off from the internet have
// other domains; they are not supported.
func originOf(topic string) (origin, error) {
	parts := strings.SplitN(topic, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "sns" || !region.MatchString(parts[3]) {
		return origin{}, provider.Unauthorized("the SNS message's TopicArn is not a topic's ARN")
	}
	o, partition := origin{parts[3], "amazonaws.com"}, "aws"
	switch {
	case strings.HasPrefix(o.region, "cn-"):
		o.domain, partition = "amazonaws.com.cn", "aws-cn"
	case strings.HasPrefix(o.region, "us-gov-"):
		partition = "aws-us-gov"
	}
	if parts[1] != partition {
		return origin{}, provider.Unauthorized("the SNS message's TopicArn has a region that is not in its partition")
	}
	return o, nil
}

func (o origin) host() string { return "sns." + o.region + "." + o.domain }

// names are those that a signing certificate may have (signingCertCommonName in
// https://github.com/aws/aws-sdk-java-v2/blob/master/services-custom/sns-message-manager/src/main/java/software/amazon/awssdk/messagemanager/sns/internal/SnsHostProvider.java,
// which lists the regions with each).
func (o origin) names() []string {
	names := []string{"sns." + o.domain, o.host(), "sns-signing." + o.region + "." + o.domain, "sns-" + o.region + "." + o.domain}
	if strings.HasPrefix(o.region, "us-gov-") {
		names = append(names, "sns-us-gov-west-1."+o.domain)
	}
	return names
}

// url reads a message's URL, which must be one of this SNS. The error names the field and not the URL, which may hold a token.
func (o origin) url(field, raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || !strings.HasPrefix(raw, "https://"+o.host()+"/") || strings.Contains(raw, "#") {
		return nil, provider.Unauthorized("the SNS message's %s is not an https URL of SNS itself, in the topic's region", field)
	}
	return u, nil
}

// certificateURL reads SigningCertURL.
func (o origin) certificateURL(raw string) (*url.URL, error) {
	u, err := o.url("SigningCertURL", raw)
	if err != nil {
		return nil, err
	}
	if strings.Contains(raw, "?") || u.RawPath != "" || !certificatePath.MatchString(u.Path) {
		return nil, provider.Unauthorized("the SNS message's SigningCertURL is not that of a certificate")
	}
	return u, nil
}

// subscribeURL reads SubscribeURL, which must confirm a subscription to the topic, and do nothing else.
func (o origin) subscribeURL(raw, topic string) (*url.URL, error) {
	u, err := o.url("SubscribeURL", raw)
	if err != nil {
		return nil, err
	}
	query, err := url.ParseQuery(u.RawQuery)
	one := func(name, value string) bool { return len(query[name]) == 1 && query.Get(name) == value }
	if err != nil || u.Path != "/" || !one("Action", "ConfirmSubscription") || !one("TopicArn", topic) {
		return nil, provider.Unauthorized("the SNS message's SubscribeURL does not confirm a subscription to its topic")
	}
	return u, nil
}
