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

// Ref splits the check's name. It fails if Check is not of the form pipeline/resource.
func (c *Check) Ref() (Ref, error) {
	pipeline, resource, ok := strings.Cut(c.Check, "/")
	if !ok || pipeline == "" || resource == "" {
		return Ref{}, fmt.Errorf("check %q is not of the form pipeline/resource", c.Check)
	}
	return Ref{Team: cmp.Or(c.Team, DefaultTeam), Pipeline: pipeline, InstanceVars: c.InstanceVars, Resource: resource}, nil
}

// String is TEAM/PIPELINE[/VARS]/RESOURCE, with VARS as fly prints them.
func (r Ref) String() string {
	return PipelineString(r.Team, r.Pipeline, r.InstanceVars) + "/" + r.Resource
}

// PipelineString is TEAM/PIPELINE[/VARS], with VARS as fly prints them: branch:main,nested.k:"5".
func PipelineString(team, pipeline string, instanceVars map[string]any) string {
	s := team + "/" + pipeline
	if len(instanceVars) > 0 {
		s += "/" + instanceVarsString(instanceVars)
	}
	return s
}

// APIPath is the resource's path below the ATC's URL, with names escaped. Query has the instance vars.
func (r Ref) APIPath() string {
	return "/api/v1/teams/" + url.PathEscape(r.Team) +
		"/pipelines/" + url.PathEscape(r.Pipeline) +
		"/resources/" + url.PathEscape(r.Resource)
}

// Query holds all instance vars as the ATC expects them: vars=JSON, with their JSON types. It is nil if there are none.
func (r Ref) Query() url.Values {
	if len(r.InstanceVars) == 0 {
		return nil
	}
	vars, err := json.Marshal(r.InstanceVars)
	if err != nil { // cannot happen: the vars came from JSON
		panic(err)
	}
	return url.Values{"vars": {string(vars)}}
}

// instanceVarsString writes vars as fly does
// (https://github.com/concourse/concourse/blob/master/atc/pipeline.go, InstanceVars.String): dotted keys in order, and quotes
// only around a string that YAML would read as something else.
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

// quoteSegment writes one part of a dotted key, as Concourse's vars/variables.go does in refSegmentString.
func quoteSegment(s string) string {
	if strings.ContainsAny(s, ",.:/ ") {
		return strconv.Quote(s)
	}
	return s
}

func instanceVarValue(v any) string {
	raw, err := json.Marshal(v)
	if err != nil { // cannot happen: the vars came from JSON
		panic(err)
	}
	if s, ok := v.(string); ok && plainScalar(s) {
		return string(raw[1 : len(raw)-1])
	}
	return string(raw)
}
