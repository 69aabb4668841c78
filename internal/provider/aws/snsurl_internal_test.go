package aws

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// FuzzSNSURL: what is taken for a certificate's URL is made of the topic's region and hexadecimal digits, and of nothing else; what is
// taken for a SubscribeURL calls that SNS to confirm that topic.
func FuzzSNSURL(f *testing.F) {
	const arn = "arn:aws:sns:us-west-2:123456789012:app"
	for _, topic := range []string{arn, "arn:aws-cn:sns:cn-north-1:1:x", "arn:aws-us-gov:sns:us-gov-west-1:1:x", "arn:aws:sns:s3-us-west-2:1:x"} {
		for _, host := range []string{"sns.us-west-2.amazonaws.com", "sns.s3-us-west-2.amazonaws.com", "sns.cn-north-1.amazonaws.com.cn", "x@sns.us-west-2.amazonaws.com:443"} {
			f.Add(topic, "https://"+host+"/SimpleNotificationService-0af1.pem")
			f.Add(topic, "https://"+host+"/?Action=ConfirmSubscription&TopicArn="+topic+"&Token=x")
		}
	}
	wantRegion := regexp.MustCompile(`^[a-z-]+-[0-9]+$`)
	f.Fuzz(func(t *testing.T, topic, raw string) {
		o, err := originOf(topic)
		if err != nil {
			return
		}
		parts := strings.Split(topic, ":")
		if len(parts) < 6 || o.region != parts[3] || !wantRegion.MatchString(o.region) || strings.HasPrefix(o.region, "s3") {
			t.Fatalf("topic %q has region %q", topic, o.region)
		}
		host := "https://sns." + o.region + ".amazonaws.com"
		if parts[1] == "aws-cn" {
			host += ".cn"
		}
		if _, err := o.certificateURL(raw); err == nil {
			digits, ok := strings.CutPrefix(raw, host+"/SimpleNotificationService-")
			if rest := strings.TrimLeft(digits, "0123456789abcdef"); !ok || rest != ".pem" {
				t.Fatalf("%q is taken for a certificate's URL of %s", raw, topic)
			}
		}
		if u, err := o.subscribeURL(raw, topic); err == nil {
			query, err := url.ParseQuery(u.RawQuery)
			if err != nil || u.Scheme+"://"+u.Host != host ||
				!slices.Equal(query["Action"], []string{"ConfirmSubscription"}) || !slices.Equal(query["TopicArn"], []string{topic}) {
				t.Fatalf("%q is taken for a SubscribeURL of %s", raw, topic)
			}
		}
	})
}
