// Package gitea reads the webhooks of Gitea, Forgejo (Codeberg) and Gogs, whose payloads follow GitHub's. Facts are from
// https://docs.gitea.com/usage/webhooks and Gitea's services/webhook and modules/structs/hook.go.
package gitea

import (
	"crypto/sha256"
	"net/http"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// brands are what the headers of the three begin with, the newest name first: Forgejo sends Gitea's and Gogs' as well, and
// Gitea those of Gogs.
var brands = []string{"X-Forgejo-", "X-Gitea-", "X-Gogs-"}

type gitea struct{}

var _ provider.Provider = gitea{}

// New is the provider. A secret is a webhook's secret.
func New() provider.Provider { return gitea{} }

func (gitea) Name() string { return "gitea" }

// Recognise goes by the three's own headers. They send X-GitHub-Event too: ask this provider before GitHub's.
func (gitea) Recognise(h http.Header) bool { return eventHeader(h) != "" }

// eventHeader is the name of the header that names the event; "" where there is none.
func eventHeader(h http.Header) string {
	for _, brand := range brands {
		if h.Get(brand+"Event") != "" {
			return brand + "Event"
		}
	}
	return ""
}

// signatures are bare hexadecimal digits, but for the header that is there for GitHub's sake.
var signatures = []provider.SignatureHeader{
	{Name: "X-Forgejo-Signature", Hash: sha256.New},
	{Name: "X-Gitea-Signature", Hash: sha256.New},
	{Name: "X-Gogs-Signature", Hash: sha256.New},
	{Name: "X-Hub-Signature-256", Prefix: "sha256=", Hash: sha256.New},
}

// Verify checks the HMAC-SHA256 over the JSON document: of a form, unlike GitHub, over its payload value.
func (gitea) Verify(req *provider.Request, secrets []string) error {
	document, err := req.JSON()
	if err != nil {
		return provider.Unauthorized("the form-encoded body has no payload that could have been signed")
	}
	return provider.VerifyFirst(signatures, req.Header, document, secrets)
}

// parsers read the events of use, by name. No events and no error: of no use after all.
var parsers = map[string]func(document []byte) ([]event.Event, error){
	"push":    parsePush,
	"create":  parseCreate,
	"delete":  parseDelete,
	"release": parseRelease,
	"package": parsePackage,
}

// Parse reads the body, as JSON or as a form's payload.
func (gitea) Parse(req *provider.Request) (provider.Delivery, error) {
	header := eventHeader(req.Header)
	if header == "" {
		header = "X-Gitea-Event"
	}
	name, err := provider.EventName(req.Header, header)
	if err != nil {
		return provider.Delivery{}, err
	}
	id := req.Header.Get(strings.TrimSuffix(header, "Event") + "Delivery")
	parse, ok := parsers[name]
	switch {
	case ok:
	case name == "issue_comment" || strings.HasPrefix(name, "pull_request"):
		// pull_request, pull_request_approved, _rejected, _comment and the like
		parse = func(document []byte) ([]event.Event, error) { return parsePullRequest(document, name) }
	default:
		return provider.Ignored(id, name), nil
	}
	document, err := req.JSON()
	if err != nil {
		return provider.Delivery{}, err
	}
	events, err := parse(document)
	return provider.Result(id, name, events, err)
}
