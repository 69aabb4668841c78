package pipeline_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
)

// setConfig sets the config, in YAML, of main/app.
func setConfig(t *testing.T, text string) (*pipeline.Pipeline, []pipeline.LeftOut, error) {
	t.Helper()
	raw, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p := &pipeline.Pipeline{Pipeline: config.Pipeline{Team: "main", Name: "app"}}
	leftOut, err := p.SetConfig(raw)
	return p, leftOut, err
}

// A job's plan, or other fields of the pipeline, and the roles of the resources a, b and ((c)) then.
func TestRoles(t *testing.T) {
	t.Parallel()
	const resources = "resources: [{name: a, type: git}, {name: b, type: git}, {name: ((c)), type: git}]\n"
	plan := func(steps string) string { return "jobs: [{name: job, plan: " + steps + "}]" }
	tests := map[string]struct {
		jobs string
		want string
	}{
		"a trigger":                     {plan("[{get: a, trigger: true}]"), "trigger unused unused"},
		"an input":                      {plan("[{get: a}, {get: b, trigger: false}]"), "input input unused"},
		"trigger: null":                 {plan("[{get: a, trigger: }]"), "input unused unused"},
		"passed":                        {plan("[{get: a, passed: [x]}]"), "passed unused unused"},
		"passed, with trigger":          {plan("[{get: a, passed: [x], trigger: true}]"), "passed unused unused"},
		"passed by no job":              {plan("[{get: a, passed: [], trigger: true}]"), "trigger unused unused"},
		"passed is a var":               {plan("[{get: a, passed: ((x))}, {get: b, passed: ((x)), trigger: true}]"), "input trigger unused"},
		"passed and an input":           {"jobs: [{plan: [{get: a}]}, {plan: [{get: a, passed: [x], trigger: true}]}]", "input unused unused"},
		"put":                           {plan("[{put: a}]"), "put unused unused"},
		"put, without the implicit get": {plan("[{put: a, no_get: true}]"), "put unused unused"},
		"put and passed":                {plan("[{put: a}, {get: a, passed: [x]}]"), "passed unused unused"},
		"put and a trigger":             {plan("[{put: a}, {get: a, trigger: true}]"), "trigger unused unused"},
		"get as another name":           {plan("[{get: b, resource: a}, {get: x, resource: ''}]"), "input unused unused"},
		"put as another name":           {plan("[{put: b, resource: a}]"), "put unused unused"},
		"of no resource":                {plan("[{get: x, trigger: true}]"), "unused unused unused"},
		"steps without resources":       {plan("[{task: a}, {set_pipeline: a, var_files: [a]}, {load_var: a}, {run: a, type: b}]"), "unused unused unused"},
		"params are no steps":           {plan("[{put: a, params: {get: b}, get_params: {x: {put: b}}, inputs: [b]}, {task: t, config: {get: b}}]"), "put unused unused"},

		"do":                   {plan("[{do: [{get: a}, {do: [{put: b}]}]}]"), "input put unused"},
		"in_parallel, list":    {plan("[{in_parallel: [{get: a}, {put: b}]}]"), "input put unused"},
		"in_parallel, steps":   {plan("[{in_parallel: {limit: 2, fail_fast: true, steps: [{get: a}, {put: b}]}}]"), "input put unused"},
		"aggregate":            {plan("[{aggregate: [{get: a}, {put: b}]}]"), "input put unused"},
		"try":                  {plan("[{try: {get: a, trigger: true}}]"), "trigger unused unused"},
		"across":               {plan("[{across: [{var: x, values: [{get: b}]}], do: [{put: a}]}]"), "put unused unused"},
		"attempts and timeout": {plan("[{get: a, attempts: 3, timeout: 1h, tags: [b]}]"), "input unused unused"},
		"on_success":           {plan("[{task: x, on_success: {put: a}}]"), "put unused unused"},
		"on_failure":           {plan("[{task: x, on_failure: {do: [{get: a}]}}]"), "input unused unused"},
		"on_abort":             {plan("[{task: x, on_abort: {get: a}}]"), "input unused unused"},
		"on_error":             {plan("[{put: b, on_error: {get: a}}]"), "input put unused"},
		"ensure":               {plan("[{get: b, ensure: {put: a, ensure: {get: a}}}]"), "input input unused"},
		"no hook":              {plan("[{put: a, on_failure: }]"), "put unused unused"},
		"the job's on_success": {"jobs: [{plan: [], on_success: {put: a}}]", "put unused unused"},
		"the job's on_failure": {"jobs: [{plan: [], on_failure: {put: a}}]", "put unused unused"},
		"the job's on_abort":   {"jobs: [{plan: [], on_abort: {put: a}}]", "put unused unused"},
		"the job's on_error":   {"jobs: [{plan: [], on_error: {put: a}}]", "put unused unused"},
		"the job's ensure":     {"jobs: [{plan: [], ensure: {put: a}}]", "put unused unused"},
		"the job's other fields": {
			"jobs: [{plan: [{put: a}], serial_groups: [b], build_log_retention: {days: 1}, max_in_flight: 2}]", "put unused unused",
		},

		"a var as trigger":      {plan("[{get: a, trigger: ((x))}]"), "trigger unused unused"},
		"a text as trigger":     {plan("[{get: a, trigger: 'false'}]"), "trigger unused unused"},
		"a var as name":         {plan("[{get: ((x))}]"), "input input input"},
		"a var in a name":       {plan("[{get: x-((c)), trigger: true}]"), "trigger trigger trigger"},
		"a resource's own var":  {plan("[{put: ((c))}, {put: x, resource: ((c))}]"), "unused unused put"},
		"a var as resource":     {plan("[{put: a, resource: ((x))}]"), "put put put"},
		"a number as name":      {plan("[{get: 1}]"), "input input input"},
		"no jobs":               {"", "trigger trigger trigger"},
		"an empty list of jobs": {"jobs: []", "trigger trigger trigger"},
		"a var as jobs":         {"jobs: ((x))", "trigger trigger trigger"},
		"a var as job":          {"jobs: [((x))]", "trigger trigger trigger"},
		"a var as plan":         {plan("((x))"), "trigger trigger trigger"},
		"a var as step":         {plan("[((x))]"), "trigger trigger trigger"},
		"a var as hook":         {plan("[{task: x, ensure: ((x))}]"), "trigger trigger trigger"},
		"a var as do":           {plan("[{do: ((x))}]"), "trigger trigger trigger"},
		"a var as in_parallel":  {plan("[{in_parallel: {steps: ((x))}}]"), "trigger trigger trigger"},
		"an unknown step":       {plan("[{fetch: a}]"), "trigger trigger trigger"},
		"an unknown hook":       {plan("[{task: x, on_skip: {get: a}}]"), "trigger trigger trigger"},
		"an unknown list":       {plan("[{task: x, race: [{get: a}]}]"), "trigger trigger trigger"},
		"an unknown field":      {plan("[{get: a, conditions: [success], retry: 2}]"), "input unused unused"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, leftOut, err := setConfig(t, resources+test.jobs)
			if err != nil || len(leftOut) > 0 {
				t.Fatal(err, leftOut)
			}
			var got []string
			for _, r := range p.Resources {
				got = append(got, string(r.Role))
			}
			if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("roles of a, b and ((c)) (-want +got):\n%s", diff)
			}
		})
	}
}

// A resource that can't be read never loses its pipeline.
func TestSetConfig(t *testing.T) {
	t.Parallel()
	const rest = "jobs: [{plan: [{get: a}]}]\nresources:\n- {name: a, type: git, source: {uri: x}}\n- "
	tests := map[string]struct {
		config string
		read   string // names of resources
		want   string // what is left out, or the error
	}{
		"all":                     {rest + "{name: b, type: git}", "a b", ""},
		"a number as name":        {rest + "{name: 5, type: git}", "a 5", ""},
		"a number as a token":     {rest + "{name: b, type: git, webhook_token: 5}", "a b", ""},
		"not an object":           {rest + "((b))", "a", "main/app/resources[1]: it is a string where an object is expected"},
		"without a name":          {rest + "{type: git}", "a", "main/app/resources[1]: it needs a name"},
		"without a type":          {rest + "{name: b}", "a", "main/app/b: it needs a type"},
		"a list as a name":        {rest + "{name: [b], type: git}", "a", "main/app/resources[1]: name: an array where a string is expected"},
		"an endless name":         {rest + "{name: " + strings.Repeat("b", 5000) + "}", "a", "main/app/resources[1]: it needs a type"},
		"a var as source":         {rest + "{name: b, type: git, source: ((hunter2))}", "a", "main/app/b: source: it is a ((var)) whose value is not given; give it with -v, -y or -l"},
		"a text as source":        {rest + "{name: b, type: git, source: hunter2}", "a", "main/app/b: source: a string where an object is expected"},
		"a list as type":          {rest + "{name: b, type: [git]}", "a", "main/app/b: type: an array where a string is expected"},
		"the same name":           {rest + "{name: a, type: s3}", "a", "main/app/a: another resource has the same name; only the first is read"},
		"resources are a var":     {"resources: ((x))\njobs: []", "", "resources: a string where an array is expected"},
		"resources are an object": {"resources: {a: {type: git}}", "", "resources: an object where an array is expected"},
		"a list":                  {"[1]", "", "it is an array where an object is expected"},
		"nothing":                 {"groups: []", "", "it has neither resources nor jobs; is it a pipeline?"},
		"null":                    {"resources:\njobs:", "", "it has neither resources nor jobs; is it a pipeline?"},
		"jobs only":               {"jobs: []", "", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, leftOut, err := setConfig(t, test.config)
			var names, got []string
			for _, r := range p.Resources {
				names = append(names, r.Name)
			}
			for _, l := range leftOut {
				got = append(got, l.Name+": "+l.Reason)
			}
			if err != nil {
				got = append(got, err.Error())
			}
			if diff := cmp.Diff(test.want, strings.Join(got, "\n")); diff != "" {
				t.Errorf("left out (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.read, strings.Join(names, " ")); diff != "" {
				t.Errorf("read (-want +got):\n%s", diff)
			}
		})
	}
}

// A type that can't be read still hides the base type of its name: its rules are not those of the base type.
func TestSetConfigTypes(t *testing.T) {
	t.Parallel()
	p, _, err := setConfig(t, `
jobs: []
resource_types:
- {name: git, type: registry-image, source: ((x))}
- {name: mine, type: registry-image, source: {repository: acme/mine}, defaults: {a: b}}
- ((x))
`)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]pipeline.CustomType{
		"git": {Name: "git", Source: map[string]any{"repository": "((x))"}},
		"mine": {
			Name: "mine", Type: "registry-image",
			Source: map[string]any{"repository": "acme/mine"}, Defaults: map[string]any{"a": "b"},
		},
	}
	if diff := cmp.Diff(want, p.Types); diff != "" {
		t.Errorf("types (-want +got):\n%s", diff)
	}
}
