package endpoint

import (
	"errors"
	"fmt"
	"slices"

	"github.com/dpb587/concourse-resource-endpoints/internal/oidc"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/registry"
)

// takesTokens reports whether the tokens of some issuer count.
func (s Settings) takesTokens() bool {
	return len(s.PubSubOIDC.Audience) > 0 || len(s.GenericOIDC) > 0
}

// check reports settings that are incomplete, or can't be right.
func (p PubSubOIDC) check() error {
	switch {
	case len(p.Audience) > 0 && len(p.Email) == 0:
		return errors.New("PUBSUB_OIDC_EMAIL is missing beside PUBSUB_OIDC_AUDIENCE: anybody gets a token of Google for any audience, " +
			"so name the subscription's service account")
	case len(p.Email) > 0 && len(p.Audience) == 0:
		return errors.New("PUBSUB_OIDC_AUDIENCE is missing beside PUBSUB_OIDC_EMAIL: set it to the subscription's audience, which is its URL unless you chose another")
	case slices.Contains(trimmed(p.Audience), ""):
		return errors.New("PUBSUB_OIDC_AUDIENCE: there is nothing between two commas")
	case slices.Contains(trimmed(p.Email), ""):
		return errors.New("PUBSUB_OIDC_EMAIL: there is nothing between two commas")
	}
	if err := oidc.CheckPlace(p.JWKS); err != nil {
		return fmt.Errorf("PUBSUB_OIDC_JWKS: %w", err)
	}
	return nil
}

func (p PubSubOIDC) tokens() registry.PubSubTokens {
	return registry.PubSubTokens{Audience: trimmed(p.Audience), Email: trimmed(p.Email), Keys: p.JWKS}
}
