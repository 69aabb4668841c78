package generate_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/generate"
	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
	"github.com/dpb587/concourse-resource-endpoints/internal/syncing"
)

// write writes a file and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// generated makes the config of one pipeline of a Concourse.
func generated(t *testing.T, p pipeline.Pipeline, s generate.Settings) *generate.Generated {
	t.Helper()
	if p.Name == "" {
		p.Team, p.Name = "main", "p"
	}
	g, err := generate.Generate(&pipeline.Reading{URL: "https://ci.example.com", Pipelines: []pipeline.Pipeline{p}}, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// field is a field of the filter of a git resource with the given source.
func field(t *testing.T, name string, source resource.Source, instanceVars map[string]any, s generate.Settings) any {
	t.Helper()
	if source["uri"] == nil {
		source["uri"] = "https://github.com/acme/app"
	}
	g := generated(t, pipeline.Pipeline{
		Pipeline:  config.Pipeline{Team: "main", Name: "p", InstanceVars: instanceVars},
		Resources: []pipeline.Resource{{Name: "r", Type: "git", Source: source}},
	}, s)
	if len(g.Config.Checks) != 1 {
		t.Fatalf("left out: %v", g.LeftOut)
	}
	var filter map[string]any
	if err := json.Unmarshal(g.Config.Checks[0].Filter, &filter); err != nil {
		t.Fatal(err)
	}
	return filter[name]
}

// The order is fly's (https://github.com/concourse/concourse/tree/master/fly/commands/internal/templatehelpers): instance vars,
// -y, -v, the last -l, the first -l. If fly would fail, the var stays unresolved, because Concourse may resolve it.
func TestVars(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		branch   string
		v, y     []string
		l        []string
		instance map[string]any
		want     any
	}{
		{name: "unresolved", branch: "((b))", want: "((b))"},
		{name: "-v", branch: "((b))", v: []string{"b=x"}, want: "x"},
		{name: "-v is text", branch: "((b))", v: []string{"b={a: 1}"}, want: "{a: 1}"},
		{name: "-v may hold an equals sign", branch: "((b))", v: []string{"b=x=y"}, want: "x=y"},
		{name: "-y", branch: "((b))", y: []string{"b='x'"}, want: "x"},
		{name: "the last -v", branch: "((b))", v: []string{"b=x", "b=y"}, want: "y"},
		{name: "-y before -v", branch: "((b))", v: []string{"b=x"}, y: []string{"b=z"}, want: "z"},
		{name: "-v before -l", branch: "((b))", v: []string{"b=x"}, l: []string{"b: y"}, want: "x"},
		{name: "the last -l", branch: "((b))", l: []string{"b: x", "b: z"}, want: "z"},
		{name: "the first -l where the last has none", branch: "((b))", l: []string{"b: x", "c: y"}, want: "x"},
		{name: "instance vars before -y", branch: "((b))", y: []string{"b=y"}, instance: map[string]any{"b": "i"}, want: "i"},
		{name: "within a text", branch: "release-((b))-((c))", v: []string{"b=x", "c=y"}, want: "release-x-y"},
		{name: "a part stays", branch: "release-((b))-((c))", v: []string{"b=x"}, want: "release-x-((c))"},
		{name: "a number within a text", branch: "release-((n))", y: []string{"n=5"}, want: "release-5"},
		{name: "an instance's number within a text", branch: "release-((n))", instance: map[string]any{"n": 5.0}, want: "release-5"},
		{name: "a file's number within a text", branch: "release-((v))", l: []string{"v: 1.5"}, want: "release-1.5"},
		{name: "a large number", branch: "((n))", y: []string{"n=123456789012345678"}, want: "123456789012345678"},
		{name: "a field", branch: "((a.b))", y: []string{"a={b: x}"}, want: "x"},
		{name: "a dotted name", branch: "((a.b))", v: []string{"a.b=x"}, want: "x"},
		{name: "a field of one and another", branch: "((a.b))-((a.c))", v: []string{"a.b=x", "a.c=y"}, want: "x-y"},
		{name: "an instance's field beside another", branch: "((a.b))-((a.c))", v: []string{"a.b=x"}, instance: map[string]any{"a": map[string]any{"c": "y"}}, want: "x-y"},
		{name: "a quoted name", branch: `(("a.b"))`, v: []string{`"a.b"=x`}, want: "x"},
		{name: "a field that is missing", branch: "((a.b))", v: []string{"a.c=x"}, want: "((a.b))"},
		{name: "a field that is missing and in a file", branch: "((a.b))", v: []string{"a.c=x"}, l: []string{"a: {b: z}"}, want: "z"},
		{name: "a field of a text", branch: "((a.b))", v: []string{"a=x"}, want: "((a.b))"},
		{name: "a var source", branch: "((vault:b))", v: []string{"b=x"}, want: "((vault:b))"},
		{name: "a value is not resolved again", branch: "((a))", v: []string{"a=((b))", "b=x"}, want: "((b))"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := syncing.PipelineOptions{Var: test.v, YAMLVar: test.y}
			for _, text := range test.l {
				f.LoadVarsFrom = append(f.LoadVarsFrom, write(t, "vars.yml", text))
			}
			settings, err := f.Settings(syncing.Flag)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // resolving for one pipeline changes nothing for the next
				got := field(t, "branch", resource.Source{"branch": test.branch}, test.instance, settings)
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}

// The instance vars of one pipeline do not resolve vars of another.
func TestVarsOfAnotherInstance(t *testing.T) {
	t.Parallel()
	f := syncing.PipelineOptions{YAMLVar: []string{"a={b: x}"}}
	settings, err := f.Settings(syncing.Flag)
	if err != nil {
		t.Fatal(err)
	}
	source := func() resource.Source { return resource.Source{"branch": "((a.b))-((a.c))"} }
	first := field(t, "branch", source(), map[string]any{"a": map[string]any{"c": "y"}}, settings)
	second := field(t, "branch", source(), nil, settings)
	if first != "x-y" || second != "x-((a.c))" {
		t.Errorf("the instance's is %v, the other's %v", first, second)
	}
}

func TestVarsFillWholeFields(t *testing.T) {
	t.Parallel()
	f := syncing.PipelineOptions{YAMLVar: []string{"paths=[a, b c]", "skip=true"}, Var: []string{"host=github.com"}}
	settings, err := f.Settings(syncing.Flag)
	if err != nil {
		t.Fatal(err)
	}
	source := resource.Source{"uri": "https://((host))/acme/app", "paths": "((paths))", "disable_ci_skip": "((skip))"}
	for name, want := range map[string]any{
		"uri": "https://github.com/acme/app", "paths": []any{"a", "b c"}, "disable_ci_skip": true,
	} {
		if diff := cmp.Diff(want, field(t, name, source, nil, settings)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Every setting that changes checks changes the digest.
func TestSettingsDigest(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for name, f := range map[string]syncing.PipelineOptions{
		"none":     {},
		"-v":       {Var: []string{"a=1"}},
		"-y":       {YAMLVar: []string{"a=1"}},
		"-v other": {Var: []string{"a=2"}},
		"-l":       {LoadVarsFrom: []string{write(t, "a.yml", "a: 1")}},
		"token":    {WebhookToken: "env:A"},
		"alias":    {TypeAliases: syncing.Pairs{{Name: "a", Value: "git"}}},
		"alias 2":  {TypeAliases: syncing.Pairs{{Name: "a", Value: "s3"}}},
		"defaults": {BaseDefaultsFile: write(t, "d.yml", "git: {branch: x}")},
		"unused":   {IncludeUnused: true},
		"vars":     {Vars: syncing.Vars{"a": 3}},
	} {
		settings, err := f.Settings(syncing.Flag)
		if err != nil {
			t.Fatal(err)
		}
		digest := settings.Digest()
		if other, ok := seen[digest]; ok || digest == "" {
			t.Errorf("%s has the digest of %s", name, other)
		}
		seen[digest] = name
		again, err := f.Settings(syncing.Flag)
		if err != nil || again.Digest() != digest {
			t.Errorf("%s has another digest the next time (%v)", name, err)
		}
	}
}
