package read

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/concourse/concourse/atc"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
)

// freshness is how old a pipeline's last_updated must be when its config is read for the config to be surely the last one:
// last_updated has the resolution of a second, and the ATC reads a config in several queries.
const freshness = 2 * time.Second

// listings is how often the list is asked for where a pipeline was set just now.
const listings = 3

// list lists the wanted pipelines, those of teams, once none of them is fresh. That takes freshness at most, unless somebody
// goes on setting them. So a later reading gives the same, to the byte.
func (r *reader) list(ctx context.Context, ofTeams func(atc.Pipeline) bool) ([]atc.Pipeline, error) {
	wait := r.Wait
	if wait == nil {
		wait = sleep
	}
	for try := 1; ; try++ {
		list, err := r.listOnce(ofTeams)
		if err != nil {
			return nil, err
		}
		now := r.transport.now()
		if try == listings || !slices.ContainsFunc(list, func(p atc.Pipeline) bool { return maybeStale(p, now) }) {
			return list, nil
		}
		if err := wait(ctx, freshness); err != nil {
			return nil, err
		}
	}
}

func (r *reader) listOnce(ofTeams func(atc.Pipeline) bool) ([]atc.Pipeline, error) {
	list, err := r.client.ListPipelines()
	if err != nil {
		return nil, fmt.Errorf("listing the pipelines of %s: %w", r.URL, explain(err))
	}
	return slices.DeleteFunc(list, func(p atc.Pipeline) bool {
		return p.Archived || p.Paused && !r.options.Paused || !ofTeams(p)
	}), nil
}

// quick lists the pipelines, and gives a reading where all are known as they are; nil where more must be asked.
func (r *reader) quick() (*pipeline.Reading, error) {
	list, err := r.listOnce(func(p atc.Pipeline) bool {
		return len(r.options.Teams) == 0 || slices.Contains(r.options.Teams, p.TeamName)
	})
	if err != nil {
		return nil, err
	}
	reading := &pipeline.Reading{URL: r.URL}
	for _, l := range list {
		p := listedPipeline(l)
		k, ok := r.known[p.String()]
		if !ok || !unchanged(k, p) || r.settings == "" || k.Settings != r.settings {
			return nil, nil
		}
		reading.GlobalResources = reading.GlobalResources || k.Scopes != ""
		reading.Pipelines = append(reading.Pipelines, pipeline.Pipeline{Pipeline: k, Unchanged: true})
	}
	if len(reading.Pipelines) != len(r.known) {
		return nil, nil
	}
	if reading.GlobalResources { // turned off, one check no longer serves all of a scope
		if on, err := r.globalResources(); err != nil || !on {
			return nil, err
		}
	}
	return reading, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func listedPipeline(l atc.Pipeline) config.Pipeline {
	return config.Pipeline{ID: l.ID, Team: l.TeamName, Name: l.Name, InstanceVars: l.InstanceVars, LastUpdated: l.LastUpdated}
}

// unchanged reports whether a listed pipeline is still as it was when it was read.
func unchanged(known, listed config.Pipeline) bool {
	return known.LastUpdated != 0 && known.ID == listed.ID && known.LastUpdated == listed.LastUpdated
}

// maybeStale reports whether a pipeline was set so shortly before it was listed that it may be set again in the same second.
func maybeStale(listed atc.Pipeline, at time.Time) bool {
	return time.Unix(listed.LastUpdated, 0).After(at.Add(-freshness))
}
