package concourse

import (
	"context"
	"fmt"
	"maps"
	"net/url"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
)

// shallow asks for a check of the resource alone: its custom types, if any, are checked at their own intervals.
const shallow = `{"shallow":true}`

// Check asks for one check of a resource. With a login, it posts to the resource's check; the login needs the
// pipeline-operator role in the team. Without a login, it posts to the resource's webhook, with webhookToken. Nil means that
// the ATC took the check (any 2xx), not that the check found something. An error names the resource and wraps a *StatusError
// (an answer other than that), a *TransportError (no answer) or a *LoginError.
func (c *Client) Check(ctx context.Context, ref config.Ref, webhookToken string) error {
	var err error
	switch {
	case c.HasLogin():
		err = c.authorized(ctx, func(authorization string) (refused bool, err error) {
			err = c.postCheck(ctx, ref, "/check", ref.Query(), authorization, "")
			return unauthorized(err), err
		})
	case webhookToken != "":
		// No authorization is sent: the ATC refuses a bad one even where the webhook's token is right.
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

// authorized calls send with the login and, where that is refused, once more after logging in again. The last call counts.
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
