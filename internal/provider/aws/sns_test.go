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
	const notItsOwn, notSNS = "Signature is not that of the message", "is not an https URL of SNS itself"
	tests := map[string]struct {
		message fields
		want    string // the error, "" for none
		calls   int
	}{
		"version 2":           {message: notification("{}").sign(t), calls: 1},
		"version 1":           {message: set(notification("{}"), "SignatureVersion", "1").sign(t), calls: 1},
		"no subject":          {message: without(notification("{}"), "Subject").sign(t), calls: 1},
		"empty subject":       {message: set(notification("{}"), "Subject", "").sign(t), calls: 1},
		"confirmation":        {message: confirmation().sign(t), calls: 1},
		"unsubscribed":        {message: set(confirmation(), "Type", "UnsubscribeConfirmation").sign(t), calls: 1},
		"changed message":     {notification("{}").with(t, "Message", "[]"), notItsOwn, 1},
		"changed subject":     {notification("{}").with(t, "Subject", "x"), notItsOwn, 1},
		"changed type":        {notification("{}").with(t, "Type", "SubscriptionConfirmation"), notItsOwn, 1},
		"changed URL":         {confirmation().with(t, "SubscribeURL", host+"/?x"), notItsOwn, 1},
		"other version":       {notification("{}").with(t, "SignatureVersion", "1"), notItsOwn, 1},
		"version 3":           {notification("{}").with(t, "SignatureVersion", "3"), "neither 1 nor 2", 1},
		"no signature":        {notification("{}"), "missing or malformed", 1},
		"signature no base64": {notification("{}").with(t, "Signature", "!"), "missing or malformed", 1},
		"other topic":         {set(notification("{}"), "TopicArn", topic+"2").sign(t), "topic is not one of those allowed", 0},
		"cert over http":      {notification("{}").with(t, "SigningCertURL", "http"+strings.TrimPrefix(goodPEM, "https")), notSNS, 0},
		"cert elsewhere":      {notification("{}").with(t, "SigningCertURL", "https://example.com/x.pem"), notSNS, 0},
		"cert at a lookalike": {notification("{}").with(t, "SigningCertURL", "https://sns.us-west-2.amazonaws.com.example.com/x.pem"), notSNS, 0},
		"cert at a bucket":    {notification("{}").with(t, "SigningCertURL", "https://sns.s3.us-west-2.amazonaws.com/x.pem"), notSNS, 0},
		"cert at a port":      {notification("{}").with(t, "SigningCertURL", "https://sns.us-west-2.amazonaws.com:8443/x.pem"), notSNS, 0},
		"cert with a user":    {notification("{}").with(t, "SigningCertURL", "https://x@sns.us-west-2.amazonaws.com/x.pem"), notSNS, 0},
		"no cert":             {notification("{}").with(t, "SigningCertURL", ""), notSNS, 0},
		"cert no pem":         {notification("{}").with(t, "SigningCertURL", confirm), "is not that of a certificate", 0},
		"cert expired":        {notification("{}").with(t, "SigningCertURL", oldPEM), "has expired", 1},
		"cert in China":       {notification("{}").with(t, "SigningCertURL", "https://sns.cn-north-1.amazonaws.com.cn/x.pem"), "status 404", 1},
		"cert no certificate": {notification("{}").with(t, "SigningCertURL", textPEM), "not a certificate in PEM", 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := newFake(t)
			s := aws.NewSNS(&http.Client{Transport: fake}, topic)
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
			s := aws.NewSNS(&http.Client{Transport: newFake(t)}, tt.topics...)
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

// The certificate is fetched once. Where that fails, the message is not called unauthorized, and the error has no URL.
func TestSNSCertificateIsKept(t *testing.T) {
	t.Parallel()
	fake := newFake(t)
	s := aws.NewSNS(&http.Client{Transport: fake}, "*")
	fake.err = errors.New("connection refused")
	err := s.Verify(notification("{}").sign(t).request(t), nil)
	var unauthorized *provider.UnauthorizedError
	if err == nil || errors.As(err, &unauthorized) || strings.Contains(err.Error(), goodPEM) || !strings.Contains(err.Error(), "refused") {
		t.Errorf("Verify = %v, want an error of its own that says why, without the URL", err)
	}
	fake.err = nil
	for range 3 {
		if err := s.Verify(notification("{}").sign(t).request(t), nil); err != nil {
			t.Errorf("Verify: %v", err)
		}
	}
	if len(fake.calls) != 2 {
		t.Errorf("calls = %q, want the failed one and one more", fake.calls)
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
		"URL of other": {message: set(confirmation(), "SubscribeURL", "https://example.com/?Token=t0ken").sign(t), wantErr: "SubscribeURL is not"},
		"refused":      {message: set(confirmation(), "SubscribeURL", host+"/?Token=t0ken&x").sign(t), wantErr: "status 404"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := newFake(t)
			d, err := aws.NewSNS(&http.Client{Transport: fake}, topic).Parse(tt.message.request(t))
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
	s := aws.NewSNS(&http.Client{Transport: fake}, topic)
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
