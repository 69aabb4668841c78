package generate

import (
	"fmt"
	"maps"
	"slices"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
)

// hold keeps the previous checks of teams that the login can't read any more: more likely it has lost a role than that the team is
// gone. kept are the previous checks by their pipeline. A pipeline of which Concourse says that it is gone is not kept.
func (g *Generated) hold(reading *pipeline.Reading, forget []string, previous *config.Config, kept map[string][]config.Check) error {
	if previous == nil || previous.ATC.URL != reading.URL {
		previous = new(config.Config) // it is of another Concourse
	}
	lost, err := lostTeams(reading, previous, forget)
	if err != nil {
		return err
	}
	holding := make(map[string]bool)
	for _, name := range slices.Sorted(maps.Keys(kept)) {
		if team := teamOf(kept[name][0]); lost[team] && !slices.Contains(reading.Gone, name) {
			g.Config.Checks = append(g.Config.Checks, kept[name]...)
			holding[team] = true
		}
	}
	for _, p := range previous.Pipelines { // so that the next sync can ask whether they are gone
		if holding[p.Team] && !slices.Contains(reading.Gone, p.String()) {
			g.Config.Pipelines = append(g.Config.Pipelines, p)
		}
	}
	if len(holding) > 0 {
		g.Config.Held = &config.Held{Teams: slices.Sorted(maps.Keys(holding))}
	}
	return nil
}

// lostTeams are the teams with previous checks that the login should be able to read, and can't. It fails if a wanted team never had
// any: then its name is most likely wrong.
func lostTeams(reading *pipeline.Reading, previous *config.Config, forget []string) (map[string]bool, error) {
	lost := make(map[string]bool)
	if len(reading.Teams) == 0 { // the reading did not look
		if previous.Held != nil {
			for _, team := range previous.Held.Teams {
				lost[team] = true
			}
		}
		return lost, nil
	}
	for i := range previous.Checks {
		team := teamOf(previous.Checks[i])
		wanted := len(reading.Wanted) == 0 || slices.Contains(reading.Wanted, team)
		if wanted && !slices.Contains(reading.Teams, team) && !slices.Contains(forget, team) {
			lost[team] = true
		}
	}
	for _, team := range reading.Wanted {
		if !lost[team] && !slices.Contains(reading.Teams, team) && !slices.Contains(forget, team) {
			return nil, fmt.Errorf("the login can't read team %q: there is no such team, or the login has no role in it", team)
		}
	}
	return lost, nil
}

// teamOf is the team of a check, which may be the default one.
func teamOf(c config.Check) string {
	ref, _ := c.Ref()
	return ref.Team
}
