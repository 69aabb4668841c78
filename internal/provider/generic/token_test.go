package generic_test

import (
	"crypto/sha256"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/oidc"
	"github.com/dpb587/concourse-resource-endpoints/internal/oidc/oidctest"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/generic"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providertest"
)

const (
	audience = "https://hooks.example.com"
	github   = "https://token.actions.githubusercontent.com"
	gitlab   = "https://gitlab.example.com"
)

// jobs makes tokens of jobs, and the requests that they send.
type jobs struct {
	key oidctest.Key
	url string // of the issuer's keys
}

func newJobs(t *testing.T) (*jobs, *oidctest.Server) {
	t.Helper()
	key := oidctest.NewRSA("key")
	s := oidctest.Serve(t, key)
	return &jobs{key, s.URL + "/keys"}, s
}

// github are the claims that matter of a job of GitHub Actions
// (https://docs.github.com/en/actions/reference/security/oidc).
func (j *jobs) github(repository string) oidctest.Claims {
	return oidctest.With(oidctest.Valid(github, audience, "repo:"+repository+":ref:refs/heads/main"), oidctest.Claims{
		"repository": repository, "repository_owner": strings.Split(repository, "/")[0], "ref": "refs/heads/main", "event_name": "push",
	})
}

// gitlab are the claims that matter of a job of GitLab CI (https://docs.gitlab.com/ci/secrets/id_token_authentication/).
func (j *jobs) gitlab(issuer, project string) oidctest.Claims {
	return oidctest.With(oidctest.Valid(issuer, audience, "project_path:"+project+":ref_type:branch:ref:main"), oidctest.Claims{
		"project_path": project, "namespace_path": project[:strings.LastIndexByte(project, '/')], "ref": "main", "ref_type": "branch",
	})
}

// send is a request with a token and a body.
func (j *jobs) send(claims oidctest.Claims, body string) *provider.Request {
	return providertest.Request(providertest.Headers{"Authorization": "Bearer " + j.key.Token(claims)}, []byte(body))
}

func TestToken(t *testing.T) {
	t.Parallel()
	j, s := newJobs(t)
	p := generic.New(s.Client(), generic.Issuers{
		{Issuer: github, Audience: audience, Subjects: []string{"repo:acme/*", "repo:acme@123/*"}, Also: []string{"image:ghcr.io/acme/*", "check:main/app/*"}, JWKS: j.url},
		{Issuer: github, Audience: "https://other.example.com", Subjects: []string{"repo:*"}, Also: []string{"bucket:*b*"}, JWKS: j.url},
		{Issuer: github, Audience: audience, Subjects: []string{"repo:acme/release:*"}, Also: []string{"bucket:releases", "repository:github.com/acme/docs"}, JWKS: j.url},
		{Issuer: gitlab, Audience: audience, Subjects: []string{"project_path:*:ref_type:branch:ref:main"}, JWKS: j.url},
		{Issuer: gitlab + "/git", Audience: audience, Subjects: []string{"project_path:*"}, JWKS: j.url},
	})
	if !p.SelfVerifying {
		t.Error("a token is not looked at where there is no secret")
	}
	const (
		shop   = `{"repository":"git@github.com:Acme/Shop.git","ref":"main"}`
		docs   = `{"repository":"https://github.com/acme/docs","ref":"main"}`
		image  = `{"image":"ghcr.io/acme/shop","tag":"1"}`
		object = `{"bucket":"releases","key":"shop.tgz"}`
		one    = "event 1 is neither of the token's repository (github.com/acme/shop) nor another that its jobs may send"
		sub    = "the token's subject (sub) is none of those that may send here"
		none   = "event 1 is neither of the token's repository (which it does not name) nor another that its jobs may send"
	)
	other := oidctest.With
	acme := j.github("acme/shop")
	cases := []providertest.VerifyCase{
		{Name: "its repository", Request: j.send(acme, shop)},
		{Name: "its repository, by the owner's id", Request: j.send(other(acme, oidctest.Claims{"sub": "repo:acme@123/shop@456:ref:refs/heads/main"}), shop)},
		{Name: "no events", Request: j.send(acme, `{"events":[]}`)},
		{Name: "another repository", Request: j.send(acme, docs), Unauthorized: one},
		{
			Name: "another repository among its own", Request: j.send(acme, `{"events":[`+shop+`,`+docs+`]}`),
			Unauthorized: "event 2 is neither of the token's repository (github.com/acme/shop) nor another that its jobs may send",
		},
		{Name: "its repository's name elsewhere", Request: j.send(acme, strings.Replace(shop, "github.com", "evil.com", 1)), Unauthorized: one},
		{Name: "a repository in its own", Request: j.send(acme, strings.Replace(shop, "Shop", "Shop/sub", 1)), Unauthorized: one},
		{Name: "an image that it may", Request: j.send(acme, image)},
		{Name: "an image that it may not", Request: j.send(acme, `{"image":"ghcr.io/acme-evil/shop"}`), Unauthorized: one},
		{Name: "a check that it may", Request: j.send(acme, `{"check":"main/app/shop"}`)},
		{Name: "a check that it may not", Request: j.send(acme, `{"check":"main/apple/shop"}`), Unauthorized: one},
		{Name: "an object that another issuer's jobs may", Request: j.send(acme, object), Unauthorized: one},
		{Name: "another entry's object", Request: j.send(j.github("acme/release"), object)},
		{Name: "another entry's repository, and the first one's image", Request: j.send(j.github("acme/release"), `{"events":[`+docs+`,`+image+`]}`)},
		{Name: "a subject of another owner", Request: j.send(j.github("evil/shop"), shop), Unauthorized: sub},
		{Name: "a subject that goes on after an owner", Request: j.send(j.github("acme-1234/shop"), shop), Unauthorized: sub},
		{Name: "no repository", Request: j.send(other(acme, oidctest.Claims{"repository": nil}), shop), Unauthorized: none},
		{Name: "GitLab's claim at GitHub", Request: j.send(other(acme, oidctest.Claims{"repository": nil, "project_path": "acme/shop"}), shop), Unauthorized: none},
		{Name: "GitLab", Request: j.send(j.gitlab(gitlab, "g/sub/app"), `{"repository":"ssh://git@gitlab.example.com:2222/g/sub/app.git","ref":"main"}`)},
		{Name: "GitLab below a path", Request: j.send(j.gitlab(gitlab+"/git", "g/app"), `{"repository":"https://gitlab.example.com/git/g/app.git","ref":"main"}`)},
		{
			Name:         "GitLab below a path, without a project",
			Request:      j.send(other(j.gitlab(gitlab+"/git", "g/app"), oidctest.Claims{"project_path": nil}), `{"repository":"https://gitlab.example.com/git","ref":"main"}`),
			Unauthorized: none,
		},
		{
			Name: "GitHub's repository by a GitLab", Request: j.send(other(j.gitlab(gitlab, "acme/shop"), oidctest.Claims{"repository": "acme/shop"}), shop),
			Unauthorized: "event 1 is neither of the token's repository (gitlab.example.com/acme/shop) nor another that its jobs may send",
		},
		{Name: "another branch", Request: j.send(other(j.gitlab(gitlab, "g/app"), oidctest.Claims{"sub": "project_path:g/app:ref_type:branch:ref:dev"}), shop), Unauthorized: sub},
		{Name: "another issuer", Request: j.send(j.gitlab("https://gitlab.com", "g/app"), shop), Unauthorized: oidc.ErrIssuer.Error()},
		{Name: "another audience", Request: j.send(other(acme, oidctest.Claims{"aud": "https://github.com/acme"}), shop), Unauthorized: "the token is for another audience"},
		{Name: "expired", Request: j.send(other(acme, oidctest.Claims{"exp": 1}), shop), Unauthorized: "the token has expired"},
		{Name: "a secret as a token", Request: providertest.Request(providertest.Headers{"Authorization": "Bearer secret"}, []byte(shop)), Unauthorized: "the token is not a JSON Web Token"},
	}
	providertest.Verify(t, p, nil, cases)
	signed := providertest.Headers{"X-Signature-256": "sha256=" + providertest.HexMAC(sha256.New, "secret", docs)}
	providertest.Verify(t, p, []string{"secret"}, append(
		cases,
		providertest.VerifyCase{Name: "a signature, for anything", Request: providertest.Request(signed, []byte(docs))},
		providertest.VerifyCase{Name: "nothing, with a secret", Request: providertest.Request(nil, []byte(docs)), Unauthorized: "no X-Signature-256 or X-Hub-Signature-256 header"},
	))
	providertest.Verify(t, p, nil, []providertest.VerifyCase{
		{Name: "a signature without a secret", Request: providertest.Request(signed, []byte(docs)), Unauthorized: "no token in the header Authorization: Bearer"},
	})
	malformed := j.send(acme, `{"repository":`)
	var reason *provider.MalformedError
	if err := p.Verify(malformed, nil); !errors.As(err, &reason) {
		t.Errorf("a body that is cut off: %v", err)
	}
}

// Where the tokens of an issuer's jobs say that they come from.
func TestServers(t *testing.T) {
	t.Parallel()
	j, s := newJobs(t)
	for issuer, host := range map[string]string{
		github:                               "github.com",
		github + "/acme":                     "github.com", // an enterprise's own issuer
		"https://token.actions.acme.ghe.com": "acme.ghe.com",
		"https://ghes.example.com/_services/token": "ghes.example.com",
	} {
		p := generic.New(s.Client(), generic.Issuers{{Issuer: issuer, Audience: audience, Subjects: []string{"repo:acme/*"}, JWKS: j.url}})
		claims := oidctest.With(j.github("acme/shop"), oidctest.Claims{"iss": issuer})
		if err := p.Verify(j.send(claims, `{"repository":"https://`+host+`/acme/shop","ref":"main"}`), nil); err != nil {
			t.Errorf("%s: %v", issuer, err)
		}
		if err := p.Verify(j.send(claims, `{"repository":"https://x.`+host+`/acme/shop","ref":"main"}`), nil); err == nil {
			t.Errorf("%s: any server will do", issuer)
		}
	}
}

// While the issuer can't be reached, nobody is called a forger: the error asks to send again. What never could count is refused still.
func TestTokenIssuerDown(t *testing.T) {
	t.Parallel()
	j, s := newJobs(t)
	s.Answer(func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) })
	p := generic.New(s.Client(), generic.Issuers{
		{Issuer: github, Audience: audience, Subjects: []string{"repo:acme/*"}, JWKS: j.url},
		{Issuer: github, Audience: audience, Subjects: []string{"repo:web/*"}, JWKS: j.url},
		{Issuer: github, Audience: audience, Subjects: []string{"repo:acme/shop:*"}, JWKS: j.url},
	})
	var unauthorized *provider.UnauthorizedError
	if err := p.Refuse(j.send(j.github("acme/shop"), ""), nil); err == nil || errors.As(err, &unauthorized) {
		t.Errorf("the keys can't be had: %T %v", err, err)
	}
	if err := p.Refuse(j.send(j.github("evil/shop"), ""), nil); !errors.As(err, &unauthorized) {
		t.Errorf("another subject: %T %v", err, err)
	}
	if n := s.Fetched.Load(); n != 1 {
		t.Errorf("the keys were fetched %d times", n)
	}
}

func TestIssuers(t *testing.T) {
	t.Parallel()
	const good = `"issuer":"https://gitlab.com","audience":"a"`
	const open = "issuer 1: subjects: before its first * a pattern must say where the owner's name ends, as in repo:acme/*, repo:acme@ID/* or " +
		"project_path:acme/*: else it lets in jobs of anybody"
	for _, tt := range []struct {
		name, text, err string
	}{
		{"one", `{` + good + `,"subjects":["project_path:a/*"]}`, ""},
		{"list", ` [{` + good + `,"subjects":["project_path:a/*"],"also":["bucket:b"],"jwks":"/etc/keys.json"}] `, ""},
		{"no JSON", `https://gitlab.com`, "reading the issuers: it is not JSON: see line 1, column 1"},
		{"unknown field", `{` + good + `,"subject":"x"}`, "reading the issuers: subject: no such field"},
		{"http", `[{` + good + `,"subjects":["a"]},{"issuer":"http://gitlab.com"}]`, "issuer 2: issuer: it is not an https URL such as https://token.actions.githubusercontent.com"},
		{"no audience", `{"issuer":"https://gitlab.com"}`, "issuer 1: audience is missing: it is what jobs ask for, such as this endpoint's URL"},
		{"no subjects", `{` + good + `}`, "issuer 1: subjects is missing: patterns of the tokens' sub, such as repo:acme/* and repo:acme@ID/* for GitHub or project_path:acme/* for GitLab"},
		{"anybody", `{` + good + `,"subjects":["a","**"]}`, "issuer 1: subjects: a pattern that is empty or matches anything would let in jobs of anybody: name yours"},
		{"any owner", `{` + good + `,"subjects":["project_path:acme/*","project_path:*"]}`, open},
		{"an owner whose name goes on", `{` + good + `,"subjects":["project_path:acme*"]}`, open},
		{"another claim first", `{` + good + `,"subjects":["*:project_path:acme/*"]}`, open},
		{"an owner alone", `{"issuer":"https://token.actions.githubusercontent.com","audience":"a","subjects":["repository_owner:acme:*","repo:acme@1/*","repo:acme"]}`, ""},
		{"any owner of one's own server", `{"issuer":"https://gitlab.example.com","audience":"a","subjects":["project_path:*"]}`, ""},
		{"anything", `{` + good + `,"subjects":["a"],"also":["*"]}`, "issuer 1: also: a pattern that is empty or matches anything would let in jobs of anybody: name yours"},
		{"no key", `{` + good + `,"subjects":["a"],"also":["ghcr.io/acme/*"]}`, "issuer 1: also: a pattern begins with repository:, bucket:, image: or check:, as in image:ghcr.io/acme/*"},
		{"keys by http", `{` + good + `,"subjects":["a"],"jwks":"http://keys"}`, "issuer 1: jwks: it is neither an https URL nor a file's path"},
	} {
		var issuers generic.Issuers
		switch err := issuers.UnmarshalText([]byte(tt.text)); {
		case tt.err == "" && (err != nil || len(issuers) != 1):
			t.Errorf("%s: %v, %v", tt.name, issuers, err)
		case tt.err != "" && (err == nil || err.Error() != tt.err):
			t.Errorf("%s: error %v, want %s", tt.name, err, tt.err)
		}
	}
}
