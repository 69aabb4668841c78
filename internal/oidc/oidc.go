// Package oidc verifies the tokens by which some senders prove who they are (a delivery -> provider -> event): JSON Web Tokens of an
// OpenID Connect issuer, such as Google for Pub/Sub, GitHub Actions or GitLab CI
// (https://www.rfc-editor.org/rfc/rfc7519, https://openid.net/specs/openid-connect-core-1_0.html#IDToken).
//
// A provider that takes such tokens says which claims it accepts. They are looked at before a key is fetched, so that no call goes out
// for a token that would be refused anyway.
package oidc

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

const (
	// leeway is how far the issuer's clock may be off.
	leeway = time.Minute
	// maxToken bounds a token, in bytes. GitHub's and GitLab's have about two thousand.
	maxToken = 16 << 10
)

// ErrIssuer is the error of a token of another issuer.
var ErrIssuer = provider.Unauthorized("the token is of an issuer that is not trusted here")

// Claims are what a token says. A claim that the issuer does not make is empty.
type Claims struct {
	jwt.RegisteredClaims

	// Email and EmailVerified are Google's
	// (https://docs.cloud.google.com/pubsub/docs/authenticate-push-subscriptions).
	Email         string `json:"email"`
	EmailVerified bool   `json:"email_verified"`
	// Repository is that of a GitHub Actions job: owner/name
	// (https://docs.github.com/en/actions/reference/security/oidc).
	Repository string `json:"repository"`
	// ProjectPath is that of a GitLab CI job: group/project
	// (https://docs.gitlab.com/ci/secrets/id_token_authentication/).
	ProjectPath string `json:"project_path"`
}

// Verifier verifies the tokens of one issuer. It is safe for use by several goroutines.
type Verifier struct {
	// Issuer is the iss of the tokens.
	Issuer string
	// Audience are those for whom a token may be made: one of them must be in its aud.
	Audience []string
	// Accept refuses a token by what else it says, with an *provider.UnauthorizedError.
	Accept func(*Claims) error
	// Keys are the issuer's.
	Keys *Keys
}

// Verify gives the claims of a token that the issuer signed, that is for the audience, valid now, and accepted. An error that is not an
// *provider.UnauthorizedError says that the issuer's keys can't be had at the moment.
func (v *Verifier) Verify(token string) (*Claims, error) {
	if len(token) > maxToken {
		return nil, provider.Unauthorized("the token has more than %d bytes", maxToken)
	}
	options := []jwt.ParserOption{
		jwt.WithValidMethods([]string{rs256, es256}), // never none, nor an HMAC by a public key
		jwt.WithIssuer(v.Issuer), jwt.WithAudience(v.Audience...),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(leeway), jwt.WithTimeFunc(v.Keys.now),
	}
	claims := new(Claims)
	var refused error
	_, err := jwt.NewParser(options...).ParseWithClaims(token, claims, func(t *jwt.Token) (key any, err error) {
		key, refused = v.key(t, claims, jwt.NewValidator(options...))
		return key, refused
	})
	switch {
	case refused != nil:
		return nil, refused
	case err != nil:
		return nil, explain(err)
	}
	return claims, nil
}

// key finds the key of a token that is right but for its signature.
func (v *Verifier) key(t *jwt.Token, claims *Claims, validator *jwt.Validator) (any, error) {
	if v.Issuer == "" || len(v.Audience) == 0 { // else any would do
		return nil, provider.Unauthorized("no issuer or no audience is set up for tokens")
	}
	if err := validator.Validate(claims); err != nil {
		return nil, explain(err)
	}
	if err := v.Accept(claims); err != nil {
		return nil, err
	}
	if _, ok := t.Header["crit"]; ok { // https://www.rfc-editor.org/rfc/rfc7515#section-4.1.11
		return nil, provider.Unauthorized("the token needs extensions (crit) that are not known here")
	}
	id, _ := t.Header["kid"].(string)
	if id == "" {
		return nil, provider.Unauthorized("the token does not name its key (kid)")
	}
	return v.Keys.find(id, t.Method.Alg())
}

// explain says in words what is wrong with a token.
func explain(err error) error {
	for _, known := range []struct {
		is     error
		reason error
	}{
		{jwt.ErrTokenInvalidIssuer, ErrIssuer},
		{jwt.ErrTokenInvalidAudience, provider.Unauthorized("the token is for another audience")},
		{jwt.ErrTokenExpired, provider.Unauthorized("the token has expired")},
		{jwt.ErrTokenNotValidYet, provider.Unauthorized("the token is not valid yet, or a clock is wrong")},
		{jwt.ErrTokenUsedBeforeIssued, provider.Unauthorized("the token is not valid yet, or a clock is wrong")},
		{jwt.ErrTokenRequiredClaimMissing, provider.Unauthorized("the token lacks its issuer, its audience or its expiry (iss, aud, exp)")},
		{jwt.ErrTokenMalformed, provider.Unauthorized("the token is not a JSON Web Token")},
		{jwt.ErrTokenUnverifiable, provider.Unauthorized("the token is not signed by RS256 or ES256")},
	} {
		if errors.Is(err, known.is) {
			return known.reason
		}
	}
	return provider.Unauthorized("the token is not signed by its issuer's key with RS256 or ES256")
}

// Bearer is the token of an Authorization header (https://www.rfc-editor.org/rfc/rfc6750#section-2.1), and whether there is one.
func Bearer(h http.Header) (token string, ok bool) {
	scheme, token, ok := strings.Cut(h.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	return strings.TrimSpace(token), true
}
