package config

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"sort"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/printable"
)

// Ref names one resource of one pipeline (instance) of one team.
type Ref struct {
	Team         string
	Pipeline     string
	InstanceVars map[string]any
	Resource     string
}

// Ref splits the check's name at its first slash. It fails if Check is not of the form pipeline/resource, or names what Concourse
// can't be asked to check.
func (c *Check) Ref() (Ref, error) {
	pipeline, resource, ok := strings.Cut(c.Check, "/")
	if !ok || pipeline == "" || resource == "" {
		return Ref{}, fmt.Errorf("check %q is not of the form pipeline/resource", c.Check)
	}
	ref := Ref{Team: cmp.Or(c.Team, DefaultTeam), Pipeline: pipeline, InstanceVars: c.InstanceVars, Resource: resource}
	return ref, ref.Validate()
}

// Validate reports a name that no check can have. Concourse itself takes almost any name, and warns of those with other characters than
// small letters, digits, -, _ and . (https://github.com/concourse/concourse/blob/master/atc/configwarning.go).
func (r Ref) Validate() error {
	if err := ValidatePipeline(r.Team, r.Pipeline); err != nil {
		return err
	}
	return validateName("resource", r.Resource)
}

// ValidatePipeline reports the name of a team or pipeline whose resources can't be checked.
func ValidatePipeline(team, pipeline string) error {
	if err := validateName("team", team); err != nil {
		return err
	}
	if strings.Contains(pipeline, "/") {
		return fmt.Errorf("the pipeline's name %q has a slash, so that PIPELINE/RESOURCE could be that of another: rename it", pipeline)
	}
	return validateName("pipeline", pipeline)
}

// validateName refuses what clients and proxies take out of a URL's path (RFC 3986, section 5.2.4): the request would be about
// something else.
func validateName(what, name string) error {
	switch name {
	case "":
		return fmt.Errorf("the %s has no name", what)
	case ".", "..":
		return fmt.Errorf("the %s's name is %q, which can't be in a URL: rename it", what, name)
	}
	return nil
}

// String is TEAM/PIPELINE[/VARS]/RESOURCE, with VARS as fly prints them. Two refs never have the same string, so it serves as a key. All
// of it is printable: a name that could be mistaken, such as one with a slash or a line break, is in quotes (see printable.Name).
func (r Ref) String() string {
	return PipelineString(r.Team, r.Pipeline, r.InstanceVars) + "/" + quoteName(r.Resource)
}

// PipelineString is TEAM/PIPELINE[/VARS], with names and VARS as in Ref.String: branch:main,nested.k:"5".
func PipelineString(team, pipeline string, instanceVars map[string]any) string {
	s := quoteName(team) + "/" + quoteName(pipeline)
	if len(instanceVars) > 0 {
		s += "/" + instanceVarsString(instanceVars)
	}
	return s
}

func quoteName(name string) string { return printable.Name(name, "/") }

// APIPath is the resource's path below the ATC's URL, with names escaped. Query has the instance vars.
func (r Ref) APIPath() string { return r.PipelineAPIPath() + "/resources/" + escapeSegment(r.Resource) }

// PipelineAPIPath is that of the resource's pipeline.
func (r Ref) PipelineAPIPath() string {
	return "/api/v1/teams/" + escapeSegment(r.Team) + "/pipelines/" + escapeSegment(r.Pipeline)
}

// escapeSegment escapes a + too: the ATC's router reads it as a blank, as in a query
// (https://github.com/bmizerany/pat/blob/master/mux.go).
func escapeSegment(name string) string { return strings.ReplaceAll(url.PathEscape(name), "+", "%2B") }

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
// only around a string that YAML would read as something else. Unlike fly, it also quotes what is not printable, and a key with a
// double quote, which could be the end of the vars.
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
func quoteSegment(s string) string { return printable.Name(s, ",.:/ ") }

func instanceVarValue(v any) string {
	raw, err := json.Marshal(v)
	if err != nil { // cannot happen: the vars came from JSON
		panic(err)
	}
	if s, ok := v.(string); ok && plainScalar(s) {
		return string(raw[1 : len(raw)-1])
	}
	return printable.JSON(string(raw))
}
