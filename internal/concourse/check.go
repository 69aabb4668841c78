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

// checkWithLogin posts with the login, and where it is refused once more after logging in again.
func (c *Client) checkWithLogin(ctx context.Context, ref config.Ref) error {
	post := func(authorization string) error {
		return c.postCheck(ctx, ref, "/check", ref.Query(), authorization, "")
	}
	if c.session == nil {
		return post(c.static)
	}
	if c.static != "" && !c.refused.Load() {
		if err := post(c.static); !unauthorized(err) {
			return err
		}
		c.refused.Store(true)
	}
	bearer, err := c.session.token(ctx, "")
	if err != nil {
		return err
	}
	if err = post("Bearer " + bearer); !unauthorized(err) {
		return err
	}
	if bearer, err = c.session.token(ctx, bearer); err != nil {
		return err
	}
	return post("Bearer " + bearer)
}

func (c *Client) postCheck(ctx context.Context, ref config.Ref, door string, query url.Values, authorization, webhookToken string) error {
	path := ref.APIPath() + door
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
	e.Webhook = webhookToken != ""
	if e.text == "" {
		e.text = "Concourse answered " + statusText(a.status)
		if hint := c.hint(a.status, ref, e.Webhook); hint != "" {
			e.text += ": " + hint
		}
	}
	return e
}
