package oidc_test

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/dpb587/concourse-resource-endpoints/internal/oidc"
	"github.com/dpb587/concourse-resource-endpoints/internal/oidc/oidctest"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

const audience = "https://hooks.example.com"

// rsaKey is shared by the tests.
var rsaKey = sync.OnceValue(func() oidctest.Key { return oidctest.NewRSA("rsa") })

// verifier accepts tokens of job, of an issuer with the client that reaches it.
func verifier(s *oidctest.Server, at string) *oidc.Verifier {
	return &oidc.Verifier{Issuer: s.URL, Audience: []string{"another", audience}, Keys: oidc.NewKeys(s.Client(), s.URL, at), Accept: func(c *oidc.Claims) error {
		if c.Subject != "job" {
			return provider.Unauthorized("not of job")
		}
		return nil
	}}
}

// wantUnauthorized fails unless the error is an *provider.UnauthorizedError with the reason; none where that is empty.
func wantUnauthorized(t *testing.T, err error, reason string) {
	t.Helper()
	var unauthorized *provider.UnauthorizedError
	switch {
	case reason == "" && err != nil:
		t.Error(err)
	case reason != "" && (!errors.As(err, &unauthorized) || unauthorized.Reason != reason):
		t.Errorf("error %T %v, want an *UnauthorizedError %q", err, err, reason)
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	ec := oidctest.NewECDSA("ec")
	s := oidctest.Serve(t, rsaKey(), ec)
	valid := oidctest.Valid(s.URL, audience, "job")
	private, _ := rsaKey().Signer.(*rsa.PrivateKey)
	der, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	with := func(others oidctest.Claims) string { return rsaKey().Token(oidctest.With(valid, others)) }
	ago := func(d time.Duration) int64 { return time.Now().Add(-d).Unix() }
	const (
		alg   = "the token is not signed by its issuer's key with RS256 or ES256"
		early = "the token is not valid yet, or a clock is wrong"
		lacks = "the token lacks its issuer, its audience or its expiry (iss, aud, exp)"
	)
	for _, tt := range []struct {
		name, token, unauthorized string
	}{
		{"RS256", with(nil), ""},
		{"ES256", ec.Token(valid), ""},
		{"one audience of several", with(oidctest.Claims{"aud": []string{"x", audience}}), ""},
		{"expired within the leeway", with(oidctest.Claims{"exp": ago(30 * time.Second)}), ""},
		{"wrong issuer", with(oidctest.Claims{"iss": s.URL + "/"}), "the token is of an issuer that is not trusted here"},
		{"wrong audience", with(oidctest.Claims{"aud": "https://hooks.example.com/"}), "the token is for another audience"},
		{"wrong subject", with(oidctest.Claims{"sub": "another job"}), "not of job"},
		{"expired", with(oidctest.Claims{"exp": ago(2 * time.Minute)}), "the token has expired"},
		{"not valid yet", with(oidctest.Claims{"nbf": ago(-2 * time.Minute)}), early},
		{"made in the future", with(oidctest.Claims{"iat": ago(-2 * time.Minute)}), early},
		{"no expiry", with(oidctest.Claims{"exp": nil}), lacks},
		{"no audience", with(oidctest.Claims{"aud": nil}), lacks},
		{"no issuer", with(oidctest.Claims{"iss": nil}), lacks},
		{"alg none", oidctest.Sign(jwt.SigningMethodNone, "rsa", jwt.UnsafeAllowNoneSignatureType, valid), alg},
		{"HMAC by the public key", oidctest.Sign(jwt.SigningMethodHS256, "rsa", public, valid), alg},
		{"RS512", oidctest.Sign(jwt.SigningMethodRS512, "rsa", rsaKey().Signer, valid), alg},
		{"PS256", oidctest.Sign(jwt.SigningMethodPS256, "rsa", rsaKey().Signer, valid), alg},
		{"RS256 by the id of the other key", oidctest.Sign(jwt.SigningMethodRS256, "ec", rsaKey().Signer, valid), "the token is signed by a key that its issuer does not have"},
		{"another's key with the id", oidctest.NewRSA("rsa").Token(valid), alg},
		{"unknown key", oidctest.NewECDSA("new").Token(valid), "the token is signed by a key that its issuer does not have"},
		{"no key's id", oidctest.Sign(jwt.SigningMethodRS256, "", rsaKey().Signer, valid), "the token does not name its key (kid)"},
		{"changed claims", strings.Replace(with(nil), ".", ".e30", 1), "the token is not a JSON Web Token"},
		{"claims of another token", mixed(with(oidctest.Claims{"jti": "1"}), with(nil)), alg},
		{"an unknown alg", "eyJhbGciOiJYIn0.e30.", "the token is not signed by RS256 or ES256"},
		{"empty", "", "the token is not a JSON Web Token"},
		{"null claims", "eyJhbGciOiJSUzI1NiJ9.bnVsbA.", lacks},
		{"huge", strings.Repeat("a", 17<<10), "the token has more than 16384 bytes"},
		{"extensions", critical(valid), "the token needs extensions (crit) that are not known here"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			claims, err := verifier(s, "").Verify(tt.token)
			wantUnauthorized(t, err, tt.unauthorized)
			if err == nil && claims.Subject != "job" {
				t.Errorf("claims %v", claims)
			}
		})
	}
}

// mixed has the claims of a, and the signature of b.
func mixed(a, b string) string {
	return a[:strings.LastIndexByte(a, '.')] + b[strings.LastIndexByte(b, '.'):]
}

func critical(claims oidctest.Claims) string {
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims(claims))
	token.Header["kid"], token.Header["crit"] = "rsa", []string{"b64"}
	signed, err := token.SignedString(rsaKey().Signer)
	if err != nil {
		panic(err)
	}
	return signed
}

// No call goes out for a token that is refused by what it says.
func TestRefusedWithoutKeys(t *testing.T) {
	t.Parallel()
	s := oidctest.Serve(t, rsaKey())
	v := verifier(s, "")
	for _, others := range []oidctest.Claims{{"iss": "x"}, {"aud": "x"}, {"sub": "x"}, {"exp": 1}} {
		if _, err := v.Verify(rsaKey().Token(oidctest.With(oidctest.Valid(s.URL, audience, "job"), others))); err == nil {
			t.Errorf("a token with %v is taken", others)
		}
	}
	if n := s.Fetched.Load(); n > 0 {
		t.Errorf("the keys were fetched %d times", n)
	}
}

// A verifier that somebody forgot to give an audience takes nothing, and not everything.
func TestNoAudience(t *testing.T) {
	t.Parallel()
	s := oidctest.Serve(t, rsaKey())
	v := verifier(s, "")
	v.Audience = nil
	_, err := v.Verify(rsaKey().Token(oidctest.Valid(s.URL, audience, "job")))
	wantUnauthorized(t, err, "no issuer or no audience is set up for tokens")
}

// clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// kept is a verifier of an issuer, whose clock the test moves.
type kept struct {
	*testing.T

	server *oidctest.Server
	clock  *clock
	v      *oidc.Verifier
}

func newKept(t *testing.T, keys ...oidctest.Key) *kept {
	t.Helper()
	s := oidctest.Serve(t, keys...)
	k := &kept{t, s, &clock{now: time.Now()}, verifier(s, s.URL+"/keys")}
	k.v.Keys.SetClock(k.clock.Now)
	return k
}

// verify verifies a token that the key signs now, and wants the keys to have been fetched so often by then.
func (k *kept) verify(key oidctest.Key, fetched int64) error {
	k.Helper()
	now := k.clock.Now()
	_, err := k.v.Verify(key.Token(oidctest.Claims{
		"iss": k.server.URL, "aud": audience, "sub": "job", "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}))
	if n := k.server.Fetched.Load(); n != fetched {
		k.Errorf("the keys were fetched %d times, want %d", n, fetched)
	}
	return err
}

// wantUnavailable fails unless the error says that the keys can't be had, and why.
func wantUnavailable(t *testing.T, err error, why string) {
	t.Helper()
	var unauthorized *provider.UnauthorizedError
	if err == nil || errors.As(err, &unauthorized) || !strings.Contains(err.Error(), why) {
		t.Errorf("error %T %v, want another than *UnauthorizedError with %q", err, err, why)
	}
}

func TestKeyRotation(t *testing.T) {
	t.Parallel()
	old, next := oidctest.NewECDSA("old"), oidctest.NewECDSA("next")
	k := newKept(t, old)
	const unknown = "the token is signed by a key that its issuer does not have"
	wantUnauthorized(t, k.verify(old, 1), "")
	wantUnauthorized(t, k.verify(old, 1), "")
	// Anybody can name a key that is not there: the keys are not fetched for each.
	wantUnauthorized(t, k.verify(next, 1), unknown)
	k.clock.advance(11 * time.Second)
	wantUnauthorized(t, k.verify(next, 2), unknown)
	wantUnauthorized(t, k.verify(next, 2), unknown)
	k.server.SetKeys(next)
	k.clock.advance(11 * time.Second)
	wantUnauthorized(t, k.verify(next, 3), "")
	wantUnauthorized(t, k.verify(old, 3), unknown) // which its issuer took back
}

// A key that the issuer took back counts no longer than an hour.
func TestRevokedKey(t *testing.T) {
	t.Parallel()
	old := oidctest.NewECDSA("old")
	k := newKept(t, old)
	wantUnauthorized(t, k.verify(old, 1), "")
	k.server.SetKeys(oidctest.NewECDSA("next"))
	k.clock.advance(59 * time.Minute)
	wantUnauthorized(t, k.verify(old, 1), "")
	k.clock.advance(2 * time.Minute)
	wantUnauthorized(t, k.verify(old, 2), "the token is signed by a key that its issuer does not have")
}

// An outage of the issuer does not end what was known a day ago at most.
func TestIssuerDown(t *testing.T) {
	t.Parallel()
	key := oidctest.NewECDSA("key")
	k := newKept(t, key)
	down := func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) }
	const why = "answered with status 502"
	k.server.Answer(down)
	wantUnavailable(t, k.verify(key, 1), why)
	wantUnavailable(t, k.verify(key, 1), why) // from memory
	k.server.SetKeys(key)
	k.clock.advance(11 * time.Second)
	wantUnauthorized(t, k.verify(key, 2), "")
	k.server.Answer(down)
	k.clock.advance(2 * time.Hour)
	wantUnauthorized(t, k.verify(key, 3), "")
	wantUnavailable(t, k.verify(oidctest.NewECDSA("next"), 3), why) // which may be new
	k.clock.advance(23 * time.Hour)
	wantUnavailable(t, k.verify(key, 4), why)
}

// Of a list of keys that can't be read or is too large, nothing counts.
func TestBadKeys(t *testing.T) {
	t.Parallel()
	key := oidctest.NewECDSA("key")
	weak := key.JWK()
	weak["kty"], weak["n"], weak["e"] = "RSA", "3q2-7w", "AQAB"
	other := key.JWK()
	other["use"] = "enc"
	for name, tt := range map[string]struct{ list, why string }{
		"huge":           {`{"keys":[` + strings.Repeat(" ", 64<<10) + `]}`, "is larger than 64 KiB"},
		"too many":       {`{"keys":[` + strings.Repeat(`{},`, 100) + `{}]}`, "there are more than 100"},
		"HTML":           {"<html>", "reading them: it is not JSON"},
		"none":           {`{"keys":[]}`, "there is none for RS256 or ES256"},
		"weak":           {list(t, weak), "there is none for RS256 or ES256"},
		"for encryption": {list(t, other), "there is none for RS256 or ES256"},
		"off the curve":  {list(t, map[string]string{"kty": "EC", "crv": "P-256", "kid": "key", "x": strings.Repeat("A", 43), "y": strings.Repeat("A", 43)}), "there is none"},
		"not base64":     {list(t, map[string]string{"kty": "RSA", "kid": "key", "n": "!", "e": "!"}), "there is none"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKept(t)
			k.server.Answer(func(w http.ResponseWriter) { _, _ = w.Write([]byte(tt.list)) })
			wantUnavailable(t, k.verify(key, 1), tt.why)
		})
	}
}

func list(t *testing.T, key map[string]string) string {
	t.Helper()
	raw, err := json.Marshal(map[string]any{"keys": []any{key}})
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// Where the keys are: the issuer says it, or the operator does.
func TestPlaceOfKeys(t *testing.T) {
	t.Parallel()
	key := oidctest.NewECDSA("key")
	s := oidctest.Serve(t, key)
	path := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(path, oidctest.JWKS(key), 0o600); err != nil {
		t.Fatal(err)
	}
	token := key.Token(oidctest.Valid(s.URL, audience, "job"))
	for _, at := range []string{"", s.URL + "/keys", path} {
		_, err := verifier(s, at).Verify(token)
		wantUnauthorized(t, err, "")
	}
	_, err := verifier(s, path+"2").Verify(token)
	wantUnavailable(t, err, "no such file")
	_, err = verifier(s, s.URL+"/elsewhere").Verify(token)
	wantUnavailable(t, err, "answered with status 404")
	s.SetIssuer("https://evil.example.com")
	_, err = verifier(s, "").Verify(token)
	wantUnavailable(t, err, "the answer is about another issuer")
	s.Answer(func(w http.ResponseWriter) {
		w.Header().Set("Location", "/.well-known/openid-configuration")
		w.WriteHeader(http.StatusFound)
	})
	_, err = verifier(s, s.URL+"/keys").Verify(token)
	wantUnavailable(t, err, "answered with status 302")
	for at, ok := range map[string]bool{"": true, path: true, "https://a/b": true, "http://a/b": false, "ftp://a": false, "https://u:p@a/b": false} {
		if err := oidc.CheckPlace(at); (err == nil) != ok {
			t.Errorf("%s: %v", at, err)
		}
	}
}

// Many tokens at once fetch the keys once.
func TestFetchedOnce(t *testing.T) {
	t.Parallel()
	key := oidctest.NewECDSA("key")
	k := newKept(t, key)
	token := key.Token(oidctest.Valid(k.server.URL, audience, "job"))
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if _, err := k.v.Verify(token); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	wantUnauthorized(t, k.verify(key, 1), "")
}

type transport func() *http.Response

func (t transport) RoundTrip(*http.Request) (*http.Response, error) { return t(), nil }

// Strangers' tokens, which wait for the keys like others, take few places.
func TestFewWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const issuer = "https://issuer.example.com"
		key, fetched := oidctest.NewECDSA("key"), make(chan struct{})
		slow := transport(func() *http.Response {
			<-fetched
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(oidctest.JWKS(key)))}
		})
		keys := oidc.NewKeys(&http.Client{Transport: slow}, issuer, issuer+"/keys")
		v := &oidc.Verifier{Issuer: issuer, Audience: []string{audience}, Keys: keys, Accept: func(*oidc.Claims) error { return nil }}
		token := key.Token(oidctest.Valid(issuer, audience, "job"))
		var group sync.WaitGroup
		for range 32 {
			group.Go(func() {
				if _, err := v.Verify(token); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		done := make(chan error, 1)
		go func() {
			_, err := v.Verify(token)
			done <- err
		}()
		synctest.Wait()
		select {
		case err := <-done:
			wantUnavailable(t, err, "more than 32 tokens wait")
		default:
			t.Error("one more waits")
		}
		close(fetched)
		group.Wait()
		_, err := v.Verify(token)
		wantUnauthorized(t, err, "")
	})
}

func FuzzVerify(f *testing.F) {
	key := oidctest.NewECDSA("key")
	path := filepath.Join(f.TempDir(), "keys.json")
	if err := os.WriteFile(path, oidctest.JWKS(oidctest.NewECDSA("key")), 0o600); err != nil {
		f.Fatal(err)
	}
	const issuer = "https://issuer.example.com"
	f.Add(key.Token(oidctest.Valid(issuer, audience, "job")))
	f.Add(oidctest.Sign(jwt.SigningMethodNone, "key", jwt.UnsafeAllowNoneSignatureType, oidctest.Valid(issuer, audience, "job")))
	v := &oidc.Verifier{Issuer: issuer, Audience: []string{audience}, Keys: oidc.NewKeys(nil, issuer, path), Accept: func(*oidc.Claims) error { return nil }}
	f.Fuzz(func(t *testing.T, token string) {
		var unauthorized *provider.UnauthorizedError
		if _, err := v.Verify(token); !errors.As(err, &unauthorized) {
			t.Fatalf("taken, or an error of another type: %v", err)
		}
	})
}
