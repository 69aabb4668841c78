package pipeline

import (
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
)

// FuzzName: a pipeline's name that can be read has a team and a name, and prints as one line.
func FuzzName(f *testing.F) {
	for _, name := range []string{"app", "main/app", `main/app/branch:"a/b",n.k:5`, "app/a:{b: [1,2]}", "main//", ":", `app/a:"x`} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		p, err := parseName(name)
		if err != nil {
			return
		}
		if p.Team == "" || p.Name == "" {
			t.Errorf("%q is %+v", name, p)
		}
		for _, r := range config.PipelineString(p.Team, p.Name, p.InstanceVars) {
			if r < ' ' || r == 0x7f {
				t.Errorf("%q prints with the character %q", name, r)
			}
		}
	})
}
