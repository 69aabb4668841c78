package sync

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/go-concourse/concourse"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
)

// freshness is how old a pipeline's last_updated must be at the time of the reading for the config that was read to be
// surely its last: last_updated has the resolution of a second, and a config is read in several queries.
const freshness = 2 * time.Second

// settling is how often the list is asked for where a pipeline was set just now.
const settling = 3

// list lists the wanted pipelines once none of them is fresh, which takes freshness at most unless somebody goes on
// setting them. So what is read is what a later reading gives, to the byte.
func (a *ATC) list(
	ctx context.Context, client concourse.Client, transport *observer, wanted func(atc.Pipeline) bool,
) (list []atc.Pipeline, err error) {
	wait := a.Wait
	if wait == nil {
		wait = sleep
	}
	for try := 1; ; try++ {
		if list, err = client.ListPipelines(); err != nil {
			return nil, fmt.Errorf("listing the pipelines of %s: %w", a.URL, transport.explain(err))
		}
		list = slices.DeleteFunc(list, func(p atc.Pipeline) bool { return !wanted(p) })
		now := transport.now()
		if try == settling || !slices.ContainsFunc(list, func(p atc.Pipeline) bool { return maybeStale(p, now) }) {
			return list, nil
		}
		if err := wait(ctx, freshness); err != nil {
			return nil, err
		}
	}
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

// skipped says that a listed pipeline is none to read: it is archived, or paused where that counts.
func skipped(p atc.Pipeline, opts ReadOptions) bool { return p.Archived || p.Paused && !opts.Paused }

func listedPipeline(l atc.Pipeline) config.Pipeline {
	return config.Pipeline{ID: l.ID, Team: l.TeamName, Name: l.Name, InstanceVars: l.InstanceVars, LastUpdated: l.LastUpdated}
}

// unchanged reports whether a listed pipeline is the known one as it was read.
func unchanged(known, listed config.Pipeline) bool {
	return known.LastUpdated != 0 && known.ID == listed.ID && known.LastUpdated == listed.LastUpdated
}

// maybeStale reports whether a pipeline was set so shortly before it was listed that it may be set again in the same second.
func maybeStale(listed atc.Pipeline, at time.Time) bool {
	return time.Unix(listed.LastUpdated, 0).After(at.Add(-freshness))
}
