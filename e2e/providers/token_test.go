package providers_test

import (
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/oidc/oidctest"
)

// The server and the webhook function verify tokens by the keys that their issuer serves by HTTPS, and need no secret.
func TestToken(t *testing.T) {
	key := oidctest.NewRSA("key")
	issuer := oidctest.Serve(t, key)
	authority := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: issuer.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	const audience, email = "https://hooks.example.com", "push@p.iam.gserviceaccount.com"
	settings := []string{
		"SSL_CERT_FILE=" + authority,
		`GENERIC_OIDC=[{"issuer":"` + issuer.URL + `","audience":"` + audience + `","subjects":["project_path:g/*"],"also":["repository:git.example.com/o/*"]}]`,
		"PUBSUB_OIDC_AUDIENCE=https://other.example.com, " + audience, "PUBSUB_OIDC_EMAIL=" + email, "PUBSUB_OIDC_JWKS=" + issuer.URL + "/keys",
	}
	job := oidctest.With(oidctest.Valid(issuer.URL, audience, "project_path:g/app:ref_type:branch:ref:main"), oidctest.Claims{"project_path": "g/app"})
	google := oidctest.With(oidctest.Valid("https://accounts.google.com", audience, "1"), oidctest.Claims{"email": email, "email_verified": true})
	tests := []struct {
		d              *delivery
		claims, others oidctest.Claims // others are those of a token that is refused
	}{
		{&delivery{provider: "generic", payload: "generic/testdata/push.json"}, job, oidctest.Claims{"sub": "project_path:evil/app:ref_type:branch:ref:main"}},
		{&delivery{
			provider: "pubsub", payload: "registry/testdata/pubsub/unwrapped_image.json",
			headers: headers("X-Goog-Pubsub-Message-Id: 1", "X-Goog-Pubsub-Subscription-Name: projects/p/subscriptions/s"),
		}, google, oidctest.Claims{"email": "push@evil.iam.gserviceaccount.com"}},
	}
	a := newATC(t)
	env := append(a.env(), settings...)
	config := file(t, document(t, a.url))
	s := startServer(t, env, "--config", config)
	l := startLambda(within(t, 3*time.Minute), t, "webhook", append(env, "CONFIG="+config)...)
	for _, tt := range tests {
		t.Run(tt.d.provider, func(t *testing.T) {
			tt.d.sign = header("Authorization", "Bearer ")
			tt.d.prepare(t, key.Token(tt.claims))
			status, body := s.post(t, tt.d)
			wantNotified(t, status, body, resource(tt.d.provider))
			a.wantChecked(t, resource(tt.d.provider))
			r := deliver(t, l, tt.d.path, tt.d.headers, tt.d.body)
			wantNotified(t, r.StatusCode, []byte(r.Body), resource(tt.d.provider))
			a.wantChecked(t, resource(tt.d.provider))

			tt.d.prepare(t, key.Token(oidctest.With(tt.claims, tt.others)))
			if status, body := s.post(t, tt.d); status != 401 {
				t.Errorf("the server answered %d %s to another's token", status, body)
			}
			if r := deliver(t, l, tt.d.path, tt.d.headers, tt.d.body); r.StatusCode != 401 {
				t.Errorf("the function answered %d %s to another's token", r.StatusCode, r.Body)
			}
			a.wantChecked(t)
		})
	}
}
