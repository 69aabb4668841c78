package github_test

import (
	"crypto/sha1"
	"crypto/sha256"
	"net/url"
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/github"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providertest"
)

// The pair of https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation.
const (
	documentedSecret    = "It's a Secret to Everybody"
	documentedBody      = "Hello, World!"
	documentedSignature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
)

func TestVerify(t *testing.T) {
	t.Parallel()
	const (
		secret = "current"
		older  = "former"
		body   = `{"ref":"refs/heads/main"}`
	)
	form := "payload=" + url.QueryEscape(body)
	sum256 := func(secret, body string) string { return "sha256=" + providertest.HexMAC(sha256.New, secret, body) }
	sum1 := func(secret, body string) string { return "sha1=" + providertest.HexMAC(sha1.New, secret, body) }
	req := func(body string, h providertest.Headers) *provider.Request {
		return providertest.Request(h, []byte(body))
	}
	const (
		wrong256     = "the X-Hub-Signature-256 header is not the signature of the body"
		malformed256 = "the X-Hub-Signature-256 header is malformed: sha256= and 64 hexadecimal digits are expected"
	)
	providertest.Verify(t, github.Provider, []string{secret, older, documentedSecret}, []providertest.VerifyCase{
		{Name: "documented", Request: req(documentedBody, providertest.Headers{"X-Hub-Signature-256": documentedSignature})},
		{Name: "SHA-256", Request: req(body, providertest.Headers{"X-Hub-Signature-256": sum256(secret, body)})},
		{Name: "second secret", Request: req(body, providertest.Headers{"X-Hub-Signature-256": sum256(older, body)})},
		{Name: "SHA-1 alone", Request: req(body, providertest.Headers{"X-Hub-Signature": sum1(secret, body)})},
		{Name: "form, over the raw body", Request: req(form, providertest.Headers{"X-Hub-Signature-256": sum256(secret, form)})},
		{
			Name: "form, over its payload", Request: req(form, providertest.Headers{"X-Hub-Signature-256": sum256(secret, body)}),
			Unauthorized: wrong256,
		},
		{
			Name: "bad SHA-256 beside a good SHA-1", Unauthorized: wrong256,
			Request: req(body, providertest.Headers{"X-Hub-Signature-256": sum256("x", body), "X-Hub-Signature": sum1(secret, body)}),
		},
		{
			Name: "empty SHA-256 beside a good SHA-1", Unauthorized: malformed256,
			Request: req(body, providertest.Headers{"X-Hub-Signature-256": "", "X-Hub-Signature": sum1(secret, body)}),
		},
		{Name: "none", Request: req(body, nil), Unauthorized: "no X-Hub-Signature-256 or X-Hub-Signature header"},
		{
			Name: "another secret", Unauthorized: wrong256,
			Request: req(body, providertest.Headers{"X-Hub-Signature-256": sum256("x", body)}),
		},
		{
			Name: "another body", Unauthorized: wrong256,
			Request: req(body+" ", providertest.Headers{"X-Hub-Signature-256": sum256(secret, body)}),
		},
		{
			Name: "no prefix", Unauthorized: malformed256,
			Request: req(body, providertest.Headers{"X-Hub-Signature-256": strings.TrimPrefix(sum256(secret, body), "sha256=")}),
		},
		{
			Name: "cut short", Unauthorized: malformed256,
			Request: req(body, providertest.Headers{"X-Hub-Signature-256": sum256(secret, body)[:69]}),
		},
		{
			Name: "not hexadecimal", Unauthorized: malformed256,
			Request: req(body, providertest.Headers{"X-Hub-Signature-256": "sha256=" + strings.Repeat("z", 64)}),
		},
		{
			Name:         "SHA-1 of another secret",
			Request:      req(body, providertest.Headers{"X-Hub-Signature": sum1("x", body)}),
			Unauthorized: "the X-Hub-Signature header is not the signature of the body",
		},
	})
}
