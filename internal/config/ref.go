package config

import (
	"encoding/json"
	"fmt"
	"net/url"
	"sort"
	"strings"
)

// Ref names one resource of one pipeline (instance) of one team.
type Ref struct {
	Team         string
	Pipeline     string
	InstanceVars map[string]any
	Resource     string
}

// Ref takes the check's name apart. It fails where Check is not pipeline/resource.
func (c *Check) Ref() (Ref, error) {
	pipeline, resource, ok := strings.Cut(c.Check, "/")
	if !ok || pipeline == "" || resource == "" {
		return Ref{}, fmt.Errorf("check %q is not of the form pipeline/resource", c.Check)
	}
	team := c.Team
	if team == "" {
		team = DefaultTeam
	}
	return Ref{Team: team, Pipeline: pipeline, InstanceVars: c.InstanceVars, Resource: resource}, nil
}

// String is TEAM/PIPELINE[/VARS]/RESOURCE, VARS as fly prints them.
func (r Ref) String() string {
	return PipelineString(r.Team, r.Pipeline, r.InstanceVars) + "/" + r.Resource
}

// PipelineString is TEAM/PIPELINE[/VARS], VARS as fly prints them: branch:main,nested.k:"5".
func PipelineString(team, pipeline string, instanceVars map[string]any) string {
	s := team + "/" + pipeline
	if len(instanceVars) > 0 {
		s += "/" + instanceVarsString(instanceVars)
	}
	return s
}

// APIPath is the resource's path below the ATC's URL, names escaped; instance vars go into the query, see Query.
func (r Ref) APIPath() string {
	return "/api/v1/teams/" + url.PathEscape(r.Team) +
		"/pipelines/" + url.PathEscape(r.Pipeline) +
		"/resources/" + url.PathEscape(r.Resource)
}

// Query holds the instance vars as the ATC takes them: vars=JSON, the exact full set, types included. Nil where there
// are none.
func (r Ref) Query() url.Values {
	if len(r.InstanceVars) == 0 {
		return nil
	}
	vars, err := json.Marshal(r.InstanceVars)
	if err != nil { // they came from JSON
		panic(err)
	}
	return url.Values{"vars": {string(vars)}}
}

// instanceVarsString writes vars as fly does (atc.InstanceVars.String): dotted keys in order, a string in quotes only
// where it would read as something else.
func instanceVarsString(vars map[string]any) string {
	var parts []string
	var flatten func(prefix string, v any)
	flatten = func(prefix string, v any) {
		if m, ok := v.(map[string]any); ok && len(m) > 0 {
			for k, v := range m {
				flatten(prefix+"."+quoteSegment(k), v)
			}
			return
		}
		parts = append(parts, prefix+":"+instanceVarValue(v))
	}
	for k, v := range vars {
		flatten(quoteSegment(k), v)
	}
	sort.Strings(parts)
	return strings.Join(parts, ",")
}

func quoteSegment(s string) string {
	if strings.ContainsAny(s, `,.:/ "`) {
		return `"` + s + `"`
	}
	return s
}

func instanceVarValue(v any) string {
	raw, err := json.Marshal(v)
	if err != nil { // they came from JSON
		panic(err)
	}
	if s, ok := v.(string); ok && plainScalar(s) {
		return s
	}
	return string(raw)
}

// plainScalar reports whether YAML reads s, without quotes, as the string that it is.
func plainScalar(s string) bool {
	if s == "" || strings.ContainsAny(s, ",: /#&*!|>'\"%@`{}[]?~=\t\n\\") || strings.HasPrefix(s, "-") {
		return false
	}
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null", ".inf", "+.inf", ".nan":
		return false
	}
	if strings.Trim(s, "0123456789+-._") == "" && strings.Count(s, ".") < 2 || json.Valid([]byte(s)) {
		return false // a number, or near enough to one or a date to be worth the quotes
	}
	return true
}
