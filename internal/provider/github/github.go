// Package github reads GitHub's webhooks: those of a repository, an organisation and an App, which are alike, and those of
// GitHub Enterprise Server. Facts are from https://docs.github.com/en/webhooks/webhook-events-and-payloads.
package github

import (
	"crypto/sha1" //nolint:gosec // X-Hub-Signature is SHA-1; it counts only where the sender gives no other.
	"crypto/sha256"
	"net/http"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

const eventHeader = "X-GitHub-Event"

type github struct{}

var _ provider.Provider = github{}

// New is the provider. A secret is a webhook's secret.
func New() provider.Provider { return github{} }

func (github) Name() string { return "github" }

// Recognise goes by X-GitHub-Event, which Gitea and its kin send as well: ask them first.
func (github) Recognise(h http.Header) bool { return h.Get(eventHeader) != "" }

// signatures are in the order of their weight: SHA-1 counts only where there is no SHA-256.
var signatures = []provider.SignatureHeader{
	{Name: "X-Hub-Signature-256", Prefix: "sha256=", Hash: sha256.New},
	{Name: "X-Hub-Signature", Prefix: "sha1=", Hash: sha1.New},
}

// Verify checks the HMAC over the raw body, form-encoded or not.
func (github) Verify(req *provider.Request, secrets []string) error {
	return provider.VerifyFirst(signatures, req.Header, req.Body, secrets)
}

// parsers read the events of use, by name. No events and no error: of no use after all.
var parsers = map[string]func(document []byte) ([]event.Event, error){
	"push":                        parsePush,
	"create":                      parseCreate,
	"delete":                      parseDelete,
	"release":                     parseRelease,
	"repository":                  parseRepository,
	"pull_request":                parsePullRequest,
	"pull_request_review":         parseReview,
	"pull_request_review_comment": parseReviewComment,
	"issue_comment":               parseIssueComment,
	"package":                     parsePackage,
	"registry_package":            parsePackage,
}

// Parse reads the body, as JSON or as a form's payload.
func (github) Parse(req *provider.Request) (provider.Delivery, error) {
	name, err := provider.EventName(req.Header, eventHeader)
	if err != nil {
		return provider.Delivery{}, err
	}
	id := req.Header.Get("X-GitHub-Delivery")
	parse, ok := parsers[name]
	if !ok {
		return provider.Ignored(id, name), nil
	}
	document, err := req.JSON()
	if err != nil {
		return provider.Delivery{}, err
	}
	events, err := parse(document)
	return provider.Result(id, name, events, err)
}
