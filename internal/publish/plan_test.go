package publish_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/publish"
)

func document(checks ...config.Check) *config.Config {
	return &config.Config{ATC: config.ATC{URL: "https://ci.example.com"}, Checks: checks}
}

func gitCheck(name, filter string) config.Check {
	return config.Check{Check: name, Team: "main", Type: "git", Filter: []byte(filter)}
}

func TestPlan(t *testing.T) {
	t.Parallel()
	moved := document(gitCheck("p/a", `{"uri":"x"}`))
	moved.ATC.URL = "https://new.example.com"
	scoped := gitCheck("p/a", `{"uri":"x","branch":"m","paths":["a"]}`)
	scoped.Scope, scoped.WebhookToken = "s", "env:T"
	for name, test := range map[string]struct {
		before, after *config.Config
		want          []string
	}{
		"the first": {nil, document(gitCheck("p/a", `{"uri":"x"}`)), []string{"+ main/p/a (git)", "plan: 1 to add, 0 to change, 0 to remove; 1 checks then"}},
		"the same":  {document(gitCheck("p/a", `{"uri":"x"}`)), document(gitCheck("p/a", `{ "uri": "x" }`)), []string{"no changes: 1 checks"}},
		"changed fields": {
			document(gitCheck("p/a", `{"uri":"x","branch":"n"}`)), document(scoped),
			[]string{"~ main/p/a (scope, webhook_token, branch, paths)", "plan: 0 to add, 1 to change, 0 to remove; 1 checks then"},
		},
		"in order": {
			document(gitCheck("p/b", `{"uri":"x"}`), gitCheck("p/c", `{"uri":"x"}`)), document(gitCheck("p/c", `{"uri":"y"}`), gitCheck("p/a", `{"uri":"x"}`)),
			[]string{"+ main/p/a (git)", "- main/p/b (git)", "~ main/p/c (uri)", "plan: 1 to add, 1 to change, 1 to remove; 2 checks then"},
		},
		"another Concourse": {
			document(gitCheck("p/a", `{"uri":"x"}`)), moved,
			[]string{"~ atc.url (https://ci.example.com -> https://new.example.com)", "plan: 0 to add, 1 to change, 0 to remove; 1 checks then"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := publish.NewPlan(test.before, test.after)
			var got []string
			for _, c := range p.Changes {
				got = append(got, c.String())
			}
			got = append(got, p.Summary())
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if p.Empty() != strings.HasPrefix(p.Summary(), "no changes") {
				t.Errorf("Empty() = %v of %s", p.Empty(), p.Summary())
			}
		})
	}
}

// Checks of paused pipelines, and of teams that are to be forgotten, are expected to go.
func TestPlanIsExpected(t *testing.T) {
	t.Parallel()
	var checks []config.Check
	for i := range 23 {
		checks = append(checks, gitCheck(fmt.Sprintf("%c/%d", "pq"[i/12], i), `{"uri":"x"}`)) // 12 of p, 11 of q
	}
	left := document(checks[12:]...)
	if !publish.NewPlan(document(checks...), left).Drastic() || publish.NewPlan(document(checks...), left, "main").Drastic() {
		t.Error("12 of 23 checks vanish, and that is not drastic, or forgetting their team is")
	}
	left.Pipelines = []config.Pipeline{{Team: "main", Name: "p", Paused: true}, {Team: "main", Name: "q", LastUpdated: 5}}
	p := publish.NewPlan(document(checks...), left)
	if p.Drastic() || p.Vanishing() != 0 || p.Count(publish.Removed) != 12 {
		t.Errorf("to pause a pipeline with 12 of 23 checks: %s, %d vanish", p.Summary(), p.Vanishing())
	}
	left.Pipelines[0] = config.Pipeline{Team: "main", Name: "p"}
	for i := range 12 {
		left.Pipelines[0].Unused = append(left.Pipelines[0].Unused, fmt.Sprint(i))
	}
	if p = publish.NewPlan(document(checks...), left); p.Drastic() || p.Vanishing() != 0 {
		t.Errorf("no job waits for 12 of 23 checks: %d vanish", p.Vanishing())
	}
	left.Pipelines[0] = config.Pipeline{Team: "main", Name: "p", Paused: true}
	p = publish.NewPlan(document(checks[12:]...), document())
	if p.Expect([]string{"main/q/12", "main/q/13"}); p.Vanishing() != 9 {
		t.Errorf("of 11 checks 2 are expected to go, and %d vanish", p.Vanishing())
	}
	left.Checks = nil
	p = publish.NewPlan(document(checks...), left)
	held := p.Hold(left)
	if !p.Drastic() || p.Vanishing() != 11 || len(held.Checks) != 11 || held.Pipelines[1].LastUpdated != 0 || left.Pipelines[1].LastUpdated != 5 {
		t.Errorf("the 11 others vanish: %d, held %+v", p.Vanishing(), held)
	}
}

// A plan that removes more than half of the checks, and more than ten, needs the operator's consent.
func TestPlanIsDrastic(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		before, left int
		want         bool
	}{{10, 0, false}, {11, 0, true}, {22, 11, false}, {22, 10, true}, {1000, 400, true}, {1000, 500, false}, {0, 0, false}} {
		var checks []config.Check
		for i := range test.before {
			checks = append(checks, gitCheck(fmt.Sprintf("p/%d", i), `{"uri":"x"}`))
		}
		if got := publish.NewPlan(document(checks...), document(checks[:test.left]...)).Drastic(); got != test.want {
			t.Errorf("%d of %d left: drastic %v, want %v", test.left, test.before, got, test.want)
		}
	}
}
