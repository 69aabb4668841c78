package generate_test

import (
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/generate"
	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
	"github.com/dpb587/concourse-resource-endpoints/internal/syncing"
)

// member is one of two resources that may share a scope.
type member struct {
	team, pipeline string
	typeName       string
	source         resource.Source
	instanceVars   map[string]any
	own            bool // its type is the pipeline's own
}

func code() resource.Source {
	return resource.Source{"uri": "https://github.com/acme/app", "branch": "main", "private_key": "((key))"}
}

func with(field string, value any) resource.Source {
	s := code()
	s[field] = value
	return s
}

// Two resources share a scope only if Concourse, with global resources on, certainly checks them as one; a wrongly shared scope
// would leave one unchecked.
func TestScopes(t *testing.T) {
	t.Parallel()
	shared := func(s resource.Source) resource.Source { delete(s, "private_key"); return s }
	for name, test := range map[string]struct {
		a, b   member
		off    bool // global resources are off
		vars   []string
		shared bool
	}{
		"the same source":                   {a: member{source: shared(code())}, b: member{source: shared(code())}, shared: true},
		"in another team":                   {a: member{source: shared(code())}, b: member{team: "other", source: shared(code())}}, // its tags or check_timeout may let no check work
		"within one pipeline":               {a: member{pipeline: "p", source: code()}, b: member{pipeline: "p", source: code()}, shared: true},
		"global resources are off":          {a: member{source: shared(code())}, b: member{source: shared(code())}, off: true},
		"another branch":                    {a: member{source: shared(code())}, b: member{source: shared(with("branch", "dev"))}},
		"a field that no filter holds":      {a: member{source: shared(code())}, b: member{source: shared(with("version_depth", 2.0))}},
		"another type":                      {a: member{source: shared(code())}, b: member{typeName: "pool", source: shared(code())}},
		"a type that keeps its own history": {a: member{typeName: "own", source: shared(code())}, b: member{typeName: "own", source: shared(code())}},
		"a type that no worker has":         {a: member{typeName: "pool", source: shared(with("pool", "x"))}, b: member{typeName: "pool", source: shared(with("pool", "x"))}},
		"a custom type":                     {a: member{own: true, source: shared(code())}, b: member{own: true, source: shared(code())}},
		"a var that stays open":             {a: member{source: code()}, b: member{source: code()}},
		"a var that a flag resolves":        {a: member{source: code()}, b: member{source: code()}, vars: []string{"key=x"}}, // its value is a literal secret
		"a branch that instances resolve": {
			a: member{source: shared(with("branch", "((b))")), instanceVars: map[string]any{"b": "x"}},
			b: member{source: shared(with("branch", "((b))")), instanceVars: map[string]any{"b": "x", "c": "y"}}, shared: true,
		},
		"a branch that instances resolve differently": {
			a: member{source: shared(with("branch", "((b))")), instanceVars: map[string]any{"b": "x"}},
			b: member{source: shared(with("branch", "((b))")), instanceVars: map[string]any{"b": "y"}},
		},
		"a literal key":                   {a: member{source: with("private_key", "x")}, b: member{source: with("private_key", "x")}},
		"a literal number for a pin":      {a: member{source: shared(with("password", 1234.0))}, b: member{source: shared(with("password", 1234.0))}},
		"half a literal password":         {a: member{source: shared(with("password", "((a))x((b))"))}, b: member{pipeline: "p0", source: shared(with("password", "((a))x((b))"))}},
		"a password in the URL":           {a: member{source: shared(with("uri", "https://u:p@h/r"))}, b: member{source: shared(with("uri", "https://u:p@h/r"))}},
		"a password before scp's form":    {a: member{source: shared(with("uri", "u:p/q@h:r"))}, b: member{source: shared(with("uri", "u:p/q@h:r"))}},
		"a slash in the URL's password":   {a: member{source: shared(with("uri", "https://u:p/q@h/r"))}, b: member{source: shared(with("uri", "https://u:p/q@h/r"))}},
		"a token in the URL's query":      {a: member{source: shared(with("uri", "https://h/r?t=x"))}, b: member{source: shared(with("uri", "https://h/r?t=x"))}},
		"a header of git's":               {a: member{source: shared(with("git_config", header()))}, b: member{source: shared(with("git_config", header()))}},
		"a key's text under a plain name": {a: member{source: shared(with("x", "-----BEGIN\nabc"))}, b: member{source: shared(with("x", "-----BEGIN\nabc"))}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flags := syncing.PipelineOptions{Var: test.vars}
			settings, err := flags.Settings(syncing.Flag)
			if err != nil {
				t.Fatal(err)
			}
			settings.TypeAliases = map[string]string{"own": "git"}
			reading := &pipeline.Reading{GlobalResources: !test.off, UniqueHistory: map[string]bool{"git": false, "own": true}}
			reading.Pipelines = pipelinesOf(test.a, test.b)
			g, err := generate.Generate(reading, settings, nil)
			if err != nil || len(g.Config.Checks)+len(g.LeftOut) != 2 {
				t.Fatalf("%v, error %v", g, err)
			}
			if len(g.LeftOut) > 0 { // an incomplete source of another type
				return
			}
			x, y := g.Config.Checks[0].Scope, g.Config.Checks[1].Scope
			if got := x != "" && x == y; got != test.shared {
				t.Errorf("scopes %q and %q: shared %v, want %v", x, y, got, test.shared)
			}
		})
	}
}

func header() []any {
	return []any{map[string]any{"name": "http.extraHeader", "value": "x"}}
}

// pipelinesOf puts each member into a pipeline of its own, or both into one if they name the same pipeline.
func pipelinesOf(members ...member) []pipeline.Pipeline {
	var list []pipeline.Pipeline
	for i, m := range members {
		index := string(rune('0' + i))
		r := pipeline.Resource{Name: "r" + index, Type: m.typeName, Source: m.source}
		if r.Type == "" {
			r.Type = "git"
		}
		if m.pipeline != "" && i > 0 && list[0].Name == m.pipeline {
			list[0].Resources = append(list[0].Resources, r)
			continue
		}
		p := pipeline.Pipeline{Pipeline: config.Pipeline{Team: "main", Name: "p" + index, InstanceVars: m.instanceVars}, Resources: []pipeline.Resource{r}}
		if m.team != "" {
			p.Team = m.team
		}
		if m.pipeline != "" {
			p.Name = m.pipeline
		}
		if m.own {
			p.Types = map[string]pipeline.CustomType{r.Type: {Name: r.Type, Type: "registry-image", Source: resource.Source{"repository": "concourse/git-resource"}}}
		}
		list = append(list, p)
	}
	return list
}
