package gitlab

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// Verify checks the signature where there is one, else the secret token. A webhook may have both tokens while only one of
// them is known here, so a signature that can't be shown right is not held against a token that is: either proves a secret.
//
// The signature's timestamp is not held against the clock. A delivery that is played again costs a spare check, and one
// refused for a clock that is off costs a missed one.
func (gitlab) Verify(req *provider.Request, secrets []string) error {
	signed := len(req.Header.Values("Webhook-Signature")) > 0
	token := req.Header.Get("X-Gitlab-Token")
	switch {
	case token != "" && provider.AnyEqual(token, secrets):
		return nil
	case signed:
		return verifySignature(req.Header, req.Body, secrets)
	case token == "":
		return provider.Unauthorized("neither an X-Gitlab-Token nor a webhook-signature header")
	}
	return provider.Unauthorized("the X-Gitlab-Token header is not the secret token")
}

// verifySignature follows https://www.standardwebhooks.com: one or more "v1,BASE64" with spaces between, each the
// HMAC-SHA256 over "ID.TIMESTAMP.BODY".
func verifySignature(h http.Header, body []byte, secrets []string) error {
	id, timestamp := h.Get("Webhook-Id"), h.Get("Webhook-Timestamp")
	if id == "" || timestamp == "" {
		return provider.Unauthorized("a webhook-signature header without webhook-id or webhook-timestamp")
	}
	signed := append([]byte(id+"."+timestamp+"."), body...)
	sum := func(secret string) []byte {
		m := hmac.New(sha256.New, signingKey(secret))
		m.Write(signed)
		return m.Sum(nil)
	}
	readable := false
	for s := range strings.FieldsSeq(h.Get("Webhook-Signature")) {
		encoded, ok := strings.CutPrefix(s, "v1,")
		mac, err := base64.StdEncoding.DecodeString(encoded)
		if !ok || err != nil {
			continue // another version
		}
		readable = true
		if provider.AnyMAC(mac, secrets, sum) {
			return nil
		}
	}
	if !readable {
		return provider.Unauthorized("the webhook-signature header is malformed: v1, and base64 are expected")
	}
	return provider.Unauthorized("the webhook-signature header is not the signature of the body")
}

// signingKey is what a signing token stands for: whsec_ and base64, else the token's own bytes.
func signingKey(secret string) []byte {
	if encoded, ok := strings.CutPrefix(secret, "whsec_"); ok {
		// An empty key would let anybody sign.
		if key, err := base64.StdEncoding.DecodeString(encoded); err == nil && len(key) > 0 {
			return key
		}
		if key, err := base64.RawStdEncoding.DecodeString(encoded); err == nil && len(key) > 0 {
			return key
		}
	}
	return []byte(secret)
}
