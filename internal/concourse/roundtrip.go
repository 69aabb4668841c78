package concourse

import (
	"cmp"
	"io"
	"net/http"
)

// Transport adds the client's headers and login to requests, for go-concourse, which does not log in by itself. The requests
// must have no body: like a check, one that is refused is sent once more after logging in again. Its errors are those of Check,
// without secrets.
func (c *Client) Transport() http.RoundTripper { return roundTripper{c} }

type roundTripper struct{ c *Client }

func (t roundTripper) RoundTrip(req *http.Request) (resp *http.Response, err error) {
	err = t.c.authorized(req.Context(), func(authorization string) (refused bool, err error) {
		discard(resp)
		resp, err = t.send(req, authorization) //nolint:bodyclose // whoever made the request closes it
		return err == nil && resp.StatusCode == http.StatusUnauthorized, err
	})
	if err != nil {
		discard(resp)
		return nil, err
	}
	return resp, nil
}

// discard ends with a refused answer, if there is one. It reads the rest, so that the connection can be used again.
func discard(resp *http.Response) {
	if resp != nil {
		_, _ = io.CopyN(io.Discard, resp.Body, maxAnswer)
		_ = resp.Body.Close()
	}
}

func (t roundTripper) send(req *http.Request, authorization string) (*http.Response, error) {
	req = req.Clone(req.Context())
	t.c.addHeaders(req)
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	resp, err := cmp.Or(t.c.http.Transport, http.DefaultTransport).RoundTrip(req)
	if err != nil {
		return nil, newTransportError(err, &t.c.redact, authorization)
	}
	return resp, nil
}
