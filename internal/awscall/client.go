// Package awscall calls the operations of AWS that the Lambda functions need, by net/http: it reads an object, a parameter and a
// secret, and calls SQS. It stands below packages store, secret and retry, in the place of the AWS SDK's clients, which are four
// fifths of what they would add to a function. The signer, and what is tried again and when, are the SDK's.
//
// Its settings are environment variables, as Lambda sets them
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html). It reads no shared files and asks no metadata service.
package awscall

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/dpb587/concourse-resource-endpoints/internal/redact"
	"github.com/dpb587/concourse-resource-endpoints/internal/store"
)

// defaultRegion is where no other is set, as for the SDK in package s3store.
const defaultRegion = "us-east-1"

// maxSkew is by how much a clock may differ from AWS's before a refused signature is its fault. AWS allows five minutes
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html); the SDK takes four, too.
const maxSkew = 4 * time.Minute

// Client calls AWS with one identity. It is safe for use by several goroutines.
type Client struct {
	Credentials aws.Credentials
	Region      string
	// HTTP makes the requests. It must not follow redirects.
	HTTP aws.HTTPClient
	// FIPS and DualStack choose among AWS's endpoints.
	FIPS, DualStack bool
	// Endpoint gives the endpoint to use in place of AWS's, by the service's name in variables, such as S3; "" for none.
	// It may be nil.
	Endpoint func(service string) string
	// Now is the clock; time.Now where nil.
	Now func() time.Time

	retryer *retry.Standard
	skew    atomic.Int64 // how far AWS's clock is ahead, in nanoseconds
}

// New makes a client. tries is how often a request is sent at most; 0 for the SDK's default.
func New(credentials aws.Credentials, region string, to aws.HTTPClient, tries int) *Client {
	return &Client{
		Credentials: credentials, Region: region, HTTP: to,
		retryer: retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts = tries }),
	}
}

// FromEnv makes a client from the environment. The variables are the SDK's
// (https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html). Without credentials, only its use fails.
func FromEnv(getenv func(string) string) (*Client, error) {
	tries := 0
	if text := getenv("AWS_MAX_ATTEMPTS"); text != "" {
		var err error
		if tries, err = strconv.Atoi(text); err != nil || tries < 1 {
			return nil, errors.New("AWS_MAX_ATTEMPTS: it is not a number above 0")
		}
	}
	to, err := httpClient(getenv("AWS_CA_BUNDLE"))
	if err != nil {
		return nil, fmt.Errorf("AWS_CA_BUNDLE: %w", err)
	}
	c := New(aws.Credentials{
		AccessKeyID:     cmp.Or(getenv("AWS_ACCESS_KEY_ID"), getenv("AWS_ACCESS_KEY")),
		SecretAccessKey: cmp.Or(getenv("AWS_SECRET_ACCESS_KEY"), getenv("AWS_SECRET_KEY")),
		SessionToken:    getenv("AWS_SESSION_TOKEN"),
	}, cmp.Or(getenv("AWS_REGION"), getenv("AWS_DEFAULT_REGION"), defaultRegion), to, tries)
	isTrue := func(name string) bool { return strings.EqualFold(getenv(name), "true") }
	c.FIPS, c.DualStack = isTrue("AWS_USE_FIPS_ENDPOINT"), isTrue("AWS_USE_DUALSTACK_ENDPOINT")
	if !isTrue("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") {
		c.Endpoint = func(service string) string {
			return cmp.Or(getenv("AWS_ENDPOINT_URL_"+service), getenv("AWS_ENDPOINT_URL"))
		}
	}
	return c, nil
}

// httpClient makes a client that follows no redirect, since a signature is for one host, and that believes the certificates of a
// bundle, if one is given.
func httpClient(bundle string) (*http.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone() //nolint:errcheck,forcetypeassert // nobody replaces it
	if bundle != "" {
		pem, err := os.ReadFile(bundle)
		if err != nil {
			return nil, err
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate in PEM", bundle)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, nil
}

// call is one request of an operation, and what to sign it for.
type call struct {
	service         service
	operation       string
	region          string
	method, url     string
	header          http.Header
	body            []byte
	pathIsCanonical bool // what S3 signs is the path as it is sent
}

// do sends the request, again where that may help, and hands the answer to read if its status is below 300. An error of read counts
// as one of the connection.
func (c *Client) do(ctx context.Context, r call, read func(*http.Response) error) error {
	if c.Credentials.AccessKeyID == "" || c.Credentials.SecretAccessKey == "" {
		return fmt.Errorf("%s %s: the environment holds no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, as Lambda does",
			r.service.name, r.operation)
	}
	release, err := c.retryer.GetAttemptToken(ctx)
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		skewed, err := c.once(ctx, r, read)
		_ = release(err)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil && try < c.retryer.MaxAttempts() && (skewed || c.retryer.IsErrorRetryable(err)) {
			if release, err = c.pause(ctx, try, err); err == nil {
				continue
			}
		}
		return fmt.Errorf("%s %s: %w", r.service.name, r.operation, redact.Error(err))
	}
}

// pause waits before another try, or gives the error with which the last one failed.
func (c *Client) pause(ctx context.Context, try int, failed error) (release func(error) error, err error) {
	release, err = c.retryer.GetRetryToken(ctx, failed)
	if err != nil { // much has failed of late
		return nil, failed
	}
	delay, err := c.retryer.RetryDelay(try, failed)
	if err != nil {
		return nil, failed
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return nil, failed
	case <-timer.C:
		return release, nil
	}
}

// once sends the request once. skewed says that it failed since the clock is wrong, which is corrected for the next try.
func (c *Client) once(ctx context.Context, r call, read func(*http.Response) error) (skewed bool, err error) {
	skew := time.Duration(c.skew.Load())
	req, err := c.signed(ctx, r, c.now().Add(skew))
	if err != nil {
		return false, err
	}
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return false, &connectionError{err}
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode < http.StatusMultipleChoices {
		if err = read(resp); err != nil && !errors.Is(err, store.ErrTooLarge) {
			err = &connectionError{err}
		}
		return false, err
	}
	failed := readError(resp)
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil && resp.Header.Get("Age") == "" && failed.maySkew() {
		server := date.Sub(c.now())
		if skewed = (server - skew).Abs() > maxSkew; skewed {
			c.skew.Store(int64(server))
		}
	}
	return skewed, failed
}

// signed makes the request, signed for a moment.
func (c *Client) signed(ctx context.Context, r call, at time.Time) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, r.url, bytes.NewReader(r.body))
	if err != nil {
		return nil, errors.New("the endpoint is not a URL such as https://s3.eu-west-1.amazonaws.com")
	}
	req.Header = r.header.Clone()
	req.Header.Set("Accept-Encoding", "identity")
	sum := sha256.Sum256(r.body)
	hash := hex.EncodeToString(sum[:])
	if r.pathIsCanonical {
		req.Header.Set("X-Amz-Content-Sha256", hash)
	}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = r.pathIsCanonical })
	return req, signer.SignHTTP(ctx, c.Credentials, req, hash, r.service.host, r.region, at)
}

func (c *Client) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}
