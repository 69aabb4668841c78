package aws_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/aws"
)

const (
	topic   = "arn:aws:sns:us-west-2:123456789012:MyTopic"
	host    = "https://sns.us-west-2.amazonaws.com"
	goodPEM = host + "/SimpleNotificationService-0123.pem"
	confirm = host + "/?Action=ConfirmSubscription&TopicArn=" + topic + "&Token=t0ken"
)

// fakeSNS is SNS's side of HTTP: it serves certificates, and confirms.
type fakeSNS struct {
	t      testing.TB
	answer map[string][]byte
	status int
	err    error
	block  chan struct{} // until it is closed nothing is answered; nil for at once

	mu    sync.Mutex
	calls []string
}

func (f *fakeSNS) RoundTrip(req *http.Request) (*http.Response, error) {
	if f.block != nil {
		<-f.block
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, req.URL.String())
	if f.err != nil {
		return nil, f.err
	}
	if _, ok := req.Context().Deadline(); !ok {
		f.t.Errorf("the call to %s has no deadline", req.URL.Host)
	}
	body, ok := f.answer[req.URL.String()]
	status := http.StatusOK
	switch {
	case f.status != 0:
		status = f.status
	case !ok:
		status = http.StatusNotFound
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Location": {"https://example.com/"}},
		Body: io.NopCloser(bytes.NewReader(body)), Request: req,
	}, nil
}

func (f *fakeSNS) wantCalls(t *testing.T, n int) {
	t.Helper()
	if len(f.calls) != n {
		t.Errorf("%d calls, want %d: %q", len(f.calls), n, f.calls)
	}
}

// certificates are what SNS may have at its places, and their issuer's. At goodPEM it has the right one.
func certificates() map[string][]byte {
	a, tomorrow := authorities(), time.Now().Add(24*time.Hour)
	good := func(names ...string) []byte { return asPEM(certify(leaf(tomorrow, names...), &a.middle)) }
	elsewhere, nowhere := leaf(tomorrow, "sns.amazonaws.com"), leaf(tomorrow, "sns.amazonaws.com")
	elsewhere.IssuingCertificateURL, nowhere.IssuingCertificateURL = []string{"http://169.254.169.254/r2m01.cer"}, nil
	return map[string][]byte{
		goodPEM:   good("sns.amazonaws.com"),
		issuerURL: a.middle.Raw,
		at("0a"):  asPEM(certify(leaf(time.Now().Add(-24*time.Hour), "sns.amazonaws.com"), &a.middle)),
		at("0b"):  []byte("hello"),
		at("0c"):  asPEM(certify(nowhere, &a.middle), a.middle),
		at("0d"):  asPEM(certify(elsewhere, &a.middle)),
		at("0e"):  asPEM(certify(leaf(tomorrow, "sns.amazonaws.com"), nil)),
		at("0f"):  asPEM(certify(leaf(tomorrow, "sns.amazonaws.com"), &a.stranger), a.stranger),
		at("1a"):  good("sns.us-west-2.amazonaws.com.example.com"),
		at("1b"):  good("sns-signing.us-west-2.amazonaws.com", "sns.us-west-2.amazonaws.com"),
		at("1c"):  good("sns-signing.us-east-1.amazonaws.com", "sns.us-east-1.amazonaws.com"),
		at("1d"):  append(good("sns.amazonaws.com"), bytes.Repeat([]byte("\n"), 64<<10)...),
		at("1e"):  asPEM(certify(leaf(tomorrow, "sns.amazonaws.com"), &a.root)),
		"https://sns.us-gov-east-1.amazonaws.com/SimpleNotificationService-01.pem":  good("sns-us-gov-west-1.amazonaws.com"),
		"https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-01.pem":  good("sns-cn-north-1.amazonaws.com.cn"),
		"https://sns.ap-southeast-7.amazonaws.com/SimpleNotificationService-01.pem": good("sns-signing.ap-southeast-7.amazonaws.com"),
		confirm: []byte("<ConfirmSubscriptionResponse/>"),
	}
}

// at is the URL of a certificate.
func at(number string) string { return host + "/SimpleNotificationService-" + number + ".pem" }

func newFake(t testing.TB) *fakeSNS {
	t.Helper()
	return &fakeSNS{t: t, answer: certificates()}
}

// newSNS is the provider whose calls go to the fake.
func newSNS(fake *fakeSNS, topics ...string) provider.Provider {
	return aws.NewSNSWithRoots(&http.Client{Transport: fake}, authorities().roots, topics...)
}

type fields map[string]string

func notification(message string) fields {
	return fields{
		"Type": "Notification", "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324", "TopicArn": topic, "Subject": "My First Message",
		"Message": message, "Timestamp": "2012-05-02T00:54:06.655Z", "SignatureVersion": "2", "SigningCertURL": goodPEM,
	}
}

func confirmation() fields {
	return fields{
		"Type": "SubscriptionConfirmation", "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b", "Token": "t0ken", "TopicArn": topic,
		"Message": "You have chosen to subscribe.\nTo confirm, visit.", "SubscribeURL": confirm,
		"Timestamp": "2012-04-26T20:45:04.751Z", "SignatureVersion": "1", "SigningCertURL": goodPEM,
	}
}

// sign lists the documented names itself, without the code under test.
func (f fields) sign(t testing.TB) fields {
	t.Helper()
	names := []string{"Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"}
	if f["Type"] != "Notification" {
		names = []string{"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"}
	}
	var text string
	for _, n := range names {
		if v, ok := f[n]; ok {
			text += n + "\n" + v + "\n"
		}
	}
	hash, sum256 := crypto.SHA256, sha256.Sum256([]byte(text))
	digest := sum256[:]
	if f["SignatureVersion"] == "1" {
		sum1 := sha1.Sum([]byte(text))
		hash, digest = crypto.SHA1, sum1[:]
	}
	signature, err := rsa.SignPKCS1v15(rand.Reader, signer(), hash, digest)
	if err != nil {
		t.Fatal(err)
	}
	f["Signature"] = base64.StdEncoding.EncodeToString(signature)
	return f
}

func (f fields) request(t testing.TB) *provider.Request {
	t.Helper()
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	return &provider.Request{
		Method: http.MethodPost, Path: "/sns", Body: b,
		Header: http.Header{"X-Amz-Sns-Message-Type": {f["Type"]}, "Content-Type": {"text/plain; charset=UTF-8"}},
	}
}

// with signs and then changes a field.
func (f fields) with(t *testing.T, name, value string) fields {
	t.Helper()
	f.sign(t)[name] = value
	return f
}

func without(f fields, name string) fields {
	delete(f, name)
	return f
}

func set(f fields, name, value string) fields {
	f[name] = value
	return f
}
