package aws_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/aws"
)

func TestSNSVerify(t *testing.T) {
	t.Parallel()
	const notItsOwn = "Signature is not that of the message"
	tests := map[string]struct {
		message fields
		want    string // the error, "" for none
		calls   int
	}{
		"version 2":              {message: notification("{}").sign(t), calls: 2},
		"version 1":              {message: set(notification("{}"), "SignatureVersion", "1").sign(t), calls: 2},
		"no subject":             {message: without(notification("{}"), "Subject").sign(t), calls: 2},
		"empty subject":          {message: set(notification("{}"), "Subject", "").sign(t), calls: 2},
		"confirmation":           {message: confirmation().sign(t), calls: 2},
		"unsubscribed":           {message: set(confirmation(), "Type", "UnsubscribeConfirmation").sign(t), calls: 2},
		"changed message":        {notification("{}").with(t, "Message", "[]"), notItsOwn, 2},
		"changed subject":        {notification("{}").with(t, "Subject", "x"), notItsOwn, 2},
		"changed type":           {notification("{}").with(t, "Type", "SubscriptionConfirmation"), notItsOwn, 2},
		"changed URL":            {confirmation().with(t, "SubscribeURL", host+"/?x"), notItsOwn, 2},
		"other version":          {notification("{}").with(t, "SignatureVersion", "1"), notItsOwn, 2},
		"version 3":              {notification("{}").with(t, "SignatureVersion", "3"), "neither 1 nor 2", 0},
		"no signature":           {notification("{}"), "missing or malformed", 0},
		"signature no base64":    {notification("{}").with(t, "Signature", "!"), "missing or malformed", 0},
		"other topic":            {set(notification("{}"), "TopicArn", topic+"2").sign(t), "topic is not one of those allowed", 0},
		"cert expired":           {notification("{}").with(t, "SigningCertURL", at("0a")), "has expired", 1},
		"cert no certificate":    {notification("{}").with(t, "SigningCertURL", at("0b")), "not a certificate in PEM", 1},
		"whole chain":            {message: notification("{}").with(t, "SigningCertURL", at("0c")), calls: 1},
		"issuer elsewhere":       {notification("{}").with(t, "SigningCertURL", at("0d")), "unknown authority", 1},
		"cert of nobody":         {notification("{}").with(t, "SigningCertURL", at("0e")), "unknown authority", 2},
		"cert of a stranger":     {notification("{}").with(t, "SigningCertURL", at("0f")), "unknown authority", 2},
		"cert of another name":   {notification("{}").with(t, "SigningCertURL", at("1a")), "not SNS's, by its name", 1},
		"cert of its region":     {message: notification("{}").with(t, "SigningCertURL", at("1b")), calls: 2},
		"cert of another region": {notification("{}").with(t, "SigningCertURL", at("1c")), "not SNS's, by its name", 1},
		"cert too large":         {notification("{}").with(t, "SigningCertURL", at("1d")), "larger than 64 KiB", 1},
		"cert of the root":       {message: notification("{}").with(t, "SigningCertURL", at("1e")), calls: 1},
		"cert nowhere":           {notification("{}").with(t, "SigningCertURL", at("2a")), "status 404", 1},
		"no time":                {set(notification("{}"), "Timestamp", "yesterday").sign(t), "Timestamp is not a time", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := newFake(t)
			s := newSNS(fake, topic)
			err := s.Verify(tt.message.request(t), nil)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("Verify = %v, want %q", err, tt.want)
			}
			if len(fake.calls) != tt.calls {
				t.Errorf("calls = %q, want %d", fake.calls, tt.calls)
			}
		})
	}
}

// A certificate counts only at SNS's own place in the topic's region. Nothing is called for any other.
func TestSNSCertificateURL(t *testing.T) {
	t.Parallel()
	arn := func(partition, region string) string {
		return "arn:" + partition + ":sns:" + region + ":123456789012:MyTopic"
	}
	const (
		path     = "/SimpleNotificationService-01.pem"
		notSNS   = "is not an https URL of SNS itself"
		notCert  = "is not that of a certificate"
		notTopic = "TopicArn"
	)
	west := arn("aws", "us-west-2")
	for _, tt := range []struct{ topic, url, want string }{
		{arn("aws-us-gov", "us-gov-east-1"), "https://sns.us-gov-east-1.amazonaws.com" + path, ""},
		{arn("aws-cn", "cn-north-1"), "https://sns.cn-north-1.amazonaws.com.cn" + path, ""},
		{arn("aws", "ap-southeast-7"), "https://sns.ap-southeast-7.amazonaws.com" + path, ""},

		{west, "http" + strings.TrimPrefix(goodPEM, "https"), notSNS},
		{west, "https://example.com" + path, notSNS},
		{west, "https://sns.us-west-2.amazonaws.com.example.com" + path, notSNS},
		{west, "https://sns.s3-us-west-2.amazonaws.com" + path, notSNS},
		{west, "https://sns.s3.us-west-2.amazonaws.com" + path, notSNS},
		{west, "https://sns.us-west-2.s3.amazonaws.com" + path, notSNS},
		{west, "https://sns.us-west-2.amazonaws.com.cn" + path, notSNS},
		{west, "https://sns.us-east-1.amazonaws.com" + path, notSNS},
		{west, "https://SNS.us-west-2.amazonaws.com" + path, notSNS},
		{west, "https://sns.us-west-2.amazonaws.com:443" + path, notSNS},
		{west, "https://sns.us-west-2.amazonaws.com." + path, notSNS},
		{west, "https://x@sns.us-west-2.amazonaws.com" + path, notSNS},
		{west, "https://example.com\\@sns.us-west-2.amazonaws.com" + path, notSNS},
		{west, goodPEM + "#x", notSNS},
		{west, "", notSNS},
		{west, goodPEM + "?", notCert},
		{west, goodPEM + "?x=y", notCert},
		{west, host + "/bucket/SimpleNotificationService-01.pem", notCert},
		{west, host + "/SimpleNotificationService-..%2f01.pem", notCert},
		{west, host + "/SimpleNotificationService-0%31.pem", notCert},
		{west, host + "/SimpleNotificationService-xyz.pem", notCert},
		{west, host + "/SimpleNotificationService-.pem", notCert},
		{west, host + "/x.pem", notCert},
		{west, confirm, notCert},

		// The region of the topic must be one, and in its partition.
		{arn("aws", "s3-us-west-2"), "https://sns.s3-us-west-2.amazonaws.com" + path, notTopic},
		{arn("aws", "s3"), "https://sns.s3.amazonaws.com" + path, notTopic},
		{arn("aws", "us-east-1.s3"), "https://sns.us-east-1.s3.amazonaws.com" + path, notTopic},
		{arn("aws", ""), "https://sns..amazonaws.com" + path, notTopic},
		{arn("aws", "cn-north-1"), "https://sns.cn-north-1.amazonaws.com.cn" + path, notTopic},
		{arn("aws-cn", "us-west-2"), goodPEM, notTopic},
		{arn("aws-us-gov", "us-west-2"), goodPEM, notTopic},
		{arn("aws-iso-e", "eu-isoe-west-1"), "https://sns.eu-isoe-west-1.amazonaws.com" + path, notTopic},
		{"arn:aws:s3:us-west-2:123456789012:MyTopic", goodPEM, notTopic},
		{"us-west-2", goodPEM, notTopic},
	} {
		fake := newFake(t)
		message := notification("{}")
		message["TopicArn"], message["SigningCertURL"] = tt.topic, tt.url
		err := newSNS(fake, "*").Verify(message.sign(t).request(t), nil)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s of %s: Verify = %v, want %q", tt.url, tt.topic, err, tt.want)
		}
		if tt.want != "" && len(fake.calls) > 0 {
			t.Errorf("%s of %s: calls %q", tt.url, tt.topic, fake.calls)
		}
	}
}

// SNS's signature does not show whose topic it is: the topic must be allowed, or the URL must hold the secret.
func TestSNSVerifyTopicOrSecret(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		topics  []string
		path    string
		raw     bool
		secrets []string
		ok      bool
	}{
		"the topic":            {topics: []string{"arn:other", topic}, path: "/sns", ok: true},
		"an account's topics":  {topics: []string{"arn:aws:sns:us-west-2:123456789012:*"}, path: "/sns", ok: true},
		"any topic":            {topics: []string{"*"}, path: "/sns", ok: true},
		"no topic, secret":     {path: "/sns/s3cr3t", secrets: []string{"s3cr3t"}, ok: true},
		"no topic, wrong":      {path: "/sns/hunter2", secrets: []string{"s3cr3t"}},
		"no topic, no secret":  {path: "/sns/"},
		"nothing":              {path: "/sns"},
		"prefix of a topic":    {topics: []string{strings.TrimSuffix(topic, "c")}, path: "/sns"},
		"raw with the secret":  {path: "/sns/s3cr3t", raw: true, secrets: []string{"s3cr3t"}, ok: true},
		"raw with the topic":   {topics: []string{topic}, path: "/sns", raw: true, secrets: []string{"s3cr3t"}},
		"raw without anything": {topics: []string{"*"}, path: "/sns", raw: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSNS(newFake(t), tt.topics...)
			req := notification("{}").sign(t).request(t)
			req.Path = tt.path
			if tt.raw {
				req.Header.Set("X-Amz-Sns-Rawdelivery", "true")
			}
			err := s.Verify(req, tt.secrets)
			var unauthorized *provider.UnauthorizedError
			if tt.ok && err != nil || !tt.ok && !errors.As(err, &unauthorized) {
				t.Errorf("Verify = %v, want ok %v", err, tt.ok)
			}
		})
	}
}

func TestSNSRecognise(t *testing.T) {
	t.Parallel()
	s := aws.NewSNS(nil)
	if !s.Recognise(notification("").request(t).Header) || s.Recognise(http.Header{"X-Github-Event": {"push"}}) {
		t.Error("Recognise goes by another header than X-Amz-Sns-Message-Type")
	}
}

func TestSNSParse(t *testing.T) {
	t.Parallel()
	s := aws.NewSNS(nil)
	d, err := s.Parse(notification(string(read(t, "s3-records"))).request(t))
	if err != nil || len(d.Events) != 3 || d.ID == "" {
		t.Errorf("Parse = %+v, %v; want three objects and an id", d, err)
	}
	raw := &provider.Request{Header: http.Header{"X-Amz-Sns-Rawdelivery": {"true"}}, Body: read(t, "ecr-push")}
	if d, err := s.Parse(raw); err != nil || len(d.Events) != 1 {
		t.Errorf("Parse of raw delivery = %+v, %v; want one image", d, err)
	}
	if d, err := s.Parse(set(confirmation(), "Type", "UnsubscribeConfirmation").request(t)); err != nil || d.Ignored == "" {
		t.Errorf("Parse of an unsubscription = %+v, %v; want it ignored", d, err)
	}
	var malformed *provider.MalformedError
	for _, bad := range []fields{notification("hunter2"), set(notification("{}"), "Type", "hunter2")} {
		if d, err := s.Parse(bad.request(t)); !errors.As(err, &malformed) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("Parse = %+v, %v; want a *provider.MalformedError that quotes nothing", d, err)
		}
	}
}

func TestSNSConfirm(t *testing.T) {
	t.Parallel()
	query := strings.TrimPrefix(confirm, host+"/")
	to := func(url string) fields { return set(confirmation(), "SubscribeURL", url).sign(t) }
	tests := map[string]struct {
		message fields
		status  int
		ignored string
		wantErr string
		visited bool
	}{
		"confirmed":    {message: confirmation().sign(t), ignored: "SNS subscription confirmed", visited: true},
		"unsigned":     {message: confirmation(), wantErr: "Signature is missing"},
		"tampered":     {message: confirmation().with(t, "Token", "x"), wantErr: "Signature is not that of the message"},
		"URL of other": {message: to("https://example.com/" + query), wantErr: "SubscribeURL is not"},
		"of a bucket":  {message: to("https://sns.s3-us-west-2.amazonaws.com/" + query), wantErr: "SubscribeURL is not"},
		"of a region":  {message: to("https://sns.us-east-1.amazonaws.com/" + query), wantErr: "SubscribeURL is not"},
		"another path": {message: to(host + "/x" + query), wantErr: "does not confirm"},
		"no action":    {message: to(strings.Replace(confirm, "Action=ConfirmSubscription&", "", 1)), wantErr: "does not confirm"},
		"other action": {message: to(strings.Replace(confirm, "=Confirm", "=Un", 1)), wantErr: "does not confirm"},
		"two actions":  {message: to(confirm + "&Action=Publish"), wantErr: "does not confirm"},
		"other topic":  {message: to(strings.Replace(confirm, "MyTopic", "MyTopic2", 1)), wantErr: "does not confirm"},
		"no topic":     {message: to(strings.Replace(confirm, "TopicArn", "x", 1)), wantErr: "does not confirm"},
		"refused":      {message: to(confirm + "&x"), wantErr: "status 404"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := newFake(t)
			d, err := newSNS(fake, topic).Parse(tt.message.request(t))
			if tt.wantErr == "" && err != nil || tt.wantErr != "" && (err == nil || !strings.Contains(err.Error(), tt.wantErr)) {
				t.Fatalf("Parse: %v, want %q", err, tt.wantErr)
			}
			if err != nil && strings.Contains(err.Error(), "t0ken") {
				t.Errorf("error %q holds the token", err)
			}
			if d.Ignored != tt.ignored {
				t.Errorf("ignored = %q, want %q", d.Ignored, tt.ignored)
			}
			visited := false
			for _, c := range fake.calls {
				visited = visited || c == confirm
			}
			if visited != tt.visited {
				t.Errorf("calls = %q, want the confirmation visited: %v", fake.calls, tt.visited)
			}
		})
	}
}

// A redirect is not followed, since it may go anywhere; without a client nothing is called at all.
func TestSNSConfirmGoesNowhereElse(t *testing.T) {
	t.Parallel()
	fake := newFake(t)
	s := newSNS(fake, topic)
	req := confirmation().sign(t).request(t)
	if err := s.Verify(req, nil); err != nil {
		t.Fatal(err)
	}
	fake.status = http.StatusFound
	if d, err := s.Parse(req); err == nil || !strings.Contains(err.Error(), "status 302") {
		t.Errorf("Parse = %+v, %v; want the status 302 for an error", d, err)
	}
	for _, c := range fake.calls {
		if strings.HasPrefix(c, "https://example.com") {
			t.Errorf("calls = %q, want none beside SNS's", fake.calls)
		}
	}
	if d, err := aws.NewSNS(nil, topic).Parse(req); err != nil || d.Ignored != "SubscriptionConfirmation event ignored" {
		t.Errorf("Parse without a client = %+v, %v; want it ignored", d, err)
	}
}
