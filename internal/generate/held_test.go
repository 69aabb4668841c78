package generate_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/generate"
	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
)

// The checks of a team that the login can't read any more stay, unless it is to be forgotten, not wanted, or gone.
func TestHeldTeams(t *testing.T) {
	t.Parallel()
	const url = "https://ci.example.com"
	for name, test := range map[string]struct {
		reading pipeline.Reading
		forget  []string
		want    string // the checks and the held teams
		err     string
	}{
		"readable":           {pipeline.Reading{URL: url, Teams: []string{"dev", "main"}}, nil, "", ""},
		"lost":               {pipeline.Reading{URL: url, Teams: []string{"main"}}, nil, "dev/p/a dev/q/a: dev", ""},
		"lost, and one gone": {pipeline.Reading{URL: url, Teams: []string{"main"}, Gone: []string{"dev/p"}}, nil, "dev/q/a: dev", ""},
		"destroyed":          {pipeline.Reading{URL: url, Teams: []string{"main"}, Gone: []string{"dev/p", "dev/q"}}, nil, "", ""},
		"forgotten":          {pipeline.Reading{URL: url, Teams: []string{"main"}}, []string{"dev"}, "", ""},
		"not wanted":         {pipeline.Reading{URL: url, Teams: []string{"main"}, Wanted: []string{"main"}}, nil, "", ""},
		"wanted and lost":    {pipeline.Reading{URL: url, Teams: []string{"main"}, Wanted: []string{"dev", "main"}}, nil, "dev/p/a dev/q/a: dev", ""},
		"never seen":         {pipeline.Reading{URL: url, Teams: []string{"main"}, Wanted: []string{"main", "mian"}}, nil, "", `can't read team "mian"`},
		"another Concourse":  {pipeline.Reading{URL: url + "/b", Teams: []string{"main"}}, nil, "", ""},
		"unreadable":         {pipeline.Reading{URL: url, Teams: []string{"dev", "main"}, Unreadable: []string{"dev/q"}}, nil, "dev/q/a", ""},
		"not looked":         {pipeline.Reading{URL: url}, nil, "ops/p/a: ops", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			previous := &config.Config{ATC: config.ATC{URL: url}, Held: &config.Held{Teams: []string{"ops"}}}
			for _, team := range []string{"dev", "ops"} {
				for _, p := range []string{"p", "q"} {
					if team == "dev" || p == "p" && name == "not looked" {
						previous.Checks = append(previous.Checks, config.Check{Check: p + "/a", Team: team, Filter: []byte(`{}`)})
						previous.Pipelines = append(previous.Pipelines, config.Pipeline{Team: team, Name: p})
					}
				}
			}
			g, err := generate.Generate(&test.reading, generate.Settings{Forget: test.forget}, previous)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("error %v, want %q in it", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var names, pipelines []string
			for _, c := range g.Config.Checks {
				names = append(names, c.Name())
			}
			for _, p := range g.Config.Pipelines {
				pipelines = append(pipelines, p.String()+"/a")
			}
			got := strings.Join(names, " ")
			if g.Config.Held != nil {
				got += ": " + strings.Join(g.Config.Held.Teams, " ")
				if diff := cmp.Diff(names, pipelines); diff != "" {
					t.Errorf("their pipelines (-checks +pipelines):\n%s", diff)
				}
			}
			if got != test.want {
				t.Errorf("kept %q, want %q", got, test.want)
			}
		})
	}
}
