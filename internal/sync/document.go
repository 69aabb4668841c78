package sync

import (
	"context"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
)

// Publish plans, publishes and catches up as Sync does, with a document that was generated before.
func (s *Syncer) Publish(ctx context.Context, document *config.Config) (Outcome, error) {
	out := Outcome{Reading: &Reading{URL: document.ATC.URL}, Generated: Generated{Config: document}}
	stored, previous, err := s.previous(ctx)
	if err != nil {
		return out, err
	}
	err = s.publish(ctx, &out, stored, previous)
	return out, err
}
