package concourse

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// maxAnswer bounds what is read of an answer, in bytes. The ATC's answers have a few hundred.
	maxAnswer = 64 << 10
	// connections is how many are kept: as many as notify posts at once.
	connections = 16
)

// httpClient makes the client that the options describe.
func httpClient(o Options) (*http.Client, error) {
	client := new(http.Client)
	if o.HTTPClient != nil {
		*client = *o.HTTPClient
	} else {
		transport, err := transport(o)
		if err != nil {
			return nil, err
		}
		client.Transport = transport
	}
	// A redirected POST would become a GET, or lose its authorization. So a redirect is an answer, and reported.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client, nil
}

func transport(o Options) (*http.Transport, error) {
	settings := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: o.Insecure} //nolint:gosec // the operator's choice
	if len(o.CACert) > 0 {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM(o.CACert) {
			return nil, errors.New("the Concourse's CA certificate holds no certificate in PEM form")
		}
		settings.RootCAs = pool
	}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:        settings,
		TLSHandshakeTimeout:    5 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           2 * connections,
		MaxIdleConnsPerHost:    connections,
		IdleConnTimeout:        time.Minute,
		MaxResponseHeaderBytes: maxAnswer,
	}, nil
}

// request makes a POST to a path below the external URL. The path must be escaped already.
func (c *Client) request(ctx context.Context, path string, query url.Values, body string) (*http.Request, error) {
	target := strings.TrimRight(c.base.Scheme+"://"+c.base.Host+c.base.EscapedPath(), "/") + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(body))
	if err != nil {
		return nil, errors.New("making the request: the URL is not valid") // err would print it
	}
	c.addHeaders(req)
	req.Header.Set("Accept", "application/json")
	// A key without a value is not sent, but lets net/http repeat the request where a kept connection turns out to be dead, as
	// after a Lambda's sleep (https://pkg.go.dev/net/http#Transport). At worst that is one spare check.
	req.Header["X-Idempotency-Key"] = nil
	return req, nil
}

// addHeaders adds the headers that every request has.
func (c *Client) addHeaders(req *http.Request) {
	maps.Copy(req.Header, c.header)
}

// answer is the part of a response that decides.
type answer struct {
	status     int
	body       []byte // at most maxAnswer
	location   *url.URL
	retryAfter time.Duration
	concourse  bool // Concourse itself answered
}

// versionHeader is on every answer of the ATC's API to a check, with a login or without, whatever the status (measured on
// 7.14.2). What a proxy answers in the ATC's place lacks it.
const versionHeader = "X-Concourse-Version"

// build is the id of the build that a check made; 0 where the answer holds none.
func (a answer) build() int {
	var body struct {
		ID int `json:"id"`
	}
	if a.status < 200 || a.status > 299 || json.Unmarshal(a.body, &body) != nil {
		return 0
	}
	return body.ID
}

// do sends the request. Its error is a *TransportError, without the query, the authorization, the client's secrets and the
// given ones.
func (c *Client) do(req *http.Request, secrets ...string) (answer, error) {
	resp, err := c.http.Do(req)
	if err != nil {
		secrets = append(secrets, req.Header.Get("Authorization"), req.URL.RawQuery)
		return answer{}, newTransportError(err, &c.redact, secrets...)
	}
	defer func() { _ = resp.Body.Close() }()
	a := answer{status: resp.StatusCode, retryAfter: retryAfter(resp.Header), concourse: resp.Header.Get(versionHeader) != ""}
	a.location, _ = resp.Location()
	// Where the body is cut off, the status says enough.
	a.body, _ = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return a, nil
}

// ok reports success: any 2xx, whatever its content type (JSON comes as text/plain from 8.2), unless it is a page of HTML, such
// as a proxy's log in.
func (a answer) ok() bool { return a.status >= 200 && a.status < 300 && !a.html() }

// html reports whether the body is a page of HTML.
func (a answer) html() bool {
	return bytes.HasPrefix(bytes.TrimLeft(a.body, " \t\r\n\ufeff"), []byte("<"))
}

// retryAfter reads the Retry-After header (RFC 9110, section 10.2.3): seconds, or a date. The date is compared with the
// answer's own, so that a wrong clock here does no harm.
func retryAfter(h http.Header) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	sent, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	return max(until.Sub(sent), 0)
}
