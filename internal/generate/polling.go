package generate

import (
	"crypto/sha256"
	"encoding/json"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/panics"
	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

// Polling is what decides how often Concourse checks a resource by itself.
type Polling struct {
	// Every is its check_every: a duration, "never", or "" for the cluster's default.
	Every string
	// Webhook says that it has a webhook_token, for which the cluster may have another default.
	Webhook bool
	// Scope is the same for resources that Concourse checks as one; "" for a resource that it checks alone.
	Scope string
}

func pollingOf(p *pipeline.Pipeline, r pipeline.Resource, vars pipeline.Resolver, settings Settings, reading *pipeline.Reading) Polling {
	polling := Polling{Every: string(r.CheckEvery), Webhook: r.WebhookToken != ""}
	if reading.GlobalResources && !reading.UniqueHistory[r.Type] {
		polling.Scope = sharedBy(p, r, vars, settings)
	}
	return polling
}

// sharedBy is the same for resources whose versions a cluster with global resources keeps in one place: those with the same source, and
// either the same base type or a custom type of the same image. Unlike scopeOf it is for counting only: it may hold secrets, and is
// never published.
func sharedBy(p *pipeline.Pipeline, r pipeline.Resource, vars pipeline.Resolver, settings Settings) (shared string) {
	var err error
	defer panics.Recover(&err)
	source, err := vars.Source(resource.Merge(settings.defaults(p, r.Type), r.Source))
	if err != nil {
		return ""
	}
	identity := []any{r.Type, nil, source}
	if custom, ok := p.Types[r.Type]; ok {
		image, err := vars.Source(resource.Merge(settings.imageDefaults(p, custom), custom.Source))
		if err != nil {
			return ""
		}
		identity = []any{custom.Type, image, source}
	}
	raw, err := json.Marshal(identity)
	if err != nil {
		return ""
	}
	owner := ""
	if strings.Contains(string(raw), "((") { // a ((var)) may have another value in another pipeline
		owner = p.String()
	}
	sum := sha256.Sum256([]byte(owner + "\x00" + string(raw)))
	return string(sum[:])
}
