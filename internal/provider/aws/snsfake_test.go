package aws_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

const (
	topic   = "arn:aws:sns:us-west-2:123456789012:MyTopic"
	host    = "https://sns.us-west-2.amazonaws.com"
	goodPEM = host + "/SimpleNotificationService-0123.pem"
	oldPEM  = host + "/SimpleNotificationService-expired.pem"
	textPEM = host + "/SimpleNotificationService-text.pem"
	confirm = host + "/?Action=ConfirmSubscription&Token=t0ken"
)

// signer signs as SNS does.
var signer = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// certificate makes the signer's certificate, valid until the time.
func certificate(t *testing.T, until time.Time) []byte {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "sns.amazonaws.com"},
		NotBefore:    until.Add(-48 * time.Hour),
		NotAfter:     until,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, signer().Public(), signer())
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// fakeSNS is SNS's side of HTTP: it serves certificates, and confirms.
type fakeSNS struct {
	t      *testing.T
	answer map[string][]byte
	status int
	err    error

	mu    sync.Mutex
	calls []string
}

func (f *fakeSNS) RoundTrip(req *http.Request) (*http.Response, error) {
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

func newFake(t *testing.T) *fakeSNS {
	t.Helper()
	return &fakeSNS{t: t, answer: map[string][]byte{
		goodPEM: certificate(t, time.Now().Add(24*time.Hour)),
		oldPEM:  certificate(t, time.Now().Add(-24*time.Hour)),
		textPEM: []byte("hello"),
		confirm: []byte("<ConfirmSubscriptionResponse/>"),
	}}
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
func (f fields) sign(t *testing.T) fields {
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

func (f fields) request(t *testing.T) *provider.Request {
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
