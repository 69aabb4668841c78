package sync

import (
	"bytes"
	"context"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
)

// Publish plans, publishes and catches up as Sync does, with a document that was generated before.
func (s *Syncer) Publish(ctx context.Context, document *config.Config) (Outcome, error) {
	out := Outcome{Reading: &Reading{URL: document.ATC.URL}, Generated: Generated{Config: document}}
	published, previous, err := s.previous(ctx)
	if err != nil {
		return out, err
	}
	out.Plan = NewPlan(previous, document)
	data, err := document.Marshal()
	if err != nil {
		return out, err
	}
	if s.DryRun || bytes.Equal(data, published.Data) {
		return out, nil
	}
	if err := s.approve(out); err != nil {
		return out, err
	}
	if _, err := s.Store.Publish(ctx, data, published.Tag); err != nil {
		return out, err
	}
	out.Published = true
	out.CatchUp = s.catchUp(ctx, previous, out)
	return out, nil
}
