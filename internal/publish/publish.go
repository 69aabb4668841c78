// Package publish is the last step of a sync (read -> generate -> publish): it replaces the published config with the new one.
// It plans the changes, holds back a removal of most of the checks, publishes unless somebody else has published in the
// meantime, and keeps account of the checks that are owed.
package publish

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/store"
)

// Published is what a store holds.
type Published struct {
	store.Document
	// Config is the parsed document; nil if there is none yet.
	Config *config.Config
}

// Load reads the published config. It fails for a document that is not a config, which may be somebody else's and must not be
// replaced.
func Load(ctx context.Context, from store.Store) (Published, error) {
	document, err := from.Load(ctx, "")
	if errors.Is(err, store.ErrNotFound) {
		return Published{}, nil
	}
	if err != nil {
		return Published{}, err
	}
	c, err := config.Parse(document.Data)
	if err != nil {
		return Published{}, fmt.Errorf("reading the published config at %s: %w; move it away to publish a new one", from, err)
	}
	return Published{Document: document, Config: c}, nil
}

// Put publishes c in place of before. It reports false if both have the same bytes. It fails with store.ErrConflict if
// something else was published after before was loaded.
func (before Published) Put(ctx context.Context, to store.Store, c *config.Config) (changed bool, err error) {
	if err := c.Validate(); err != nil {
		return false, fmt.Errorf("not publishing to %s what no endpoint can serve: %w", to, err)
	}
	data, err := c.Marshal()
	if err != nil {
		return false, err
	}
	if bytes.Equal(data, before.Data) {
		return false, nil
	}
	if _, err := to.Publish(ctx, data, before.Tag); err != nil {
		return false, err
	}
	return true, nil
}

// KnownPipelines are the pipelines of a config that need not be read again unless they changed. There are none if somebody
// edited the published checks by hand: then all pipelines are read again, to correct the checks.
func KnownPipelines(c *config.Config) []config.Pipeline {
	if c == nil {
		return nil
	}
	if digest, err := config.Digest(c.Checks); err != nil || digest != c.Digest {
		return nil
	}
	return c.Pipelines
}
