package aws

import (
	"context"
	"crypto/x509"
	"net/http"
	"strings"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// maxSNSBody has room for the largest message, 256 KiB (https://docs.aws.amazon.com/general/latest/gr/sns.html), as a string of
// JSON. SNS's signature can only be verified once the message is decoded.
const maxSNSBody = 512 << 10

// callTimeout bounds each call to SNS, which itself waits 15 seconds for an answer
// (https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.prepare.html).
const callTimeout = 5 * time.Second

type sns struct {
	topics []string
	client *http.Client
	certs  certificates
}

// NewSNS makes the provider for Amazon SNS over HTTP
// (https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html). SNS's signature shows that SNS sent a
// message, but not for whom, and anyone may have a topic. So a message counts only if its topic is one of the topics, or if
// the URL holds a secret: /sns/SECRET. A topic is an ARN; "*" at its end stands for anything.
//
// The client fetches certificates, and confirms a subscription when its verified confirmation is parsed. Without a client
// (nil) nothing is confirmed and no signature is accepted, which is enough to parse only.
func NewSNS(client *http.Client, topics ...string) provider.Provider {
	return newSNS(client, nil, topics...)
}

// newSNS is NewSNS with the roots that are trusted; nil for the system's.
func newSNS(client *http.Client, roots *x509.CertPool, topics ...string) provider.Provider {
	s := &sns{topics: topics, client: client, certs: certificates{
		client: client, roots: roots, kept: make(map[string]*x509.Certificate), failed: make(map[string]failure),
	}}
	return provider.Provider{
		Name:          "sns",
		Recognise:     provider.ByHeader("X-Amz-Sns-Message-Type"),
		Refuse:        s.refuse,
		MaxBody:       maxSNSBody,
		Verify:        s.verify,
		Parse:         s.parse,
		SelfVerifying: true,
	}
}

// verify checks that the topic or the URL is allowed, and then the signature. A raw message has no signature, so it needs the
// secret in the URL.
func (s *sns) verify(req *provider.Request, secrets []string) error {
	if err := s.refuse(req, secrets); err != nil || isRaw(req) {
		return err
	}
	m, err := readMessage(req)
	if err != nil {
		return provider.Unauthorized("the body is not a signed SNS message")
	}
	if !bySecret(req, secrets) && !s.allows(m.TopicARN) {
		return errTopic
	}
	if err := m.fresh(req); err != nil {
		return err
	}
	return s.verifySignature(m)
}

var errTopic = provider.Unauthorized("the SNS topic is not one of those allowed, and the URL does not hold the secret, /sns/SECRET")

// refuse refuses what needs the secret in the URL and does not have it: raw messages, and those of a topic that is not allowed. SNS
// names the topic in a header, too; a proxy may have dropped that.
func (s *sns) refuse(req *provider.Request, secrets []string) error {
	switch {
	case bySecret(req, secrets):
		return nil
	case isRaw(req):
		return provider.Unauthorized("SNS's raw message delivery is not signed: it needs a secret in the URL, /sns/SECRET")
	}
	if topic := req.Header.Get("X-Amz-Sns-Topic-Arn"); len(s.topics) == 0 || topic != "" && !s.allows(topic) {
		return errTopic
	}
	return nil
}

func bySecret(req *provider.Request, secrets []string) bool {
	return provider.URLSecret("sns")(req, secrets) == nil
}

func (s *sns) verifySignature(m *message) error {
	o, err := originOf(m.TopicARN)
	if err != nil {
		return err
	}
	signature, err := m.signature()
	if err != nil {
		return err
	}
	key, err := s.certs.key(o, m.SigningCertURL)
	if err != nil {
		return err
	}
	return signature.verify(key)
}

// parse reads the message that SNS carries, or confirms the subscription.
func (s *sns) parse(req *provider.Request) (provider.Delivery, error) {
	if isRaw(req) {
		return ParseNotification(req.Body)
	}
	m, err := readMessage(req)
	if err != nil {
		return provider.Delivery{}, err
	}
	switch m.Type {
	case "Notification":
		d, err := ParseNotification([]byte(m.Message))
		if d.ID == "" {
			d.ID = provider.SafeID(m.MessageID)
		}
		return d, err
	case "SubscriptionConfirmation":
		return s.confirm(m)
	case "UnsubscribeConfirmation":
		return provider.Ignored(m.MessageID, m.Type), nil
	}
	return provider.Delivery{}, provider.Malformed("Type is not Notification, SubscriptionConfirmation or UnsubscribeConfirmation")
}

// confirm visits the URL that confirms the subscription. It verifies the signature again, so that no call goes out for a
// message that nobody verified.
func (s *sns) confirm(m *message) (provider.Delivery, error) {
	d := provider.Ignored(m.MessageID, m.Type)
	if s.client == nil {
		return d, nil
	}
	if err := s.verifySignature(m); err != nil {
		return provider.Delivery{}, err
	}
	if err := s.visit(m); err != nil {
		return provider.Delivery{}, err
	}
	d.Ignored = "SNS subscription confirmed"
	return d, nil
}

// visit calls the SubscribeURL of a verified message.
func (s *sns) visit(m *message) error {
	o, err := originOf(m.TopicARN)
	if err != nil {
		return err
	}
	u, err := o.subscribeURL(m.SubscribeURL, m.TopicARN)
	if err != nil {
		return err
	}
	if err := s.certs.take(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	_, err = provider.Fetch(ctx, s.client, "confirming the SNS subscription", u)
	return err
}

// allows reports whether messages of the topic count.
func (s *sns) allows(topic string) bool {
	for _, t := range s.topics {
		if prefix, ok := strings.CutSuffix(t, "*"); topic == t || ok && strings.HasPrefix(topic, prefix) {
			return true
		}
	}
	return false
}

func isRaw(req *provider.Request) bool {
	return strings.EqualFold(req.Header.Get("X-Amz-Sns-Rawdelivery"), "true")
}
