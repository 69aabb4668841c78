// Package gitea is the provider (a delivery -> provider -> event) of the webhooks of Gitea, Forgejo (Codeberg) and Gogs, whose
// payloads follow GitHub's. Facts are from https://docs.gitea.com/usage/webhooks and Gitea's source
// (https://github.com/go-gitea/gitea/blob/main/modules/structs/hook.go and services/webhook).
package gitea

import (
	"cmp"
	"crypto/sha256"
	"net/http"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/githublike"
)

// Provider is Gitea, Forgejo or Gogs. A secret is a webhook's secret. They send X-GitHub-Event too: ask this provider
// before GitHub's whether a delivery is its own.
var Provider = provider.Provider{
	Name:        "gitea",
	Recognise:   func(h http.Header) bool { return eventHeader(h) != "" },
	EventHeader: "X-Gitea-Event",
	Refuse:      signatures.Refuse,
	Verify:      verify,
	Parse:       parse,
	Events:      parsers,
}

// eventHeader is the name of the header that names the event; "" where there is none. The newest brand comes first: Forgejo
// sends the headers of Gitea and Gogs too, and Gitea those of Gogs.
func eventHeader(h http.Header) string {
	for _, name := range []string{"X-Forgejo-Event", "X-Gitea-Event", "X-Gogs-Event"} {
		if h.Get(name) != "" {
			return name
		}
	}
	return ""
}

// signatures are bare hexadecimal digits, except for the header that is there for GitHub's sake.
var signatures = provider.SignatureHeaders{
	{Name: "X-Forgejo-Signature", Hash: sha256.New},
	{Name: "X-Gitea-Signature", Hash: sha256.New},
	{Name: "X-Gogs-Signature", Hash: sha256.New},
	{Name: "X-Hub-Signature-256", Prefix: "sha256=", Hash: sha256.New},
}

// verify checks the HMAC over the JSON document. In a form, unlike GitHub's, that is the payload value.
func verify(req *provider.Request, secrets []string) error {
	document, err := req.BodyOrForm()
	if err != nil {
		return provider.Unauthorized("the form-encoded body has no payload that could have been signed")
	}
	return signatures.Verify(req.Header, document, secrets)
}

var parsers = provider.Parsers{
	"push":          provider.JSON(push.events),
	"create":        provider.JSON(githublike.Ref.Created),
	"delete":        provider.JSON(githublike.Ref.Deleted),
	"release":       provider.JSON(githublike.Release.Events),
	"package":       provider.JSON(pkg.events),
	"issue_comment": provider.NamedJSON(githublike.PullRequest.Events),
	"pull_request*": provider.NamedJSON(githublike.PullRequest.Events), // _approved, _rejected, _comment and others too
}

func parse(req *provider.Request) (provider.Delivery, error) {
	header := cmp.Or(eventHeader(req.Header), "X-Gitea-Event")
	name, err := provider.EventName(req.Header, header)
	if err != nil {
		return provider.Delivery{}, err
	}
	id := req.Header.Get(strings.TrimSuffix(header, "Event") + "Delivery")
	return parsers.Parse(id, name, req.BodyOrForm)
}
