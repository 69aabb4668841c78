package aws

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // SNS's signature version 1, still the default of a topic
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// message is what SNS posts
// (https://docs.aws.amazon.com/sns/latest/dg/http-notification-json.html and http-subscription-confirmation-json.html).
type message struct {
	Type             string  `json:"Type"`
	MessageID        string  `json:"MessageId"`
	Token            string  `json:"Token"` // confirmations only
	TopicARN         string  `json:"TopicArn"`
	Subject          *string `json:"Subject"` // part of the signature where present
	Message          string  `json:"Message"`
	SubscribeURL     string  `json:"SubscribeURL"` // confirmations only
	Timestamp        string  `json:"Timestamp"`
	SignatureVersion string  `json:"SignatureVersion"`
	Signature        string  `json:"Signature"`
	SigningCertURL   string  `json:"SigningCertURL"`
}

func readMessage(req *provider.Request) (*message, error) {
	var m message
	if err := provider.Decode("the body", req.Body, &m); err != nil {
		return nil, err
	}
	return &m, nil
}

// signed is the text that SNS signs: names and values in the order of the names, each on a line
// (https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html).
func (m *message) signed() []byte {
	var b strings.Builder
	add := func(name, value string) { b.WriteString(name + "\n" + value + "\n") }
	confirmation := m.Type != "Notification"
	add("Message", m.Message)
	add("MessageId", m.MessageID)
	if !confirmation && m.Subject != nil {
		add("Subject", *m.Subject)
	}
	if confirmation {
		add("SubscribeURL", m.SubscribeURL)
	}
	add("Timestamp", m.Timestamp)
	if confirmation {
		add("Token", m.Token)
	}
	add("TopicArn", m.TopicARN)
	add("Type", m.Type)
	return []byte(b.String())
}

// longestRetry is longer than SNS tries: to HTTP for at most 3,600 seconds, to which come the tries themselves (up to 100, of 15
// seconds) and the wait of a throttled subscription; to any other endpoint of a customer for six hours
// (https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html).
const longestRetry = 6 * time.Hour

// fresh refuses a message that is played again: SNS signs when it was published.
func (m *message) fresh(req *provider.Request) error {
	at, err := time.Parse(time.RFC3339, m.Timestamp)
	if err != nil {
		return provider.Unauthorized("the SNS message's Timestamp is not a time")
	}
	return req.Fresh(at, longestRetry)
}

// signature is a message's, with what it must be of.
type signature struct {
	raw    []byte
	hash   crypto.Hash
	digest []byte
}

// signature reads it: version 1 is RSA over SHA-1, version 2 over SHA-256.
func (m *message) signature() (signature, error) {
	raw, err := base64.StdEncoding.DecodeString(m.Signature)
	if err != nil || len(raw) == 0 {
		return signature{}, provider.Unauthorized("the SNS message's Signature is missing or malformed")
	}
	switch m.SignatureVersion {
	case "1":
		sum := sha1.Sum(m.signed()) //nolint:gosec // signature version 1
		return signature{raw, crypto.SHA1, sum[:]}, nil
	case "2":
		sum := sha256.Sum256(m.signed())
		return signature{raw, crypto.SHA256, sum[:]}, nil
	}
	return signature{}, provider.Unauthorized("the SNS message's SignatureVersion is neither 1 nor 2")
}

func (s signature) verify(key *rsa.PublicKey) error {
	if rsa.VerifyPKCS1v15(key, s.hash, s.digest, s.raw) != nil {
		return provider.Unauthorized("the SNS message's Signature is not that of the message")
	}
	return nil
}
