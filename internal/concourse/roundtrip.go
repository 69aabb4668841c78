package concourse

import (
	"io"
	"maps"
	"net/http"
)

// Transport sends requests without a body to the ATC with the client's headers and login, for go-concourse, which brings
// none of its own. Like a check, a request that is refused is sent once more after logging in again. Its errors are those
// of Check, without secrets.
func (c *Client) Transport() http.RoundTripper { return roundTripper{c} }

type roundTripper struct{ c *Client }

func (t roundTripper) RoundTrip(req *http.Request) (resp *http.Response, err error) {
	err = t.c.authorized(req.Context(), func(authorization string) (refused bool, err error) {
		if resp != nil { // let the connection be used again
			_, _ = io.CopyN(io.Discard, resp.Body, maxAnswer)
			_ = resp.Body.Close()
		}
		resp, err = t.send(req, authorization) //nolint:bodyclose // whoever made the request closes it
		return err == nil && resp.StatusCode == http.StatusUnauthorized, err
	})
	if err != nil {
		return nil, err
	}
	return resp, nil
}

func (t roundTripper) send(req *http.Request, authorization string) (*http.Response, error) {
	req = req.Clone(req.Context())
	maps.Copy(req.Header, t.c.header)
	if host := t.c.header.Get("Host"); host != "" {
		req.Host = host
	}
	req.Header.Set("User-Agent", t.c.userAgent)
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	transport := t.c.http.Transport
	if transport == nil {
		transport = http.DefaultTransport
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return nil, newTransportError(err, &t.c.redact, authorization)
	}
	return resp, nil
}
