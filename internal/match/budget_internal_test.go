package match

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

const octoApp = "https://github.com/octo/app"

// teamChecks are n checks of a team.
func teamChecks(team string, n int, filter func(i int) map[string]any) []config.Check {
	checks := make([]config.Check, n)
	for i := range checks {
		f := filter(i)
		typeName := "git"
		if f["bucket"] != nil {
			typeName = "s3"
		}
		raw, err := json.Marshal(f)
		if err != nil {
			panic(err)
		}
		checks[i] = config.Check{Team: team, Check: fmt.Sprintf("p-%d/r", i), Type: typeName, Filter: raw}
	}
	return checks
}

func newMatcher(tb testing.TB, checks ...[]config.Check) *Matcher {
	tb.Helper()
	c := &config.Config{Version: 1}
	for _, list := range checks {
		c.Checks = append(c.Checks, list...)
	}
	m, err := New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// monorepo is one of the filters of a large repository, none of which covers a file of pushOf.
func monorepo(i int) map[string]any {
	paths := []string{"go.mod", "docs/*.md", fmt.Sprintf("*/config-%d/*.yml", i)}
	for k := range 7 {
		paths = append(paths, fmt.Sprintf("services/other-%d-%d", i, k))
	}
	return map[string]any{"uri": octoApp, "branch": "main", "paths": paths, "ignore_paths": []string{"*.txt"}}
}

// stars is a filter of globs that are slow to compare.
func stars(i int) map[string]any {
	paths := make([]string, 120)
	for k := range paths {
		paths[k] = fmt.Sprintf("*s*e*r*a*a*b%d-%d*", i, k)
	}
	return map[string]any{"uri": octoApp, "branch": "main", "paths": paths}
}

func partlyKnown(i int) map[string]any {
	return map[string]any{"uri": fmt.Sprintf("https://github.com/((owner))/app-%d", i)}
}

func pushOf(files int) []event.Event {
	names := make([]string, files)
	for i := range names {
		names[i] = fmt.Sprintf("services/service-%d/internal/package%d/%s_%d.go", i%17, i%231, strings.Repeat("a", 30), i)
	}
	return []event.Event{event.Push{
		Repository: event.Repository{URLs: []string{octoApp, "git@github.com:octo/app.git"}, DefaultBranch: "main"},
		Ref:        "refs/heads/main", Commits: []event.Commit{{ID: "c", Message: "x", Files: names}},
	}}
}

// run matches, and says how often each rule decided on a team's checks.
func (m *Matcher) run(events []event.Event, team string) (map[string]int, *delivery) {
	d := m.deliver(events)
	rules := make(map[string]int)
	for _, match := range d.matches {
		if match.Ref.Team == team {
			rules[string(match.Rule)]++
		}
	}
	return rules, d
}

// Real pushes stay far within the budget, even beside a team that uses all it may.
func TestRealPushes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ files, checks, most int }{{20, 100, 500_000}, {2000, 50, 4_000_000}, {3, 1000, 5_000_000}} {
		for _, hostile := range []int{0, 10} {
			m := newMatcher(t, teamChecks("a", hostile, stars), teamChecks("main", test.checks, monorepo))
			rules, d := m.run(pushOf(test.files), "main")
			if used := d.account.used[m.teams["main"]]; rules["git.paths"] != test.checks || used > test.most {
				t.Errorf("%d files, %d checks, %d hostile ones: %v in %d steps, want at most %d", test.files, test.checks, hostile, rules, used, test.most)
			}
		}
	}
}

// One team that uses its part up is checked, and takes nothing from the others.
func TestOneTeamDoesNotCrowdOutOthers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		filter func(int) map[string]any
		events []event.Event
		checks int
		rule   string
	}{
		{"globs", stars, pushOf(3000), 20, "uncertain.budget"},
		{"resources known in part", partlyKnown, slowEvents(200), 5000, "uncertain.budget"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m := newMatcher(t, teamChecks("a", test.checks, test.filter), teamChecks("main", 3, monorepo), teamChecks("z", 1, monorepo))
			m.steps = 4_000_000
			rules, d := m.run(test.events, "a")
			if rules[test.rule] == 0 {
				t.Errorf("team a: %v", rules)
			}
			if used := d.account.used[m.teams["a"]]; used > m.steps {
				t.Errorf("team a used %d of %d steps", used, m.steps)
			}
			if rules, _ = m.run(test.events, "main"); rules["git.paths"] != 3 {
				t.Errorf("team main: %v", rules)
			}
		})
	}
}

// slowEvents are n pushes to one repository.
func slowEvents(n int) []event.Event {
	var events []event.Event
	for range n {
		events = append(events, pushOf(1)...)
	}
	return events
}

// A check that is to be made costs nothing more, however many events follow.
func TestDecidedChecksCostNothing(t *testing.T) {
	t.Parallel()
	all := func(int) map[string]any { return map[string]any{"uri": octoApp} }
	m := newMatcher(t, teamChecks("a", 100, all))
	_, once := m.run(slowEvents(1), "a")
	_, often := m.run(slowEvents(1000), "a")
	if len(often.matches) != 100 || often.account.used[0] != once.account.used[0] {
		t.Errorf("%d steps for one event, %d for 1000", once.account.used[0], often.account.used[0])
	}
}

// panicking is a filter with a defect.
type panicking struct{ resource.Filter }

func (panicking) Decide(event.Event, *resource.Budget) resource.Decision { panic("a defect") }

// A defect costs a check of one resource, not the delivery.
func TestPanic(t *testing.T) {
	t.Parallel()
	m := newMatcher(t, teamChecks("main", 2, monorepo))
	m.checks[0].filter = panicking{m.checks[0].filter}
	rules, d := m.run(pushOf(1), "main")
	if rules["uncertain.filter"] != 1 || rules["git.paths"] != 1 || d.matches[0].Err == nil {
		t.Errorf("%v, %v", rules, d.matches[0].Err)
	}
}

// No filter, however hostile, makes New fail or lose another check.
func TestHostileDocument(t *testing.T) {
	t.Parallel()
	hostile := teamChecks("a", 5, func(i int) map[string]any {
		return []map[string]any{
			{"uri": octoApp, "paths": []string{strings.Repeat("{,}", 1_000_000)}},
			{"uri": "https://dev.azure.com/((o))/%ff%fe/_git/((r))"},
			{"uri": octoApp, "branch": strings.Repeat("((a))", 500_000)},
			{"uri": octoApp, "tag_regex": strings.Repeat("(", 4000)},
			{"bucket": "b", "regexp": "(" + strings.Repeat("(.?){1000}", 300) + ")"},
		}[i]
	})
	unreadable := []config.Check{
		{Check: "p/uri", Type: "git", Filter: json.RawMessage(`{"uri":"` + strings.Repeat("a", 5000) + `"}`)},
		{Check: "p/deep", Type: "git", Filter: json.RawMessage(`{"uri":` + strings.Repeat("[", 100_000) + `}`)},
	}
	m, err := New(&config.Config{Checks: append(append(hostile, unreadable...), teamChecks("main", 1, monorepo)...)})
	if unread := Unread(nil); !errors.As(err, &unread) || len(unread) != 2 {
		t.Errorf("%.300v, want two that are not read", err)
	}
	rules, _ := m.run(pushOf(1), "main")
	if m.Len() != 6 || rules["git.paths"] != 1 {
		t.Errorf("%d checks, %v", m.Len(), rules)
	}
	if rules, _ = m.run(pushOf(1), "a"); rules["uncertain.limit"] != 2 {
		t.Errorf("team a: %v", rules)
	}
}

// FuzzBudget: whatever the budget, a check that would be made without it is made with it, and no team uses more than there is, or
// leaves another less than its share.
func FuzzBudget(f *testing.F) {
	f.Add("{a,b}*c", "*.md", "x/((y))/z", uint16(10), uint32(3000))
	f.Add("*a*b*[c]", "", octoApp, uint16(300), uint32(100_000))
	f.Add("services", "*s*e*[x]", "https://github.com/((o))/app", uint16(50), uint32(10_000))
	f.Fuzz(func(t *testing.T, path, ignore, uri string, files uint16, steps uint32) {
		fuzzed := func(i int) map[string]any {
			return map[string]any{"uri": []string{octoApp, uri}[i%2], "paths": []string{path}, "ignore_paths": []string{ignore}}
		}
		c := &config.Config{Checks: append(teamChecks("a", 6, fuzzed), teamChecks("z", 2, monorepo)...)}
		m, _ := New(c)
		events := append(pushOf(int(files%500)), event.RepositoryChanged{Repository: event.Repository{URLs: []string{uri}}, What: "name"})
		m.steps = 1 << 40
		certain := make(map[string]bool)
		for _, match := range m.Match(events) {
			certain[match.Ref.String()] = match.Check
		}
		m.steps = int(steps)
		d := m.deliver(events)
		for _, match := range d.matches {
			if certain[match.Ref.String()] && !match.Check {
				t.Errorf("%s is skipped by %s with %d steps", match.Ref, match.Rule, steps)
			}
			delete(certain, match.Ref.String())
		}
		for name, check := range certain {
			if check {
				t.Errorf("%s is not found with %d steps", name, steps)
			}
		}
		const overshoot = 200_000 // a decision stops soon after its steps are used up
		total := 0
		for team, used := range d.account.used {
			if total += used; used > int(steps)+overshoot {
				t.Errorf("team %d used %d of %d steps", team, used, steps)
			}
		}
		if total > int(steps)+overshoot*len(d.account.used) {
			t.Errorf("the teams used %d of %d steps", total, steps)
		}
	})
}

// BenchmarkHostile is what one team can make a delivery cost.
func BenchmarkHostile(b *testing.B) {
	longKeys := make([]event.Event, 100)
	for i := range longKeys {
		longKeys[i] = event.ObjectCreated{Store: event.S3, Bucket: "b", Key: strings.Repeat("a", 900)}
	}
	sections := []event.Event{event.ObjectCreated{Store: event.S3, Bucket: "b", Key: strings.Repeat("a/", 400) + "x"}}
	for _, bench := range []struct {
		name   string
		checks []config.Check
		events []event.Event
	}{
		{"30000 files x 120 globs", teamChecks("a", 1, stars), pushOf(30_000)},
		{"30000 files x 100 checks", teamChecks("a", 100, monorepo), pushOf(30_000)},
		{"one push x 100000 checks", teamChecks("a", 100_000, monorepo), pushOf(20)},
		{"one push x 100000 known in part", teamChecks("a", 100_000, partlyKnown), pushOf(20)},
		{"100 keys x 1000 regexps", teamChecks("a", 1000, func(i int) map[string]any {
			return map[string]any{"bucket": "b", "regexp": fmt.Sprintf("((.?){100})%d", i)}
		}), longKeys},
		{"one key x 1000 regexps of 300 sections", teamChecks("a", 1000, func(i int) map[string]any {
			return map[string]any{"bucket": "b", "regexp": strings.Repeat(`(a)/`, 150) + fmt.Sprint(i)}
		}), sections},
	} {
		m := newMatcher(b, bench.checks)
		b.Run(bench.name, func(b *testing.B) {
			for b.Loop() {
				m.deliver(bench.events)
			}
			b.ReportMetric(float64(m.deliver(bench.events).account.used[0]), "steps")
		})
	}
}

// BenchmarkReal is what real pushes cost.
func BenchmarkReal(b *testing.B) {
	for _, size := range []struct{ files, checks int }{{20, 100}, {2000, 50}} {
		m := newMatcher(b, teamChecks("main", size.checks, monorepo))
		events := pushOf(size.files)
		b.Run(fmt.Sprintf("%d files x %d checks", size.files, size.checks), func(b *testing.B) {
			for b.Loop() {
				m.deliver(events)
			}
			b.ReportMetric(float64(m.deliver(events).account.used[0]), "steps")
		})
	}
}
