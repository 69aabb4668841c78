package gitlab

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// verify accepts the secret token or the signature. A webhook may have both a secret token and a signing token while only one
// of them is configured here, so that either is enough.
//
// Whatever the signature says, its time must not be long ago; see longestRetry.
func verify(req *provider.Request, secrets []string) error {
	err := refuse(req, secrets)
	if err != nil || provider.AnyEqual(req.Header.Get("X-Gitlab-Token"), secrets) {
		return err
	}
	return verifySignature(req.Header, req.Body, secrets)
}

// longestRetry leaves room for clocks that are wrong. GitLab makes the headers when it sends: whenever a delivery is tried again, by
// Sidekiq or by somebody who presses Resend, it gets a new time
// (https://gitlab.com/gitlab-org/gitlab/-/blob/master/app/services/web_hook_service.rb).
const longestRetry = time.Hour

// fresh refuses a delivery that is played again, by its signed time.
func fresh(req *provider.Request) error {
	seconds, err := strconv.ParseInt(req.Header.Get("Webhook-Timestamp"), 10, 64)
	if err != nil {
		return provider.Unauthorized("the webhook-timestamp header is malformed: a number of seconds is expected")
	}
	return req.Fresh(time.Unix(seconds, 0), longestRetry)
}

// refuse takes the secret token, or else a signature to be verified.
func refuse(req *provider.Request, secrets []string) error {
	token := req.Header.Get("X-Gitlab-Token")
	switch {
	case token != "" && provider.AnyEqual(token, secrets):
		return nil
	case len(req.Header.Values("Webhook-Signature")) > 0:
		if _, err := signatures(req.Header); err != nil {
			return err
		}
		return fresh(req)
	case token == "":
		return provider.Unauthorized("neither an X-Gitlab-Token nor a webhook-signature header")
	}
	return provider.Unauthorized("the X-Gitlab-Token header is not the secret token")
}

// verifySignature checks an HMAC-SHA256 over "ID.TIMESTAMP.BODY", as https://www.standardwebhooks.com says.
func verifySignature(h http.Header, body []byte, secrets []string) error {
	macs, err := signatures(h)
	if err != nil {
		return err
	}
	keys := make([]string, len(secrets))
	for i, secret := range secrets {
		keys[i] = signingKey(secret)
	}
	if provider.AnyMAC(sha256.New, macs, keys, []byte(h.Get("Webhook-Id")+"."+h.Get("Webhook-Timestamp")+"."), body) {
		return nil
	}
	return provider.Unauthorized("the webhook-signature header is not the signature of the body")
}

// signatures reads the header: one or more "v1,BASE64" with spaces between.
func signatures(h http.Header) (macs [][]byte, err error) {
	if h.Get("Webhook-Id") == "" || h.Get("Webhook-Timestamp") == "" {
		return nil, provider.Unauthorized("a webhook-signature header without webhook-id or webhook-timestamp")
	}
	for s := range strings.FieldsSeq(h.Get("Webhook-Signature")) {
		encoded, ok := strings.CutPrefix(s, "v1,")
		mac, err := base64.StdEncoding.DecodeString(encoded)
		if ok && err == nil && len(mac) == sha256.Size { // else another version
			macs = append(macs, mac)
		}
	}
	if len(macs) == 0 {
		return nil, provider.Unauthorized("the webhook-signature header is malformed: v1, and 32 bytes in base64 are expected")
	}
	return macs, nil
}

// signingKey is the key that a signing token encodes, whsec_ and base64; for another secret the secret itself.
func signingKey(secret string) string {
	if encoded, ok := strings.CutPrefix(secret, "whsec_"); ok {
		key, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(encoded, "="))
		if err == nil && len(key) > 0 { // with an empty key anybody could sign
			return string(key)
		}
	}
	return secret
}
