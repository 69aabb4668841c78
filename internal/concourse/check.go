package concourse

import (
	"context"
	"fmt"
	"maps"
	"net/url"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
)

// shallow leaves the chain of custom types out of the check: their own intervals serve them.
const shallow = `{"shallow":true}`

// Check asks for one check of a resource. With a login it posts to the resource's check, for which the login needs the
// pipeline-operator role in the team; without one to its webhook, with webhookToken. Any 2xx means that the ATC took it,
// not that the check found something. An error is a *StatusError (an answer that is not such), *TransportError (no answer)
// or *LoginError, wrapped in the resource's name.
func (c *Client) Check(ctx context.Context, ref config.Ref, webhookToken string) error {
	var err error
	switch {
	case c.HasLogin():
		err = c.checkWithLogin(ctx, ref)
	case webhookToken != "":
		// No authorization goes with it: a bad bearer is refused even where the webhook's token is right.
		query := url.Values{"webhook_token": {webhookToken}}
		maps.Copy(query, ref.Query())
		err = c.postCheck(ctx, ref, "/check/webhook", query, "", webhookToken)
	default:
		err = c.postCheck(ctx, ref, "/check", ref.Query(), "", "")
	}
	if err != nil {
		return fmt.Errorf("asking %s to check: %w", ref, err)
	}
	return nil
}

// checkWithLogin posts with the login.
func (c *Client) checkWithLogin(ctx context.Context, ref config.Ref) error {
	return c.authorized(ctx, func(authorization string) (refused bool, err error) {
		err = c.postCheck(ctx, ref, "/check", ref.Query(), authorization, "")
		return unauthorized(err), err
	})
}

// authorized sends with the login, and where it is refused once more after logging in again. What send answers last counts.
func (c *Client) authorized(ctx context.Context, send func(authorization string) (refused bool, err error)) error {
	if c.session == nil {
		_, err := send(c.static)
		return err
	}
	if c.static != "" && !c.refused.Load() {
		refused, err := send(c.static)
		if !refused {
			return err
		}
		c.refused.Store(true)
	}
	bearer, err := c.session.token(ctx, "")
	if err != nil {
		return err
	}
	refused, err := send("Bearer " + bearer)
	if !refused {
		return err
	}
	if bearer, err = c.session.token(ctx, bearer); err != nil {
		return err
	}
	_, err = send("Bearer " + bearer)
	return err
}

func (c *Client) postCheck(ctx context.Context, ref config.Ref, endpoint string, query url.Values, authorization, webhookToken string) error {
	path := ref.APIPath() + endpoint
	req, err := c.request(ctx, path, query, shallow)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	a, err := c.do(req, webhookToken)
	if err != nil {
		return err
	}
	if a.ok() {
		return nil
	}
	e := c.statusError(a, path, webhookToken)
	e.Webhook, e.Anonymous = webhookToken != "", webhookToken == "" && authorization == ""
	if e.text == "" {
		e.text = "Concourse answered " + statusText(a.status)
		if hint := c.hint(a.status, ref, e.Webhook); hint != "" {
			e.text += ": " + hint
		}
	}
	return e
}
