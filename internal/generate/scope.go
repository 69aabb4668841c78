package generate

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

// scopeOf names what Concourse, with global resources on, checks as one: resources of the same type and source. It is ""
// where that can't be known, and then the resource is checked for itself:
//
//   - a custom type, whose image's version may differ between pipelines;
//   - a base type that keeps a history of its own for each resource, or that no worker tells about;
//   - a literal that may be a secret, of which not even a hash is to leave.
//
// A ((var)) that was not resolved has one value within a pipeline, and may have another elsewhere.
func scopeOf(p *pipeline.Pipeline, r pipeline.Resource, source resource.Source, reading *pipeline.Reading) string {
	ownHistory, known := reading.OwnHistory[r.Type]
	if _, custom := p.Types[r.Type]; custom || !reading.GlobalResources || ownHistory || !known || holdsSecret("", map[string]any(source)) {
		return ""
	}
	raw, err := json.Marshal(source) // maps are written in the order of their keys
	if err != nil {
		return ""
	}
	owner := ""
	if strings.Contains(string(raw), "((") {
		owner = p.String()
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{r.Type, owner, string(raw)}, "\x00")))
	return hex.EncodeToString(sum[:8])
}

var (
	// secretName is part of the names of fields that hold secrets, or, as git_config, anything.
	secretName = regexp.MustCompile(`(?i)key|secret|token|pass|credential|cert|auth|user|header|json|config|value|env`)
	// secretText may hold a secret, whatever it is named: a URL with a password or a query, a key's lines.
	secretText = regexp.MustCompile(`(?s)://.*[@?]|\n`)
	wholeVar   = regexp.MustCompile(`^\(\([^()]+\)\)$`)
)

// holdsSecret reports whether a value may be secret: a literal under a name that sounds like one, or that looks like one
// itself. semver's key is the name of an object.
func holdsSecret(name string, value any) bool {
	switch v := value.(type) {
	case nil, bool:
		return false
	case map[string]any:
		for k, inner := range v {
			if holdsSecret(name+"."+k, inner) {
				return true
			}
		}
		return false
	case []any:
		for _, inner := range v {
			if holdsSecret(name, inner) {
				return true
			}
		}
		return false
	case string:
		if v == "" || wholeVar.MatchString(v) {
			return false
		}
		if secretText.MatchString(v) {
			return true
		}
	}
	return name != ".key" && secretName.MatchString(name)
}
