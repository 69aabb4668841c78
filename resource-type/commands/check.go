package commands

import (
	"context"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/publish"
	"github.com/dpb587/concourse-resource-endpoints/internal/store"
)

// check answers the latest known version where the pipelines still give its checks, and otherwise the version that follows it.
// What is published, or a cache, tells which pipelines need not be read again.
func (c *Command) check(ctx context.Context, req *request) (any, error) {
	syncer, err := req.open(ctx, true)
	if err != nil {
		return nil, err
	}
	var before *config.Config
	cache := cacheFile(req.Source.Concourse.URL)
	if syncer.Store == nil {
		before = cached(ctx, cache)
	} else {
		published, err := publish.Load(ctx, syncer.Store)
		if err != nil {
			return nil, err
		}
		before = published.Config
	}
	out, err := syncer.Generate(ctx, before)
	if err != nil {
		return nil, err
	}
	if syncer.Store == nil {
		keep(ctx, cache, out.Config)
	}
	v, err := req.next(ctx, syncer.Store, out.Config)
	if err != nil {
		return nil, err
	}
	c.logf("%d pipelines, %s", len(out.Reading.Pipelines), publish.NewPlan(before, out.Config).Summary())
	return []version{v}, nil
}

// next is the version of a config that follows the request's.
func (r *request) next(ctx context.Context, from store.Store, c *config.Config) (version, error) {
	digest, err := config.Digest(c.Checks)
	if err != nil {
		return version{}, err
	}
	origin := ""
	if r.Version == nil {
		if origin, err = originOf(ctx, from); err != nil {
			return version{}, err
		}
	}
	return next(r.Version, digest, origin), nil
}

// originOf tells what is published where, so that the first version of a new source is not one of an old source.
func originOf(ctx context.Context, from store.Store) (string, error) {
	if from == nil {
		return "nowhere", nil
	}
	published, err := publish.Load(ctx, from)
	if err != nil || published.Config == nil {
		return from.String(), err
	}
	return from.String() + "\x00" + published.Tag, nil
}
