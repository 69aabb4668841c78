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

// scopeOf is the same for resources of one team that Concourse, with global resources on, checks as one: those with the same type and
// source. Another team's are asked for themselves, since its author may give a resource tags that no worker has, or too short a
// check_timeout: Concourse takes such a check, and it never finds anything. It is "", and the resource gets its own check, for:
//
//   - a custom type, whose image may have different versions in different pipelines;
//   - a base type whose resources share no checks, or that no worker has;
//   - a source with a literal that may be a secret: not even its hash may be published.
//
// An unresolved ((var)) has one value within a pipeline, but may have other values in others.
func scopeOf(p *pipeline.Pipeline, r pipeline.Resource, source resource.Source, reading *pipeline.Reading) string {
	uniqueHistory, known := reading.UniqueHistory[r.Type]
	if _, custom := p.Types[r.Type]; custom || !reading.GlobalResources || uniqueHistory || !known || holdsSecret("", map[string]any(source)) {
		return ""
	}
	raw, err := json.Marshal(source) // sorts the keys of maps
	if err != nil {
		return ""
	}
	owner := ""
	if strings.Contains(string(raw), "((") {
		owner = p.String()
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{p.Team, r.Type, owner, string(raw)}, "\x00")))
	return hex.EncodeToString(sum[:8])
}

var (
	// secretName matches names of fields that hold secrets, or that may hold anything, such as git_config.
	secretName = regexp.MustCompile(`(?i)key|secret|token|pass|credential|cert|auth|user|header|json|config|value|env`)
	// secretText matches values that may hold a secret under any name: a URL with a password or query, also one that can't be read, and
	// the lines of a key.
	secretText = regexp.MustCompile(`(?s)://.*[@?]|[:/].*@|\n`)
	wholeVar   = regexp.MustCompile(`^\(\([^()]+\)\)$`)
)

// holdsSecret reports whether a value may be secret: a literal whose name sounds like a secret's, or that looks like a secret.
// A field named just key is no secret: in semver it is an object's name.
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
