package commands

import (
	"bytes"
	_ "embed" // for the page
	"fmt"
	"html/template"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/generate"
	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
	"github.com/dpb587/concourse-resource-endpoints/internal/printable"
)

// coverageHTML is the template of a page that needs nothing but itself.
//
//go:embed coverage.html
var coverageHTML string

// coveragePage is what the template shows.
type coveragePage struct {
	URL, Made, Percent string
	Summary            generate.Summary
	Kinds              []pagePart
	Teams              []pageTeam
	Groups             map[generate.Group]pageGroup
	Rows               []pageRow
}

// pagePart is a part of a bar.
type pagePart struct {
	Name, Class string
	Count       int
}

type pageTeam struct {
	Name, Percent, Label string
	Triggers             int // that could have an event
	Parts                []pagePart

	uncovered int
}

type pageGroup struct {
	Name  string `json:"name"`
	Class string `json:"class"`
}

type pageRow struct {
	Resource string         `json:"resource"`
	Team     string         `json:"team"`
	Type     string         `json:"type"`
	Rules    string         `json:"rules"`
	Role     string         `json:"role"`
	Group    generate.Group `json:"group"`
	Why      string         `json:"why"`
	Remedy   string         `json:"remedy"`
}

// classOf is the part of a bar where a group counts.
func classOf(g generate.Group) string {
	switch r := (generate.Coverage{Group: g}); {
	case g == generate.Covered, g == generate.Assumed, g == generate.NotYours:
		return string(g)
	case r.Uncovered():
		return "uncovered"
	}
	return "none"
}

// parts are the parts of a bar, without empty ones.
func parts(s generate.Summary) []pagePart {
	list := []pagePart{
		{Name: "covered", Class: "covered"},
		{Name: "covered, assumed", Class: "assumed"},
		{Name: "covered, but not yours", Class: "not_yours"},
		{Name: "not covered", Class: "uncovered"},
		{Name: "no event needed", Class: "none"},
	}
	for _, g := range s.Groups {
		i := slices.IndexFunc(list, func(p pagePart) bool { return p.Class == classOf(g.Group) })
		list[i].Count += g.Count
	}
	return slices.DeleteFunc(list, func(p pagePart) bool { return p.Count == 0 })
}

// writeHTML writes the page.
func (c *coverageCommand) writeHTML(list []generate.Coverage, summary generate.Summary, reading *pipeline.Reading) error {
	page := coveragePage{
		URL: reading.URL, Made: time.Now().UTC().Format("2006-01-02 15:04 MST"), Percent: percent(summary), Summary: summary,
		Kinds: parts(summary), Teams: pageTeams(list), Groups: make(map[generate.Group]pageGroup), Rows: make([]pageRow, 0, len(list)),
	}
	for _, g := range generate.Groups() {
		page.Groups[g] = pageGroup{groupNames[g], classOf(g)}
	}
	for _, r := range list {
		page.Rows = append(page.Rows, pageRow{
			r.Resource, printable.Line(r.Team), printable.Line(r.Type), r.Rules, string(r.Role), r.Group, printable.Line(why(r)), r.Remedy,
		})
	}
	t, err := template.New("coverage").Parse(coverageHTML)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := t.Execute(&out, page); err != nil {
		return err
	}
	if err := os.WriteFile(c.HTML, out.Bytes(), 0o644); err != nil { //nolint:gosec // a page to show around, without secrets
		return fmt.Errorf("writing --html: %w", err)
	}
	return nil
}

// pageTeams are the teams, the one with the most resources without events first.
func pageTeams(list []generate.Coverage) []pageTeam {
	ofTeam := make(map[string][]generate.Coverage)
	for _, r := range list {
		name := printable.Line(r.Team)
		ofTeam[name] = append(ofTeam[name], r)
	}
	teams := make([]pageTeam, 0, len(ofTeam))
	for name, resources := range ofTeam {
		summary := generate.Summarise(resources)
		t := pageTeam{Name: name, Percent: percent(summary), Triggers: summary.Possible, Parts: parts(summary)}
		labels := make([]string, len(t.Parts))
		for i, p := range t.Parts {
			labels[i] = fmt.Sprintf("%s: %d", p.Name, p.Count)
			if p.Class == "uncovered" {
				t.uncovered = p.Count
			}
		}
		t.Label = strings.Join(labels, ", ")
		teams = append(teams, t)
	}
	slices.SortFunc(teams, func(a, b pageTeam) int {
		if a.uncovered != b.uncovered {
			return b.uncovered - a.uncovered
		}
		return strings.Compare(a.Name, b.Name)
	})
	return teams
}
