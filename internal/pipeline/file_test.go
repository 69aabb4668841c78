package pipeline_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
)

// What fly takes is read; {{x}}, which it took once, is named with its line and the remedy.
func TestOldVars(t *testing.T) {
	t.Parallel()
	const old = "{{x}} is the form that fly no longer takes: write ((x))"
	tests := map[string]struct{ text, want string }{
		"a value":                       {"jobs: []\nx: {{x}}", ":2: " + old},
		"with a dash":                   {"jobs: []\nx: {{the-key}}", ":2: {{the-key}} is the form that fly no longer takes: write ((the-key))"},
		"an item":                       {"jobs: []\nx:\n- {{x}}", ":3: " + old},
		"in a flow":                     {"jobs: []\nx: {a: {b: [{{x}}]}}", ":2: " + old},
		"the second in a flow":          {"jobs: []\nx: [a, {{x}}]", ":2: " + old},
		"with a suffix":                 {"jobs: []\nx: {{x}}/y", ":2: " + old},
		"a key":                         {"jobs: []\n{{x}}: y", ":2: " + old},
		"after one in a text":           {"jobs: []\nx: \"{{y}}\"\ny: 'it''s {{y}}' # {{y}}\nz: https://h/{{y}}\nw: {{x}}", ":5: " + old},
		"after one in a block":          {"jobs: []\nx:\n- y: |\n    {{y}}\n\n    - {{y}}\n  z: {{x}}", ":7: " + old},
		"after one in a block's item":   {"jobs: []\nx:\n- >-\n  {{y}}\n- {{x}}", ":5: " + old},
		"after one in lines of a text":  {"jobs: []\nx: \"a\n  {{y}} \\\"\n  {{y}}\"\ny: {{x}}", ":5: " + old},
		"after an apostrophe":           {"jobs: []\nx: don't\ny: {{x}}", ":3: " + old},
		"another mistake":               {"jobs: []\nx: \"{{x}}\"\ny: [", ":3: did not find expected node content"},
		"of another template":           {"jobs: []\nx: {{ x }}", ": it is not valid YAML"},
		"quoted":                        {"jobs: []\nx: \"{{x}}\"\ny: '{{x}}'", ""},
		"in a plain text":               {"jobs: []\nx: https://h/{{x}}", ""},
		"in a block":                    {"jobs: []\nx: |\n  {{x}}", ""},
		"in a comment":                  {"jobs: [] # {{x}}\n# {{x}}", ""},
		"a map in a map":                {"jobs: []\nx: {y: {z: 1}}", ""},
		"an anchor with the same name":  {"jobs: []\na: &a {x: 1}\nb: &a {y: 2}\nc: *a", ""},
		"the same key twice, as in fly": {"jobs: []\na: {x: 1, x: 2}", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "p.yml")
			if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := pipeline.Files("", []string{"p=" + path}, nil)
			got := ""
			if err != nil {
				got = strings.TrimPrefix(err.Error(), "reading --pipeline "+path)
			}
			if got != test.want {
				t.Errorf("error %q, want %q", got, test.want)
			}
		})
	}
}
