package commands

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/dpb587/concourse-resource-endpoints/internal/generate"
	"github.com/dpb587/concourse-resource-endpoints/internal/printable"
)

type coverageCommand struct {
	sourceFlags

	JSON bool `name:"json" help:"Print JSON."`
}

// Help shows examples.
func (coverageCommand) Help() string {
	return `Concourse keeps polling a resource without an event source. Resources of paused pipelines are listed only with --include-paused.

Examples:

    syncer coverage -t ci
    syncer coverage -t ci --json | jq -r '.resources[] | select(.covered | not) | .resource'
    syncer coverage --pipeline main/app=pipeline.yml --type-alias my-git=git`
}

// coverageAnswer is the JSON form.
type coverageAnswer struct {
	Resources []generate.Coverage `json:"resources"`
	Covered   int                 `json:"covered"`
	Total     int                 `json:"total"`
}

func (c *coverageCommand) Run(ctx context.Context, s Streams) error {
	out, syncer, err := c.generate(ctx, s)
	if err != nil {
		return err
	}
	a := coverageAnswer{Resources: generate.Cover(out.Reading, syncer.Settings)}
	a.Total = len(a.Resources)
	for _, r := range a.Resources {
		if r.Covered {
			a.Covered++
		}
	}
	if c.JSON {
		return errors.Join(writeJSON(s, a), out.Broken())
	}
	return errors.Join(a.table(s), out.Broken())
}

func (a coverageAnswer) table(s Streams) error {
	if a.Total > 0 {
		w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
		fmt.Fprint(w, printable.Row("RESOURCE", "TYPE", "EVENTS"))
		for _, r := range a.Resources {
			events := r.By
			if !r.Covered {
				events = "none: " + r.Reason
			}
			fmt.Fprint(w, printable.Row(r.Resource, r.Type, events))
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(s.Out, "%d of %d resources have an event source\n", a.Covered, a.Total)
	return err
}

// writeJSON prints indented JSON.
func writeJSON(s Streams, v any) error {
	e := json.NewEncoder(s.Out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
