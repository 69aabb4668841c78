// Package publish replaces the published config by a new one: it plans what changes, guards against a plan that would drop most
// of the checks, puts the config on the condition that nobody else did, and says which checks are owed a request.
//
// It stands at the end of a sync: Concourse's pipelines -> read -> generate -> publish.
package publish

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
	"github.com/dpb587/concourse-resource-endpoints/internal/store"
)

// Published is what a store holds.
type Published struct {
	store.Document
	// Config is the document, parsed; nil where there is none yet.
	Config *config.Config
}

// Load reads what is published. A document that can't be read is an error: to replace it unread would hide that the location
// is somebody else's.
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
		return Published{}, fmt.Errorf("reading what is published at %s: %w; move it away to start anew", from, err)
	}
	return Published{Document: document, Config: c}, nil
}

// Put replaces what was published by c. It reports false where the two are the same, to the byte. It fails with
// store.ErrConflict where something else has been published since before was loaded.
func (before Published) Put(ctx context.Context, to store.Store, c *config.Config) (changed bool, err error) {
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

// Unread are the pipelines of a config that need not be read again where they have not changed. There are none where somebody
// changed the published checks by hand: the checks are not those that the pipelines give, and would stay so.
func Unread(c *config.Config) []config.Pipeline {
	if c == nil {
		return nil
	}
	if digest, err := config.Digest(c.Checks); err != nil || digest != c.Digest {
		return nil
	}
	return c.Pipelines
}

// DrasticError says that a plan was not published, since it would remove most of the checks.
type DrasticError struct {
	Plan Plan
	// Teams are those that the login could read.
	Teams []string
	// Force is how the operator publishes the plan nevertheless: a sentence.
	Force string
}

func (e *DrasticError) Error() string {
	s := fmt.Sprintf("the plan would remove %d of %d checks: can the login still read all teams?", e.Plan.Count(Removed), e.Plan.Before)
	if len(e.Teams) > 0 {
		s += " It could read " + strings.Join(e.Teams, ", ") + "."
	}
	if e.Force != "" {
		s += " " + e.Force
	}
	return s
}

// Owed are the checks that are owed one request after after was published in place of before: each that was added or changed, so
// that what happened between the pipeline's set and the publish is not missed, and a resource that was never checked gets its
// scope. Of a scope that lost the member that was asked for all, another member is asked. Where the config comes to be for
// another Concourse, all are asked: that one was told of nothing until now.
func Owed(before, after *config.Config, plan Plan) []notify.Target {
	if before == nil {
		before = new(config.Config)
	}
	var targets []notify.Target
	add := func(c config.Check, reason string) {
		if ref, err := c.Ref(); err == nil {
			targets = append(targets, notify.Target{Ref: ref, Reason: reason})
		}
	}
	if before.ATC.URL != "" && before.ATC.URL != after.ATC.URL {
		for _, c := range after.Checks {
			add(c, "the config was another Concourse's")
		}
		return targets
	}
	for _, c := range plan.Changes {
		if c.Now.Check != "" {
			add(c.Now, "it is new in the config")
		}
	}
	left := leftScopes(before, plan)
	for _, c := range after.Checks {
		if left[c.Scope] {
			delete(left, c.Scope)
			add(c, "another resource of its scope changed")
		}
	}
	return targets
}

// leftScopes are the scopes that a check of the config before leaves.
func leftScopes(before *config.Config, plan Plan) map[string]bool {
	scopes := make(map[string]string, len(before.Checks))
	for i := range before.Checks {
		scopes[before.Checks[i].Name()] = before.Checks[i].Scope
	}
	left := make(map[string]bool)
	for _, c := range plan.Changes {
		left[scopes[c.Check]] = true
	}
	delete(left, "")
	return left
}
