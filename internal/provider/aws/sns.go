package aws

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// callTimeout bounds each call to SNS, which itself waits 15 seconds for an answer
// (https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.prepare.html).
const callTimeout = 5 * time.Second

// SNS is Amazon SNS over HTTP. Its signature shows that SNS sent a message, not on whose behalf: anyone may have a topic.
// So a message counts only if its topic is one of Topics, or if the URL holds a secret: /sns/SECRET.
//
// A subscription is confirmed when its confirmation is parsed, having been verified.
type SNS struct {
	topics []string
	client *http.Client
	certs  certificates
}

var _ provider.SelfVerifying = (*SNS)(nil)

// NewSNS makes the provider. The topics are the ARNs of those whose messages count, "*" at the end standing for anything.
// The client fetches certificates and confirms subscriptions; without one (nil) nothing is confirmed and every signature
// is refused, as for a dry run that only parses.
func NewSNS(client *http.Client, topics ...string) *SNS {
	s := &SNS{topics: topics, client: client}
	s.certs.client = client
	return s
}

// Name is "sns".
func (*SNS) Name() string { return "sns" }

// SelfVerifying marks that the signature needs no secret.
func (*SNS) SelfVerifying() {}

// Recognise knows the header that SNS always sends
// (https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html).
func (*SNS) Recognise(h http.Header) bool { return h.Get("X-Amz-Sns-Message-Type") != "" }

// Verify checks that the topic or the URL may send, and then the signature. Raw message delivery has none, so it needs
// the secret in the URL.
func (s *SNS) Verify(req *provider.Request, secrets []string) error {
	bySecret := provider.VerifyURLSecret(req, s.Name(), secrets) == nil
	if isRaw(req) {
		if !bySecret {
			return provider.Unauthorized("SNS's raw message delivery is not signed: it needs a secret in the URL, /sns/SECRET")
		}
		return nil
	}
	m, err := readMessage(req)
	if err != nil {
		return provider.Unauthorized("the body is not a signed SNS message")
	}
	if !bySecret && !s.allows(m.TopicARN) {
		return provider.Unauthorized("the SNS topic is not one of those allowed, and the URL has no right secret, /sns/SECRET")
	}
	return s.verifySignature(m)
}

func (s *SNS) verifySignature(m *message) error {
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	key, err := s.certs.key(ctx, m.SigningCertURL)
	if err != nil {
		return err
	}
	return m.verify(key)
}

// Parse reads the message that SNS carries, or confirms the subscription.
func (s *SNS) Parse(req *provider.Request) (provider.Delivery, error) {
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
			d.ID = word(m.MessageID)
		}
		return d, err
	case "SubscriptionConfirmation":
		return s.confirm(m)
	case "UnsubscribeConfirmation":
		return provider.Ignored(word(m.MessageID), m.Type), nil
	}
	return provider.Delivery{}, provider.Malformed("Type is none of Notification, SubscriptionConfirmation, UnsubscribeConfirmation")
}

// confirm visits the URL that confirms the subscription. It verifies the signature once more, so that no call goes out for
// a message that nobody verified.
func (s *SNS) confirm(m *message) (provider.Delivery, error) {
	d := provider.Delivery{ID: word(m.MessageID), Name: m.Type}
	if s.client == nil {
		d.Ignored = m.Type + " event ignored"
		return d, nil
	}
	if err := s.verifySignature(m); err != nil {
		return provider.Delivery{}, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	if _, err := get(ctx, s.client, "confirming the SNS subscription", "SubscribeURL", m.SubscribeURL); err != nil {
		return provider.Delivery{}, err
	}
	d.Ignored = "SNS subscription confirmed"
	return d, nil
}

// allows reports whether messages of the topic count.
func (s *SNS) allows(topic string) bool {
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
