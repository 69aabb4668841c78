package generic

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/oidc"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// tokens verifies the tokens of issuers.
type tokens struct {
	issuers   Issuers
	verifiers []*oidc.Verifier // one for each
}

func newTokens(client *http.Client, issuers Issuers) *tokens {
	t := &tokens{issuers: issuers}
	type place struct{ issuer, at string }
	keys := make(map[place]*oidc.Keys) // fetched once for all who have the same
	for _, one := range issuers {
		at := place{one.Issuer, one.JWKS}
		if keys[at] == nil {
			keys[at] = oidc.NewKeys(client, one.Issuer, one.JWKS)
		}
		t.verifiers = append(t.verifiers, &oidc.Verifier{
			Issuer: one.Issuer, Audience: []string{one.Audience}, Keys: keys[at],
			Accept: func(c *oidc.Claims) error {
				if !matchesAny(one.Subjects, c.Subject) {
					return provider.Unauthorized("the token's subject (sub) is none of those that may send here")
				}
				return nil
			},
		})
	}
	return t
}

// refuse needs the headers only. Where a request has a token, that counts and no signature does.
func (t *tokens) refuse(req *provider.Request, secrets []string) error {
	if token, ok := oidc.Bearer(req.Header); ok {
		_, _, err := t.accepted(token)
		return err
	}
	if len(secrets) == 0 {
		return provider.Unauthorized("no token in the header Authorization: Bearer")
	}
	return signatures.Refuse(req, secrets)
}

// verify looks into the body, too: a token says who sends, but not what.
func (t *tokens) verify(req *provider.Request, secrets []string) error {
	token, ok := oidc.Bearer(req.Header)
	switch {
	case !ok && len(secrets) == 0:
		return t.refuse(req, secrets)
	case !ok:
		return signatures.VerifyBody(req, secrets)
	}
	by, repository, err := t.accepted(token)
	if err != nil {
		return err
	}
	d, err := parse(req)
	if err != nil {
		return err
	}
	for n, e := range d.Events {
		if !by.allow(repository, e) {
			return provider.Unauthorized("event %d is neither of the token's repository (%s) nor another that its jobs may send",
				n+1, cmp.Or(repository.Name, "which it does not name"))
		}
	}
	return nil
}

func (i Issuers) allow(repository event.Key, e event.Event) bool {
	for _, one := range i {
		if one.allows(repository, e) {
			return true
		}
	}
	return false
}

// accepted are the issuers by which a token counts, and the repository whose job it was made for. The error is why it counts by none.
func (t *tokens) accepted(token string) (by Issuers, repository event.Key, err error) {
	err = oidc.ErrIssuer
	for n, v := range t.verifiers {
		claims, refused := v.Verify(token)
		if refused == nil {
			by, repository = append(by, t.issuers[n]), repositoryOf(v.Issuer, claims)
		} else {
			err = worse(err, refused)
		}
	}
	if len(by) > 0 {
		err = nil
	}
	return by, repository, err
}

// worse is the error that says more: that keys can't be had, so that the token may be right; else not that the issuer is another one.
func worse(a, b error) error {
	var unauthorized *provider.UnauthorizedError
	if !errors.As(a, &unauthorized) || errors.Is(b, oidc.ErrIssuer) {
		return a
	}
	return b
}

// repositoryOf is the repository whose job a token was made for; the zero value where it does not say.
func repositoryOf(issuer string, c *oidc.Claims) event.Key {
	server, path := issuer, c.ProjectPath // a GitLab is its own issuer
	if github := githubOf(issuer); github != "" {
		server, path = github, c.Repository
	}
	if path == "" {
		return event.Key{}
	}
	return event.RepositoryKey(strings.TrimSuffix(server, "/") + "/" + path)
}

// githubOf is the GitHub of an issuer: github.com, which may have the enterprise's name in its path, one with data residency, or a
// server; "" for another issuer
// (https://docs.github.com/en/actions/reference/security/oidc, https://docs.github.com/en/enterprise-server/actions/reference/security/oidc).
func githubOf(issuer string) string {
	u, err := url.Parse(issuer)
	if err != nil {
		return ""
	}
	host, isActions := strings.CutPrefix(u.Host, "token.actions.")
	switch {
	case isActions && host == "githubusercontent.com":
		return "https://github.com"
	case isActions && strings.HasSuffix(host, ".ghe.com"):
		return "https://" + host
	case strings.TrimSuffix(u.Path, "/") == "/_services/token":
		return "https://" + u.Host
	}
	return ""
}
