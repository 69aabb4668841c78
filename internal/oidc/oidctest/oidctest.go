// Package oidctest is an issuer of tokens for tests: it makes its own keys, signs tokens with them, and serves the public keys by HTTPS
// on loopback, as an OpenID Connect issuer does.
package oidctest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Claims are what a token says, by name.
type Claims = map[string]any

// Key signs tokens, and has a public part.
type Key struct {
	ID     string
	Signer any // *rsa.PrivateKey or *ecdsa.PrivateKey
}

// NewRSA makes a key for RS256. To make one takes a while, so that tests share it where they can.
func NewRSA(id string) Key {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return Key{id, key}
}

// NewECDSA makes a key for ES256.
func NewECDSA(id string) Key {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return Key{id, key}
}

// Token signs the claims.
func (k Key) Token(claims Claims) string {
	method := jwt.SigningMethod(jwt.SigningMethodES256)
	if _, ok := k.Signer.(*rsa.PrivateKey); ok {
		method = jwt.SigningMethodRS256
	}
	return Sign(method, k.ID, k.Signer, claims)
}

// Sign signs the claims in any way, also in one that must be refused.
func Sign(method jwt.SigningMethod, id string, key any, claims Claims) string {
	token := jwt.NewWithClaims(method, jwt.MapClaims(claims))
	if id != "" {
		token.Header["kid"] = id
	}
	signed, err := token.SignedString(key)
	if err != nil {
		panic(err)
	}
	return signed
}

// With are the claims with others in their place; a nil takes one away.
func With(claims, others Claims) Claims {
	all := maps.Clone(claims)
	maps.Copy(all, others)
	maps.DeleteFunc(all, func(_ string, value any) bool { return value == nil })
	return all
}

// Valid are claims that an issuer makes now, valid for five minutes.
func Valid(issuer, audience, subject string) Claims {
	now := time.Now()
	return Claims{
		"iss": issuer, "aud": audience, "sub": subject,
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(),
	}
}

// JWK is the public part of the key, as a list of keys has it.
func (k Key) JWK() map[string]string {
	switch key := k.Signer.(type) {
	case *rsa.PrivateKey:
		return map[string]string{
			"kty": "RSA", "use": "sig", "alg": "RS256", "kid": k.ID,
			"n": encode(key.N.Bytes()), "e": encode(big.NewInt(int64(key.E)).Bytes()),
		}
	case *ecdsa.PrivateKey:
		point, err := key.PublicKey.Bytes()
		if err != nil {
			panic(err)
		}
		return map[string]string{"kty": "EC", "crv": "P-256", "kid": k.ID, "x": encode(point[1:33]), "y": encode(point[33:])}
	}
	panic(fmt.Sprintf("a key of type %T", k.Signer))
}

func encode(number []byte) string { return base64.RawURLEncoding.EncodeToString(number) }

// JWKS is the list of the keys' public parts.
func JWKS(keys ...Key) []byte {
	list := make([]map[string]string, len(keys))
	for i, k := range keys {
		list[i] = k.JWK()
	}
	return marshal(map[string]any{"keys": list})
}

func marshal(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}

// Server is an issuer.
type Server struct {
	*httptest.Server

	// Fetched is how often the list of keys was asked for.
	Fetched atomic.Int64

	mu     sync.Mutex
	answer func(http.ResponseWriter) // to a request for the list
	about  string                    // the issuer that the configuration is about
}

// Serve starts an issuer with the keys. Its URL is its name, and the list of its keys is at /keys.
func Serve(t testing.TB, keys ...Key) *Server {
	t.Helper()
	s := new(Server)
	s.Server = httptest.NewTLSServer(http.HandlerFunc(s.serve))
	s.about = s.URL
	s.SetKeys(keys...)
	t.Cleanup(s.Close)
	return s
}

// SetKeys replaces the keys.
func (s *Server) SetKeys(keys ...Key) {
	list := JWKS(keys...)
	s.Answer(func(w http.ResponseWriter) { _, _ = w.Write(list) })
}

// Answer sets how a request for the list of keys is answered.
func (s *Server) Answer(answer func(http.ResponseWriter)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

// SetIssuer sets the issuer that the configuration is about.
func (s *Server) SetIssuer(issuer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.about = issuer
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	answer, about := s.answer, s.about
	s.mu.Unlock()
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		_, _ = w.Write(marshal(map[string]string{"issuer": about, "jwks_uri": s.URL + "/keys"}))
	case "/keys":
		s.Fetched.Add(1)
		answer(w)
	default:
		http.NotFound(w, r)
	}
}
