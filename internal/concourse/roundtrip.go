package concourse

import (
	"io"
	"maps"
	"net/http"
)

// Transport sends requests without a body to the ATC with the client's headers and login, for go-concourse, which brings
// none of its own. Like a check, a request that is refused is sent once more after logging in again.
func (c *Client) Transport() http.RoundTripper { return roundTripper{c} }

type roundTripper struct{ c *Client }

func (t roundTripper) RoundTrip(req *http.Request) (*http.Response, error) {
	c := t.c
	if c.session == nil {
		return t.send(req, c.static)
	}
	if c.static != "" && !c.refused.Load() {
		resp, err := t.send(req, c.static)
		if err != nil || resp.StatusCode != http.StatusUnauthorized {
			return resp, err
		}
		discard(resp)
		c.refused.Store(true)
	}
	bearer, err := c.session.token(req.Context(), "")
	if err != nil {
		return nil, err
	}
	resp, err := t.send(req, "Bearer "+bearer)
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	discard(resp)
	if bearer, err = c.session.token(req.Context(), bearer); err != nil {
		return nil, err
	}
	return t.send(req, "Bearer "+bearer)
}

func (t roundTripper) send(req *http.Request, authorization string) (*http.Response, error) {
	req = req.Clone(req.Context())
	maps.Copy(req.Header, t.c.header)
	req.Header.Set("User-Agent", t.c.userAgent)
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	transport := t.c.http.Transport
	if transport == nil {
		transport = http.DefaultTransport
	}
	return transport.RoundTrip(req)
}

// discard lets the connection be used again.
func discard(resp *http.Response) {
	_, _ = io.CopyN(io.Discard, resp.Body, maxAnswer)
	_ = resp.Body.Close()
}
