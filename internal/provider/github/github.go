// Package github is the provider (a delivery -> provider -> event) of GitHub's webhooks: those of a repository, an
// organisation and an App, which are alike, and those of GitHub Enterprise Server. Facts are from
// https://docs.github.com/en/webhooks/webhook-events-and-payloads.
package github

import (
	"crypto/sha1" //nolint:gosec // X-Hub-Signature is SHA-1; it counts only without a SHA-256 signature.
	"crypto/sha256"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/githublike"
)

const eventHeader = "X-GitHub-Event"

// Provider is GitHub. A secret is a webhook's secret; the signature is over the raw body, form-encoded or not. Gitea sends
// the same event header: ask it first whether a delivery is its own.
var Provider = provider.Provider{
	Name:        "github",
	Recognise:   provider.ByHeader(eventHeader),
	EventHeader: eventHeader,
	Refuse:      signatures.Refuse,
	Verify:      signatures.VerifyBody,
	Parse:       parse,
	Events:      parsers,
}

var signatures = provider.SignatureHeaders{
	{Name: "X-Hub-Signature-256", Prefix: "sha256=", Hash: sha256.New},
	{Name: "X-Hub-Signature", Prefix: "sha1=", Hash: sha1.New},
}

var parsers = provider.Parsers{
	"push":                        provider.JSON(push.events),
	"create":                      provider.JSON(githublike.Ref.Created),
	"delete":                      provider.JSON(githublike.Ref.Deleted),
	"release":                     provider.JSON(githublike.Release.Events),
	"repository":                  provider.JSON(change.events),
	"public":                      provider.JSON(madePublic.events),
	"gollum":                      provider.JSON(wiki.events),
	"pull_request":                provider.NamedJSON(githublike.PullRequest.Events),
	"pull_request_review":         provider.NamedJSON(githublike.PullRequest.Events),
	"pull_request_review_comment": provider.NamedJSON(githublike.PullRequest.Events),
	"issue_comment":               provider.NamedJSON(githublike.PullRequest.Events),
	"status":                      provider.JSON(status.events),
	"package":                     provider.JSON(packages.events),
	"registry_package":            provider.JSON(packages.events),
}

func parse(req *provider.Request) (provider.Delivery, error) {
	name, err := provider.EventName(req.Header, eventHeader)
	if err != nil {
		return provider.Delivery{}, err
	}
	return parsers.Parse(req.Header.Get("X-GitHub-Delivery"), name, req.BodyOrForm)
}
