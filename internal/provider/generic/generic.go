// Package generic is the provider (a delivery -> provider -> event) of signed JSON in this project's own form, for whatever
// no other provider reads: a script, a build, a server's hook. It names what changed directly:
//
//	{"repository": "https://git.example.com/o/r.git", "ref": "refs/heads/main", "files": ["a/b.txt"]}
//	{"bucket": "releases", "key": "app-1.2.0.tgz", "store": "s3"}
//	{"image": "registry.example.com/app", "tag": "1.2.0"}
//	{"check": "TEAM/PIPELINE/RESOURCE"}
//	{"events": [{...}, {...}]}
//
// The header X-Signature-256 is sha256= and the hexadecimal HMAC-SHA256 of the body under the secret:
//
//	body='{"repository":"https://git.example.com/o/r.git","ref":"refs/heads/main"}'
//	curl --fail --data "$body" -H 'Content-Type: application/json' \
//	  -H "X-Signature-256: sha256=$(printf %s "$body" | openssl dgst -sha256 -hmac "$SECRET" -r | cut -d' ' -f1)" \
//	  https://endpoint.example.com/generic
//
// Or, with New, the header Authorization has the token of a job of GitHub Actions or GitLab CI.
package generic

import (
	"crypto/sha256"
	"fmt"
	"net/http"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// Provider is whatever signs this form. A secret is the key of the signature; GitHub's header is for tools that can sign for
// GitHub. Ask this provider last whether a delivery is its own.
var Provider = provider.Provider{
	Name:      "generic",
	Recognise: provider.ByHeader("X-Signature-256"),
	Refuse:    signatures.Refuse,
	Verify:    signatures.VerifyBody,
	Parse:     parse,
}

// New makes Provider with tokens, too: a job that has one of these issuers' needs no secret, and may send what happened to its own
// repository, and what else Issuer.Also allows. The client fetches the issuers' keys; without one (nil) only those in files count.
func New(client *http.Client, issuers Issuers) provider.Provider {
	p := Provider
	if len(issuers) > 0 {
		t := newTokens(client, issuers)
		p.Refuse, p.Verify, p.SelfVerifying = t.refuse, t.verify, true
	}
	return p
}

var signatures = provider.SignatureHeaders{
	{Name: "X-Signature-256", Prefix: "sha256=", Hash: sha256.New},
	{Name: "X-Hub-Signature-256", Prefix: "sha256=", Hash: sha256.New},
}

// parse reads one event, or a list of them under events.
func parse(req *provider.Request) (provider.Delivery, error) {
	var p struct {
		ID     string `json:"id"`
		Events []item `json:"events"`
	}
	if err := provider.Decode("the body", req.Body, &p); err != nil {
		return provider.Delivery{}, err
	}
	if p.Events == nil {
		var it item
		if err := provider.Decode("the body", req.Body, &it); err != nil {
			return provider.Delivery{}, err
		}
		e, err := it.event("")
		return provider.Result(p.ID, "generic", []event.Event{e}, err)
	}
	var events []event.Event
	for i, it := range p.Events {
		e, err := it.event(fmt.Sprintf("events[%d].", i))
		if err != nil {
			return provider.Delivery{}, err
		}
		events = append(events, e)
	}
	return provider.Result(p.ID, "generic", events, nil)
}
