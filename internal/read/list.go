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

// freshness is how long ago a pipeline must have been set when its config is read: if it was set more recently, it may be set
// again with the same last_updated, which is in whole seconds, and the ATC reads a config in several queries.
const freshness = 2 * time.Second

// listTries is how often the pipelines are listed at most, if one was set just now.
const listTries = 3

// list lists the pipelines for which ofTeams is true, and apart those that are left out because they are paused. If one was set just
// now, it waits and lists again, so that the next reading of unchanged pipelines gives the same bytes.
func (r *reader) list(ctx context.Context, ofTeams func(atc.Pipeline) bool) (list, paused []atc.Pipeline, err error) {
	wait := r.Wait
	if wait == nil {
		wait = sleep
	}
	for try := 1; ; try++ {
		if list, paused, err = r.listOnce(ofTeams); err != nil {
			return nil, nil, err
		}
		now := r.transport.now()
		if try == listTries || !slices.ContainsFunc(list, func(p atc.Pipeline) bool { return maybeStale(p, now) }) {
			return list, paused, nil
		}
		if err := wait(ctx, freshness); err != nil {
			return nil, nil, err
		}
	}
}

func (r *reader) listOnce(ofTeams func(atc.Pipeline) bool) (list, paused []atc.Pipeline, err error) {
	all, err := r.client.ListPipelines()
	if err != nil {
		return nil, nil, fmt.Errorf("listing the pipelines of %s: %w", r.URL, explain(err))
	}
	for _, p := range all {
		switch {
		case p.Archived, !ofTeams(p):
		case p.Paused && !r.options.Paused:
			paused = append(paused, p)
		default:
			list = append(list, p)
		}
	}
	return list, paused, nil
}

// quick only lists the pipelines. It returns a reading if none is new, changed or gone, and nil if a full reading is needed.
func (r *reader) quick() (*pipeline.Reading, error) {
	list, paused, err := r.listOnce(func(p atc.Pipeline) bool {
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
	for _, l := range paused {
		p := pausedPipeline(l)
		if !r.known[p.String()].Paused {
			return nil, nil
		}
		reading.Paused = append(reading.Paused, p)
	}
	if len(reading.Pipelines)+len(reading.Paused) != len(r.known) {
		return nil, nil
	}
	if reading.GlobalResources { // once they are off, one check no longer serves a whole scope
		if info, err := r.info(); err != nil || !globalResources(info) {
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

// pausedPipeline is a pipeline that is left out because it is paused. Without the time when it was updated, it is read once it is not
// paused any more.
func pausedPipeline(l atc.Pipeline) config.Pipeline {
	return config.Pipeline{ID: l.ID, Team: l.TeamName, Name: l.Name, InstanceVars: l.InstanceVars, Paused: true}
}

// unchanged reports whether a listed pipeline has not been set since it was read.
func unchanged(known, listed config.Pipeline) bool {
	return known.LastUpdated != 0 && known.ID == listed.ID && known.LastUpdated == listed.LastUpdated
}

// maybeStale reports whether a pipeline was set so recently that it may be set again in the same second.
func maybeStale(listed atc.Pipeline, at time.Time) bool {
	return time.Unix(listed.LastUpdated, 0).After(at.Add(-freshness))
}
