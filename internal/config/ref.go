package config

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"sort"
	"strconv"
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
	return Ref{Team: cmp.Or(c.Team, DefaultTeam), Pipeline: pipeline, InstanceVars: c.InstanceVars, Resource: resource}, nil
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

// instanceVarsString writes vars as fly does (atc/pipeline.go: InstanceVars.String): dotted keys in order, a string in
// quotes only where it would read as something else.
func instanceVarsString(vars map[string]any) string {
	values := make(map[string]string, len(vars))
	var flatten func(prefix string, v any)
	flatten = func(prefix string, v any) {
		if m, ok := v.(map[string]any); ok && len(m) > 0 {
			for k, v := range m {
				flatten(prefix+"."+quoteSegment(k), v)
			}
			return
		}
		values[prefix] = instanceVarValue(v)
	}
	for k, v := range vars {
		flatten(quoteSegment(k), v)
	}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	sort.Strings(names)
	for i, name := range names {
		names[i] = name + ":" + values[name]
	}
	return strings.Join(names, ",")
}

// quoteSegment is one part of a dotted key (vars/variables.go: refSegmentString).
func quoteSegment(s string) string {
	if strings.ContainsAny(s, ",.:/ ") {
		return strconv.Quote(s)
	}
	return s
}

func instanceVarValue(v any) string {
	raw, err := json.Marshal(v)
	if err != nil { // they came from JSON
		panic(err)
	}
	if s, ok := v.(string); ok && plainScalar(s) {
		return string(raw[1 : len(raw)-1])
	}
	return string(raw)
}
