package commands

import (
	"context"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/publish"
	"github.com/dpb587/concourse-resource-endpoints/internal/store"
)

// check returns the latest known version if the pipelines still have its checks, and otherwise the next version. From the
// published config, or from a cache, it knows which pipelines it need not read again.
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
	if n := due(before); n > 0 && syncer.Store != nil && req.Version != nil && v == *req.Version {
		v = after(v, v.Digest)
		c.logf("%d resources are still to be asked to check", n)
	}
	c.logf("%d pipelines, %s", len(out.Reading.Pipelines), publish.NewPlan(before, out.Config).Summary())
	return []version{v}, nil
}

// due counts the checks that a config owes, and that the put that owes them has left: it catches up for catchUpTime.
func due(c *config.Config) (n int) {
	if c == nil {
		return 0
	}
	at := time.Now().Add(-catchUpTime).Unix()
	for _, o := range c.Owed {
		if o.Due <= at {
			n++
		}
	}
	return n
}

// next is the version of a config after the request's version.
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

// originOf identifies the published config and its location, so that the first version of a new source is a new version.
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
