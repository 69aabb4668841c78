// Package generic reads signed JSON of this project's own form, for every sender that has no provider: a script, a build,
// a server's hook. It names what changed directly:
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
package generic

import (
	"crypto/sha256"
	"fmt"
	"net/http"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

type generic struct{}

var _ provider.Provider = generic{}

// New is the provider. A secret is the key of the signature.
func New() provider.Provider { return generic{} }

func (generic) Name() string { return "generic" }

// signatures may come under GitHub's name too, for tools that can sign for GitHub.
var signatures = []provider.SignatureHeader{
	{Name: "X-Signature-256", Prefix: "sha256=", Hash: sha256.New},
	{Name: "X-Hub-Signature-256", Prefix: "sha256=", Hash: sha256.New},
}

// Recognise goes by the signature: ask this provider last.
func (generic) Recognise(h http.Header) bool { return h.Get(signatures[0].Name) != "" }

func (generic) Verify(req *provider.Request, secrets []string) error {
	return provider.VerifyFirst(signatures, req.Header, req.Body, secrets)
}

// Parse reads one event, or those below events.
func (generic) Parse(req *provider.Request) (provider.Delivery, error) {
	var p struct {
		ID     string `json:"id"`
		Events []item `json:"events"`
	}
	if err := provider.Decode("the body", req.Body, &p); err != nil {
		return provider.Delivery{}, err
	}
	items := p.Events
	field := func(i int) string { return fmt.Sprintf("events[%d].", i) }
	if items == nil {
		items = make([]item, 1)
		field = func(int) string { return "" }
		if err := provider.Decode("the body", req.Body, &items[0]); err != nil {
			return provider.Delivery{}, err
		}
	}
	events := make([]event.Event, 0, len(items))
	for i, it := range items {
		e, err := it.event(field(i))
		if err != nil {
			return provider.Delivery{}, err
		}
		events = append(events, e)
	}
	return provider.Result(p.ID, "generic", events, nil)
}
