package commands

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/generate"
	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
	"github.com/dpb587/concourse-resource-endpoints/internal/syncing"
)

type coverageCommand struct {
	sourceFlags

	Uncovered bool     `group:"Output:" xor:"output" help:"List the resources without events, by reason and type."`
	All       bool     `group:"Output:" xor:"output" help:"List all resources."`
	Resource  string   `group:"Output:" xor:"output" placeholder:"TEAM/PIPELINE[/VARS]/RESOURCE" help:"Explain one resource: what makes it check, and which hook has to exist."`
	JSON      bool     `name:"json" group:"Output:" help:"Print JSON (docs/coverage.md)."`
	HTML      string   `name:"html" group:"Output:" placeholder:"FILE" help:"Also write one page with a search, which needs nothing but itself."`
	Type      []string `group:"Output:" placeholder:"TYPE" help:"Only resources of this type, by the name in the pipeline or by the name of its rules. Repeatable."`
	Owner     []string `group:"Output:" placeholder:"OWNER" help:"Who you are at the providers, such as acme for github.com/acme: what belongs to others counts apart, since you can make no hook there. Repeatable."`
	State     string   `group:"Output:" placeholder:"FILE" help:"With --resource: a server's state file, for what waits to be checked. It is only read."`
	FailUnder *float64 `group:"Output:" placeholder:"PERCENT" help:"Exit with 3 if fewer of the triggers that could have an event have one."`

	savingsFlags

	only []string // the pipelines of --pipeline without a file
}

// Help shows examples.
func (coverageCommand) Help() string {
	return `Concourse keeps polling a resource without an event source. The summary counts resources by how jobs use them and by why they have no events. Resources of paused pipelines count only with --include-paused.

--pipeline NAME=FILE reads a pipeline from disk; --pipeline [TEAM/]NAME[/VARS] without a file shows only that pipeline.

The triggers that could have an event, for --fail-under, are those whose type has events, that belong to no other than --owner, and that hang on no ((var)) without a value.

Examples:

    syncer coverage -t ci
    syncer coverage -t ci --owner acme --uncovered
    syncer coverage -t ci --owner acme --resource main/app/source --state config.state
    syncer coverage -t ci --team main --pipeline app --type git --all
    syncer coverage -t ci --savings --owner acme > check-every.yml
    syncer coverage -t ci --html coverage.html
    syncer coverage -t ci --fail-under 90
    syncer coverage -t ci --json | jq -r '.resources[] | select(.covered | not) | .resource'
    syncer coverage --pipeline main/app=pipeline.yml --type-alias my-git=git`
}

// coverageAnswer is the JSON form. docs/coverage.md explains it.
type coverageAnswer struct {
	Resources []generate.Coverage `json:"resources"`
	Covered   int                 `json:"covered"`
	Total     int                 `json:"total"`
	Summary   generate.Summary    `json:"summary"`
}

func (c *coverageCommand) Run(ctx context.Context, s Streams) error {
	list, reading, err := c.cover(ctx, s)
	if err != nil {
		return err
	}
	if list, err = c.filter(list); err != nil {
		return err
	}
	summary := generate.Summarise(list)
	if c.State != "" && c.Resource == "" {
		return errors.New("--state is for --resource: give both")
	}
	for _, l := range reading.LeftOut {
		if slices.Contains(reading.Broken, l.Name) {
			fmt.Fprintf(s.Err, "left out: %s: %s\n", l.Name, l.Reason)
		}
	}
	if err := errors.Join(c.print(s, list, summary, reading), (&syncing.Outcome{Reading: reading}).Broken()); err != nil {
		return err
	}
	if c.FailUnder != nil && summary.Percent < *c.FailUnder {
		fmt.Fprintf(s.Err, "%s%% of the triggers that could have an event have one, fewer than --fail-under %g%%\n", percent(summary), *c.FailUnder)
		return exitCode(3)
	}
	return nil
}

// cover reads the pipelines, and marks what belongs to others.
func (c *coverageCommand) cover(ctx context.Context, s Streams) ([]generate.Coverage, *pipeline.Reading, error) {
	if c.FailUnder != nil && (*c.FailUnder < 0 || *c.FailUnder > 100) {
		return nil, nil, fmt.Errorf("--fail-under %g: it is no percentage between 0 and 100", *c.FailUnder)
	}
	var files []string
	for _, p := range c.Pipeline {
		if strings.Contains(p, "=") {
			files = append(files, p)
		} else {
			c.only = append(c.only, p)
		}
	}
	c.Pipeline = files
	syncer, err := c.syncer(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	reading, err := syncer.Read(ctx, nil)
	if err != nil {
		return nil, nil, err
	}
	list := generate.Cover(reading, syncer.Settings)
	generate.Own(list, c.Owner)
	return list, reading, nil
}

// filter keeps what --team, --pipeline and --type name.
func (c *coverageCommand) filter(list []generate.Coverage) ([]generate.Coverage, error) {
	filters := []struct {
		flag  string
		given []string
		is    func(r generate.Coverage, name string) bool
	}{
		{"--team", c.Pipelines.Teams, func(r generate.Coverage, name string) bool { return r.Team == name }},
		{"--pipeline", c.only, ofPipeline},
		{"--type", c.Type, func(r generate.Coverage, name string) bool { return r.Type == name || r.Rules == name }},
	}
	for _, f := range filters {
		if len(f.given) == 0 {
			continue
		}
		list = slices.DeleteFunc(list, func(r generate.Coverage) bool {
			return !slices.ContainsFunc(f.given, func(name string) bool { return f.is(r, name) })
		})
		if len(list) == 0 {
			return nil, fmt.Errorf("no resource is left by %s %s: is it spelt as in `fly pipelines` and in the pipeline?", f.flag, strings.Join(f.given, ", "))
		}
	}
	return list, nil
}

// ofPipeline reports whether a resource is of the pipeline [TEAM/]NAME[/VARS]. Without VARS all instances count.
func ofPipeline(r generate.Coverage, name string) bool {
	whole := cmp.Or(r.Pipeline, r.Resource) // a pipeline that could not be read has no resources
	_, withoutTeam, _ := strings.Cut(whole, "/")
	return slices.ContainsFunc([]string{whole, withoutTeam}, func(p string) bool {
		return p == name || strings.HasPrefix(p, name+"/")
	})
}

func (c *coverageCommand) print(s Streams, list []generate.Coverage, summary generate.Summary, reading *pipeline.Reading) error {
	a := coverageAnswer{Resources: list, Total: len(list), Summary: summary}
	for _, r := range list {
		if r.Covered {
			a.Covered++
		}
	}
	if c.HTML != "" {
		if err := c.writeHTML(list, summary, reading); err != nil {
			return err
		}
	}
	switch {
	case c.Resource != "":
		return c.explain(s, list)
	case c.Savings:
		return c.save(s, list, reading)
	case c.JSON:
		if c.Uncovered {
			a.Resources = slices.DeleteFunc(list, func(r generate.Coverage) bool { return !r.Uncovered() })
		}
		return writeJSON(s, a)
	case c.All:
		return a.table(s)
	case c.Uncovered:
		return printUncovered(s, list)
	}
	return printSummary(s, summary)
}

// writeJSON prints indented JSON.
func writeJSON(s Streams, v any) error {
	e := json.NewEncoder(s.Out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
