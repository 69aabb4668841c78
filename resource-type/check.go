package main

import (
	"context"
	"errors"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/store"
	"github.com/dpb587/concourse-resource-endpoints/internal/sync"
)

// check answers the latest known version where the pipelines still give its checks, and else the one that follows it.
// Nothing is published. What is published, or a cache, tells which pipelines need not be read again.
func (c *command) check(ctx context.Context, req *request) (any, error) {
	syncer, err := req.Source.open(ctx, true)
	if err != nil {
		return nil, err
	}
	location := syncer.Store
	if req.Source.Config == nil {
		syncer.Store, syncer.Notifier, syncer.DryRun, syncer.Force = newCache(req.Source.Concourse.URL), nil, false, true
	}
	out, err := syncer.Sync(ctx)
	if err != nil {
		return nil, err
	}
	v, err := req.next(ctx, location, out.Config)
	if err != nil {
		return nil, err
	}
	c.logf("%d pipelines, %s", len(out.Reading.Pipelines), out.Plan.Summary())
	return []version{v}, nil
}

// next is the version of a document that follows the request's.
func (r *request) next(ctx context.Context, location store.Store, document *config.Config) (version, error) {
	digest, err := config.Digest(document.Checks)
	if err != nil {
		return version{}, err
	}
	origin := ""
	if r.Version == nil {
		if origin, err = originOf(ctx, location); err != nil {
			return version{}, err
		}
	}
	return next(r.Version, digest, origin), nil
}

// originOf tells what is published where, so that the first version of a new source is not one of an old source.
func originOf(ctx context.Context, location store.Store) (string, error) {
	published, err := location.Load(ctx, "")
	if errors.Is(err, store.ErrNotFound) {
		return location.String(), nil
	}
	if err != nil {
		return "", err
	}
	return location.String() + "\x00" + published.Tag, nil
}

// warn names what the document leaves out.
func (c *command) warn(left []sync.Left) {
	for _, l := range left {
		c.logf("left out: %s: %s", l.Name, l.Reason)
	}
}

// showPlan lists the changes.
func (c *command) showPlan(p sync.Plan) {
	for _, change := range p.Changes {
		c.logf("%s", change)
	}
	c.logf("%s", p.Summary())
}

// planned are the lines of metadata on a plan.
func planned(p sync.Plan) []metadata {
	return []metadata{
		number("checks", p.After), number("added", p.Count(sync.Added)), number("changed", p.Count(sync.Changed)),
		number("removed", p.Count(sync.Removed)),
	}
}

// errNoVersion says that a request lacks what Concourse always gives.
var errNoVersion = errors.New("the request has no version to get")
