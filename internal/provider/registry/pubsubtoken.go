package registry

import (
	"net/http"
	"slices"

	"github.com/dpb587/concourse-resource-endpoints/internal/oidc"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// google is the issuer of Pub/Sub's tokens (https://docs.cloud.google.com/pubsub/docs/authenticate-push-subscriptions).
const google = "https://accounts.google.com"

// PubSubTokens say which tokens of push subscriptions count. Anybody with a project at Google gets a token for any audience, so that
// the service account's email counts, too.
type PubSubTokens struct {
	// Audience are those that subscriptions have: by default a subscription's URL.
	Audience []string
	// Email are the service accounts of subscriptions.
	Email []string
	// Keys is where Google's keys are: an https URL or a file; "" for where Google says.
	Keys string
}

// pubSubVerifier verifies deliveries by the URL's secret or, where tokens count, by a token.
type pubSubVerifier struct {
	tokens *oidc.Verifier // nil where none count
}

func newPubSubVerifier(client *http.Client, t PubSubTokens) pubSubVerifier {
	if len(t.Audience) == 0 || len(t.Email) == 0 {
		return pubSubVerifier{}
	}
	return pubSubVerifier{&oidc.Verifier{
		Issuer: google, Audience: t.Audience, Keys: oidc.NewKeys(client, google, t.Keys),
		Accept: func(c *oidc.Claims) error {
			if !c.EmailVerified || !slices.Contains(t.Email, c.Email) {
				return provider.Unauthorized("the token is of another service account")
			}
			return nil
		},
	}}
}

// verify needs path, query and headers only. The URL's secret comes first, since it takes no call.
func (v pubSubVerifier) verify(req *provider.Request, secrets []string) error {
	err := provider.URLSecret("pubsub")(req, secrets)
	if err == nil || v.tokens == nil {
		return err
	}
	token, ok := oidc.Bearer(req.Header)
	if !ok {
		return provider.Unauthorized("neither the secret in the URL nor a token: enable authentication for the push subscription")
	}
	_, err = v.tokens.Verify(token)
	return err
}
