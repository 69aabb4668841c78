package aws

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

const (
	// maxCertificates bounds those that are kept: a region has one at a time.
	maxCertificates = 64
	// maxLookups bounds what may be looked up in a minute, since anybody can name a certificate that is not there.
	maxLookups = 20
	// failureTime is how long a failure is remembered: less than the 20 seconds after which SNS sends a message again
	// (https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.retry.html), so that each try has its chance.
	failureTime = 15 * time.Second
	// maxIssuers bounds the certificates between SNS's and a root.
	maxIssuers = 2
)

const lookingUp = "fetching SNS's signing certificate"

// certificates fetches SNS's signing certificates, and keeps them until they expire.
type certificates struct {
	client *http.Client
	// roots are those that are trusted; nil for the system's.
	roots *x509.CertPool

	flights singleflight.Group

	mu      sync.Mutex
	kept    map[string]*x509.Certificate
	failed  map[string]failure
	since   time.Time // when the minute began
	lookups int       // in this minute
}

// failure is a look-up that failed a short time ago.
type failure struct {
	err   error
	until time.Time
}

// key is the public key of the certificate at a message's URL.
func (c *certificates) key(o origin, rawURL string) (*rsa.PublicKey, error) {
	u, err := o.certificateURL(rawURL)
	if err != nil {
		return nil, err
	}
	if c.client == nil {
		return nil, provider.Unauthorized("SNS's signing certificate can't be fetched: no client is set up for it")
	}
	cert, err := c.remembered(u.String())
	if cert == nil && err == nil {
		var found any
		found, err, _ = c.flights.Do(u.String(), func() (any, error) { return c.lookUp(o, u) })
		cert, _ = found.(*x509.Certificate)
	}
	if err != nil {
		return nil, err
	}
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, provider.Unauthorized("SNS's signing certificate has no RSA key")
	}
	return key, nil
}

// remembered is what is known of a certificate: itself, or why it could not be had a short time ago.
func (c *certificates) remembered(at string) (*x509.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if cert := c.kept[at]; cert != nil && !time.Now().After(cert.NotAfter) {
		return cert, nil
	}
	if f, ok := c.failed[at]; ok && time.Now().Before(f.until) {
		return nil, f.err
	}
	return nil, nil
}

// take reports whether another call may go out this minute.
func (c *certificates) take() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.since) >= time.Minute {
		c.since, c.lookups = now, 0
	}
	if c.lookups++; c.lookups > maxLookups {
		return errors.New("too many calls to SNS this minute: a message that needs another one must be sent again later")
	}
	return nil
}

// lookUp fetches and verifies a certificate, and remembers it, or why that failed.
func (c *certificates) lookUp(o origin, u *url.URL) (*x509.Certificate, error) {
	if cert, err := c.remembered(u.String()); cert != nil || err != nil { // by the look-up before
		return cert, err
	}
	if err := c.take(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	cert, err := c.fetch(ctx, o, u)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		for at, f := range c.failed {
			if time.Now().After(f.until) {
				delete(c.failed, at)
			}
		}
		c.failed[u.String()] = failure{err, time.Now().Add(failureTime)}
		return nil, err
	}
	if len(c.kept) >= maxCertificates {
		clear(c.kept)
	}
	c.kept[u.String()] = cert
	return cert, nil
}

// fetch fetches a certificate, and verifies that SNS may sign with it now.
func (c *certificates) fetch(ctx context.Context, o origin, u *url.URL) (*x509.Certificate, error) {
	body, err := provider.Fetch(ctx, c.client, lookingUp, u)
	if err != nil {
		return nil, err
	}
	var chain []*x509.Certificate
	for block, rest := pem.Decode(body); block != nil; block, rest = pem.Decode(rest) {
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: parsing it: %w", lookingUp, err)
		}
		chain = append(chain, cert)
	}
	if len(chain) == 0 {
		return nil, fmt.Errorf("%s: the answer is not a certificate in PEM", lookingUp)
	}
	cert := chain[0]
	if now := time.Now(); now.Before(cert.NotBefore) || now.After(cert.NotAfter) {
		return nil, provider.Unauthorized("SNS's signing certificate has expired or is not valid yet")
	}
	if !slices.ContainsFunc(o.names(), func(name string) bool { return cert.Subject.CommonName == name || cert.VerifyHostname(name) == nil }) {
		return nil, provider.Unauthorized("SNS's signing certificate is not SNS's, by its name")
	}
	return cert, c.verifyChain(ctx, cert, chain[1:])
}

// verifyChain verifies that a trusted root stands behind the certificate. SNS gives its own certificate only, so its issuer's is
// fetched, too, from where the certificate says.
func (c *certificates) verifyChain(ctx context.Context, cert *x509.Certificate, more []*x509.Certificate) error {
	options := x509.VerifyOptions{Roots: c.roots, Intermediates: x509.NewCertPool(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}
	for _, m := range more {
		options.Intermediates.AddCert(m)
	}
	last := cert
	for n := 0; ; n++ {
		_, err := cert.Verify(options)
		if err == nil {
			return nil
		}
		var unknown x509.UnknownAuthorityError
		at := slices.IndexFunc(last.IssuingCertificateURL, authority.MatchString)
		if !errors.As(err, &unknown) || at < 0 || n == maxIssuers {
			return fmt.Errorf("verifying SNS's signing certificate: %w", err)
		}
		if last, err = c.issuer(ctx, last.IssuingCertificateURL[at]); err != nil {
			return err
		}
		options.Intermediates.AddCert(last)
	}
}

// authority is where the authorities of AWS's certificates keep theirs: http://crt.r2m01.amazontrust.com/r2m01.cer. It is not
// https, since a certificate proves itself.
var authority = regexp.MustCompile(`^https?://[a-z0-9.-]+\.(amazontrust\.com|digicert\.com|digicert\.cn)/[A-Za-z0-9._-]+\.(cer|crt)$`)

// issuer fetches the certificate of an issuer (https://www.rfc-editor.org/rfc/rfc5280#section-4.2.2.1).
func (c *certificates) issuer(ctx context.Context, at string) (*x509.Certificate, error) {
	const doing = "fetching the certificate of the issuer of SNS's signing certificate"
	u, err := url.Parse(at)
	if err != nil {
		return nil, fmt.Errorf("%s: its place can't be read", doing)
	}
	body, err := provider.Fetch(ctx, c.client, doing, u)
	if err != nil {
		return nil, err
	}
	if block, _ := pem.Decode(body); block != nil {
		body = block.Bytes
	}
	cert, err := x509.ParseCertificate(body)
	if err != nil {
		return nil, fmt.Errorf("%s: parsing it: %w", doing, err)
	}
	return cert, nil
}
