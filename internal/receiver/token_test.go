package receiver_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/dpb587/concourse-resource-endpoints/internal/oidc/oidctest"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/generic"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providers"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/registry"
	"github.com/dpb587/concourse-resource-endpoints/internal/receiver"
)

// A token is verified before the body is read, by the server, or decoded, by a function; without any secret, and even where unsigned
// deliveries are allowed. While its issuer can't be reached, the answer asks to send again, and the log alone says why.
func TestToken(t *testing.T) {
	t.Parallel()
	const audience, github, google = "https://hooks.example.com", "https://token.actions.githubusercontent.com", "https://accounts.google.com"
	key := oidctest.NewECDSA("key")
	issuer := oidctest.Serve(t, key)
	serve := func() (*receiver.Receiver, *log) {
		r, l := newReceiver(t, new(checker))
		r.Providers = providers.Served(providers.Options{
			Client:  issuer.Client(),
			PubSub:  registry.PubSubTokens{Audience: []string{audience}, Email: []string{"push@p.iam"}, Keys: issuer.URL + "/keys"},
			Generic: generic.Issuers{{Issuer: github, Audience: audience, Subjects: []string{"repo:octo/*"}, JWKS: issuer.URL + "/keys"}},
		})
		r.AllowUnsigned = true
		current, err := r.Current(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		current.Secrets = nil
		r.Current = func(context.Context) (*receiver.Current, error) { return current, nil }
		return r, l
	}
	claims := map[string]oidctest.Claims{
		"generic": oidctest.With(oidctest.Valid(github, audience, "repo:octo/app:ref:refs/heads/main"), oidctest.Claims{"repository": "octo/app"}),
		"pubsub":  oidctest.With(oidctest.Valid(google, audience, "1"), oidctest.Claims{"email": "push@p.iam", "email_verified": true}),
	}
	bodies := map[string]string{"generic": `{"repository":"https://github.com/octo/app","ref":"none"}`, "pubsub": `{"message":{"data":"eA==","messageId":"1"}}`}
	for name, valid := range claims {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, l := serve()
			p := provider.Provider{Name: name}
			bearer := func(token string) headers { return headers{"Authorization": "Bearer " + token} }
			wantRefusedUnread(t, r, p, attempt{})
			for _, token := range []string{
				"", "x", "a.b.c", plantedSecret,
				key.Token(oidctest.With(valid, oidctest.Claims{"exp": 1})),
				key.Token(oidctest.With(valid, oidctest.Claims{"aud": "x"})),
				oidctest.NewECDSA("key").Token(valid),
				oidctest.NewECDSA("another").Token(valid),
				oidctest.Sign(jwt.SigningMethodNone, "key", jwt.UnsafeAllowNoneSignatureType, valid),
			} {
				wantRefusedUnread(t, r, p, attempt{headers: bearer(token)})
			}
			wantNothingPlanted(t, "the log", l.String(), "")
			right := bearer(key.Token(valid))
			got, err := r.Invoke(t.Context(), json.RawMessage(httpAPI("/"+name, bodies[name], right)))
			if err != nil || !strings.Contains(string(got), `"statusCode":200`) {
				t.Errorf("a right token: answered %s, %v", got, err)
			}
		})
	}
	t.Run("issuer down", func(t *testing.T) {
		t.Parallel()
		down := httptest.NewServer(http.NotFoundHandler())
		down.Close()
		r, l := newReceiver(t, new(checker))
		r.Providers = []provider.Provider{generic.New(down.Client(), generic.Issuers{
			{Issuer: github, Audience: audience, Subjects: []string{"repo:octo/*"}, JWKS: strings.Replace(down.URL, "http:", "https:", 1) + "/keys"},
		})}
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/generic", unread{t})
		req.Header.Set("Authorization", "Bearer "+key.Token(claims["generic"]))
		w := httptest.NewRecorder()
		if r.ServeHTTP(w, req); w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "127.0.0.1") {
			t.Errorf("answered %d %s", w.Code, w.Body)
		}
		if !strings.Contains(l.String(), "fetching the keys of "+github) {
			t.Errorf("the log does not say why:\n%s", l)
		}
	})
}
