package concourse

import (
	"io"
	"net/http"
)

// Transport adds the client's headers and login to requests, for go-concourse, which does not log in by itself. A request may
// have no body: like a check, one that is refused is sent once more after logging in again. Its errors are those of Check,
// without secrets.
func (c *Client) Transport() http.RoundTripper { return roundTripper{c} }

type roundTripper struct{ c *Client }

func (t roundTripper) RoundTrip(req *http.Request) (resp *http.Response, err error) {
	err = t.c.authorized(req.Context(), func(authorization string) (refused bool, err error) {
		if resp != nil { // read to the end, so that the connection can be used again
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
	t.c.addHeaders(req)
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
