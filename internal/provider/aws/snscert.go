package aws

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// snsHost is SNS's own host of a region (defaultHostPattern in
// https://github.com/aws/aws-js-sns-message-validator/blob/master/index.js).
var snsHost = regexp.MustCompile(`^sns\.[a-zA-Z0-9-]{3,}\.amazonaws\.com(\.cn)?$`)

// maxAnswer bounds an answer of SNS, which is a certificate or a few lines of XML.
const maxAnswer = 64 << 10

// maxCertificates bounds the cache: a region has one certificate at a time.
const maxCertificates = 64

// snsURL checks that a message's URL is SNS's own. The error names the field and not the URL, which may hold a token.
func snsURL(field, raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" || !snsHost.MatchString(u.Host) || u.User != nil {
		return nil, provider.Unauthorized("the SNS message's %s is not an https URL of SNS itself", field)
	}
	u.Fragment = ""
	return u, nil
}

// get fetches a message's URL, at most maxAnswer of it, and follows no redirect. Its errors hold no URL. A URL that is not
// SNS's own is a *provider.UnauthorizedError.
func get(ctx context.Context, client *http.Client, doing, field, raw string) ([]byte, error) {
	u, err := snsURL(field, raw)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("%s: making the request to %s failed", doing, u.Host)
	}
	direct := *client
	direct.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := direct.Do(req)
	if err != nil {
		// A *url.Error would print the URL with its token.
		var of *url.Error
		if errors.As(err, &of) {
			err = of.Err
		}
		return nil, fmt.Errorf("%s: calling %s: %w", doing, u.Host, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s answered with status %d", doing, u.Host, resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("%s: reading the answer of %s: %w", doing, u.Host, err)
	}
	return body, nil
}

// certificates fetches SNS's signing certificates, and keeps them until they expire.
type certificates struct {
	client *http.Client
	mu     sync.Mutex
	kept   map[string]*x509.Certificate
}

// key is the public key of the certificate at the URL.
func (c *certificates) key(ctx context.Context, rawURL string) (*rsa.PublicKey, error) {
	u, err := snsURL("SigningCertURL", rawURL)
	if err != nil {
		return nil, err
	}
	if !strings.HasSuffix(u.Path, ".pem") || u.RawQuery != "" {
		return nil, provider.Unauthorized("the SNS message's SigningCertURL is not that of a certificate")
	}
	cert := c.cached(u.String())
	if cert == nil {
		if cert, err = c.fetch(ctx, u.String()); err != nil {
			return nil, err
		}
	}
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	if now := time.Now(); !ok || now.Before(cert.NotBefore) || now.After(cert.NotAfter) {
		return nil, provider.Unauthorized("SNS's signing certificate has expired or has no RSA key")
	}
	return key, nil
}

func (c *certificates) cached(at string) *x509.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	cert := c.kept[at]
	if cert != nil && time.Now().After(cert.NotAfter) {
		delete(c.kept, at)
		return nil
	}
	return cert
}

func (c *certificates) fetch(ctx context.Context, at string) (*x509.Certificate, error) {
	const doing = "fetching SNS's signing certificate"
	if c.client == nil {
		return nil, provider.Unauthorized("SNS's signing certificate can't be fetched: no client is set up for it")
	}
	body, err := get(ctx, c.client, doing, "SigningCertURL", at)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(body)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, fmt.Errorf("%s: the answer is not a certificate in PEM", doing)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: parsing it: %w", doing, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil || len(c.kept) >= maxCertificates {
		c.kept = map[string]*x509.Certificate{}
	}
	c.kept[at] = cert
	return cert, nil
}
