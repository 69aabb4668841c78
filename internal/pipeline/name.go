package pipeline

import (
	"errors"
	"fmt"
	"strings"

	"github.com/concourse/concourse/vars"
	"sigs.k8s.io/yaml"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
)

// parseName reads [TEAM/]NAME[/VAR:VALUE,...]. Names have no colon, so the vars begin at the first part with one. A value may
// have slashes.
func parseName(s string) (*Pipeline, error) {
	p := &Pipeline{Pipeline: config.Pipeline{Team: config.DefaultTeam}}
	var names []string
	for rest, more := s, true; more; {
		part, after, found := cut(rest, '/')
		if _, _, isVar := cut(part, ':'); isVar && len(names) > 0 {
			instanceVars, err := parseInstanceVars(rest)
			if err != nil {
				return nil, err
			}
			p.InstanceVars = instanceVars
			break
		}
		names = append(names, part)
		rest, more = after, found
	}
	switch {
	case len(names) == 1 && names[0] != "":
		p.Name = names[0]
	case len(names) == 2 && names[0] != "" && names[1] != "":
		p.Team, p.Name = names[0], names[1]
	default:
		return nil, errors.New("it does not name a pipeline as [TEAM/]NAME[/VAR:VALUE,...]")
	}
	return p, nil
}

// parseInstanceVars reads VAR:VALUE,... with dotted names and YAML values, as fly does
// (https://github.com/concourse/concourse/tree/master/fly/commands/internal/flaghelpers).
func parseInstanceVars(s string) (map[string]any, error) {
	var pairs vars.KVPairs
	for rest, more := s, true; more; {
		var pair string
		pair, rest, more = cut(rest, ',')
		name, value, ok := cut(pair, ':')
		if !ok {
			return nil, fmt.Errorf("instance var %q is not of the form VAR:VALUE", pair)
		}
		ref, err := vars.ParseReference(strings.TrimSpace(name))
		if err != nil {
			return nil, fmt.Errorf("instance var %q: %w", pair, err)
		}
		kv := vars.KVPair{Ref: ref}
		if err := yaml.Unmarshal([]byte(value), &kv.Value); err != nil {
			return nil, fmt.Errorf("instance var %q: its value is not YAML", pair)
		}
		pairs = append(pairs, kv)
	}
	return pairs.Expand(), nil
}

// cut splits s at the first sep outside of quotes, brackets and braces.
func cut(s string, sep byte) (before, after string, ok bool) {
	var quote byte
	depth := 0
	for i := range len(s) {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == sep && depth == 0:
			return s[:i], s[i+1:], true
		case c == '"', c == '\'':
			quote = c
		case c == '{', c == '[':
			depth++
		case c == '}', c == ']':
			depth--
		}
	}
	return s, "", false
}
