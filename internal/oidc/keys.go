package oidc

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/secret"
	"github.com/dpb587/concourse-resource-endpoints/internal/strictjson"
)

const (
	// freshTime is how old keys may get before they are fetched again.
	freshTime = time.Hour
	// staleTime is how old keys may get where no newer ones can be had. It is longer than an issuer's outage, and bounds how long a
	// key counts that the issuer has taken back.
	staleTime = 24 * time.Hour
	// pause is the least time between two fetches, since anybody can name a key that is not there. It is shorter than the time after
	// which Pub/Sub or `curl --retry 5 --retry-all-errors` has tried for the last time.
	pause = 10 * time.Second
	// fetchTime bounds a fetch, of which Pub/Sub waits 10 seconds for an answer at least
	// (https://docs.cloud.google.com/pubsub/docs/subscription-properties#ack_deadline).
	fetchTime = 5 * time.Second
	// maxWaiting is how many tokens may wait for a fetch, before their deliveries are known to be anybody's: those of others need places, too.
	maxWaiting = 32
	// maxKeys bounds the keys of an issuer, which has a handful.
	maxKeys = 100
)

// The algorithms that are taken (https://www.rfc-editor.org/rfc/rfc7518#section-3.1).
const (
	rs256 = "RS256"
	es256 = "ES256"
)

// Keys are those with which an issuer signs (https://www.rfc-editor.org/rfc/rfc7517). They are fetched when they are needed, and kept.
type Keys struct {
	issuer string
	at     string
	client *http.Client
	now    func() time.Time

	flights singleflight.Group
	waiting atomic.Int32

	mu      sync.Mutex
	have    map[string]publicKey
	fetched time.Time // when
	tried   time.Time // when they were fetched, or could not be
	err     error     // why they could not be
}

// publicKey is a key with the algorithm that it is for.
type publicKey struct {
	algorithm string
	key       any // *rsa.PublicKey or *ecdsa.PublicKey
}

// NewKeys are the keys of the issuer: at an https URL, in a file, or, where at is empty, at the URL that the issuer names
// (https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig).
func NewKeys(client *http.Client, issuer, at string) *Keys {
	return &Keys{issuer: issuer, at: at, client: client, now: time.Now}
}

// CheckPlace refuses what can't be the place of keys.
func CheckPlace(at string) error {
	if strings.Contains(at, "://") && !isHTTPS(at) {
		return errors.New("it is neither an https URL nor a file's path")
	}
	return nil
}

// CheckIssuer refuses what can't be an issuer.
func CheckIssuer(issuer string) error {
	if !isHTTPS(issuer) {
		return errors.New("it is not an https URL such as https://token.actions.githubusercontent.com")
	}
	return nil
}

func isHTTPS(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

// find gives the public key with the id. Where it is not known, or all keys are old, they are fetched first.
func (k *Keys) find(id, algorithm string) (any, error) {
	isCurrent := !k.due(id) || k.await(id)
	k.mu.Lock()
	defer k.mu.Unlock()
	key, ok := k.have[id]
	switch {
	case ok && k.now().Sub(k.fetched) < staleTime && key.algorithm == algorithm:
		return key.key, nil
	case !isCurrent:
		return nil, fmt.Errorf("fetching the keys of %s: more than %d tokens wait for them", k.issuer, maxWaiting)
	case k.err != nil:
		return nil, k.err
	}
	return nil, provider.Unauthorized("the token is signed by a key that its issuer does not have")
}

// await waits until the keys are fetched for the sake of the one with the id, or reports that too many wait.
func (k *Keys) await(id string) bool {
	defer k.waiting.Add(-1)
	if k.waiting.Add(1) > maxWaiting {
		return false
	}
	_, _, _ = k.flights.Do("", func() (any, error) {
		if k.due(id) {
			k.refresh()
		}
		return struct{}{}, nil
	})
	return true
}

// due reports whether the keys are to be fetched for the sake of the one with the id.
func (k *Keys) due(id string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	_, known := k.have[id]
	now := k.now()
	return now.Sub(k.tried) >= pause && (!known || now.Sub(k.fetched) >= freshTime)
}

// refresh fetches the keys, or remembers why that failed.
func (k *Keys) refresh() {
	ctx, cancel := context.WithTimeout(context.Background(), fetchTime)
	defer cancel()
	found, err := k.fetch(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.tried, k.err = k.now(), err
	if err == nil {
		k.have, k.fetched = found, k.tried
	}
}

func (k *Keys) fetch(ctx context.Context) (map[string]publicKey, error) {
	at := k.at
	if at == "" {
		var err error
		if at, err = k.discover(ctx); err != nil {
			return nil, err
		}
	}
	doing := "fetching the keys of " + k.issuer
	if !isHTTPS(at) {
		document, _, err := new(secret.Resolver).Resolve(ctx, "file:"+at)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", doing, err)
		}
		return read(doing, []byte(document))
	}
	document, err := k.get(ctx, doing, at)
	if err != nil {
		return nil, err
	}
	return read(doing, document)
}

// discover asks the issuer where its keys are.
func (k *Keys) discover(ctx context.Context) (string, error) {
	doing := "asking where the keys of " + k.issuer + " are"
	document, err := k.get(ctx, doing, strings.TrimSuffix(k.issuer, "/")+"/.well-known/openid-configuration")
	if err != nil {
		return "", err
	}
	var found struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	if err := strictjson.Unmarshal(document, &found); err != nil {
		return "", fmt.Errorf("%s: reading the answer: %w", doing, err)
	}
	if found.Issuer != k.issuer {
		return "", fmt.Errorf("%s: the answer is about another issuer", doing)
	}
	if !isHTTPS(found.Keys) {
		return "", fmt.Errorf("%s: the jwks_uri of the answer is not an https URL", doing)
	}
	return found.Keys, nil
}

func (k *Keys) get(ctx context.Context, doing, from string) ([]byte, error) {
	if k.client == nil {
		return nil, fmt.Errorf("%s: no client is set up for it", doing)
	}
	u, err := url.Parse(from)
	if err != nil {
		return nil, fmt.Errorf("%s: its URL can't be read", doing)
	}
	return provider.Fetch(ctx, k.client, doing, u)
}

// jwk is a key as it is written (https://www.rfc-editor.org/rfc/rfc7518#section-6).
type jwk struct {
	Type      string `json:"kty"`
	ID        string `json:"kid"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
	Curve     string `json:"crv"`
	N         string `json:"n"`
	E         string `json:"e"`
	X         string `json:"x"`
	Y         string `json:"y"`
}

// read reads the keys of use from a list. A list without any is an error: more likely it is another document.
func read(doing string, document []byte) (map[string]publicKey, error) {
	var list struct {
		Keys []jwk `json:"keys"`
	}
	if err := strictjson.Unmarshal(document, &list); err != nil {
		return nil, fmt.Errorf("%s: reading them: %w", doing, err)
	}
	if len(list.Keys) > maxKeys {
		return nil, fmt.Errorf("%s: there are more than %d", doing, maxKeys)
	}
	found := make(map[string]publicKey)
	for _, key := range list.Keys {
		public, ok := key.public()
		if ok && key.ID != "" && (key.Use == "" || key.Use == "sig") && (key.Algorithm == "" || key.Algorithm == public.algorithm) {
			found[key.ID] = public
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s: there is none for RS256 or ES256", doing)
	}
	return found, nil
}

// public makes the key: RSA with at least 2048 bits, or ECDSA on P-256.
func (k jwk) public() (publicKey, bool) {
	switch {
	case k.Type == "RSA":
		n, e := new(big.Int).SetBytes(decode(k.N)), new(big.Int).SetBytes(decode(k.E))
		ok := n.BitLen() >= 2048 && n.BitLen() <= 8192 && e.BitLen() <= 31 && e.Cmp(big.NewInt(2)) > 0
		return publicKey{rs256, &rsa.PublicKey{N: n, E: int(e.Int64())}}, ok
	case k.Type == "EC" && k.Curve == "P-256":
		point := slices.Concat([]byte{4}, decode(k.X), decode(k.Y)) // uncompressed (https://www.secg.org/sec1-v2.pdf, 2.3.3)
		key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
		return publicKey{es256, key}, err == nil
	}
	return publicKey{}, false
}

// decode reads a number in base64url; nil, which no key has, where that is not one.
func decode(text string) []byte {
	number, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	return number
}
