package concourse

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"strconv"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
)

// shallow asks for a check of the resource alone: its custom types, if any, are checked at their own intervals.
const shallow = `{"shallow":true}`

// Build is the check that the ATC made.
type Build struct {
	ID int
	// URL is its page in Concourse's web UI.
	URL string
}

// Check asks for one check of a resource. With a login, it posts to the resource's check; the login needs the
// pipeline-operator role in the team. Without a login, it posts to the resource's webhook, with webhookToken. The ATC took the
// check where it answers with the build that it made, which says nothing of what the check will find. An error names the resource
// and wraps a *StatusError (an answer other than that), a *TransportError (no answer) or a *LoginError.
func (c *Client) Check(ctx context.Context, ref config.Ref, webhookToken string) (build Build, err error) {
	if err := ref.Validate(); err != nil {
		return Build{}, fmt.Errorf("asking %s to check: %w", ref, err)
	}
	switch {
	case c.HasLogin():
		err = c.authorized(ctx, func(authorization string) (refused bool, err error) {
			build, err = c.postCheck(ctx, ref, "/check", ref.Query(), authorization, "")
			return unauthorized(err), err
		})
	case webhookToken != "":
		// No authorization is sent: the ATC refuses a bad one even where the webhook's token is right.
		query := url.Values{"webhook_token": {webhookToken}}
		maps.Copy(query, ref.Query())
		build, err = c.postCheck(ctx, ref, "/check/webhook", query, "", webhookToken)
	default:
		build, err = c.postCheck(ctx, ref, "/check", ref.Query(), "", "")
	}
	if err != nil {
		return Build{}, fmt.Errorf("asking %s to check: %w", ref, err)
	}
	return build, nil
}

// authorized calls send with the login and, where that is refused, once more after logging in again. The last call counts.
func (c *Client) authorized(ctx context.Context, send func(authorization string) (refused bool, err error)) error {
	if static := c.static.Load(); static != nil {
		refused, err := send(*static)
		if !refused {
			return err
		}
		if fresh := c.renewed(ctx, *static); fresh != "" {
			_, err = send(fresh)
			return err
		}
		if c.session == nil {
			return err
		}
		c.static.Store(nil) // the session replaces it
	}
	if c.session == nil {
		_, err := send("")
		return err
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

func (c *Client) postCheck(ctx context.Context, ref config.Ref, endpoint string, query url.Values, authorization, webhookToken string) (Build, error) {
	path := ref.APIPath() + endpoint
	req, err := c.request(ctx, path, query, shallow)
	if err != nil {
		return Build{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	a, err := c.do(req, webhookToken)
	if err != nil {
		return Build{}, err
	}
	if id := a.build(); id > 0 {
		return Build{ID: id, URL: c.base.JoinPath("builds", strconv.Itoa(id)).String()}, nil
	}
	e := c.statusError(a, webhookToken)
	e.Webhook, e.Anonymous = webhookToken != "", webhookToken == "" && authorization == ""
	switch hint := c.hint(a.status, ref, e.Webhook); {
	case e.text != "":
	case a.status < 300:
		e.text = "Concourse's URL answers " + statusText(a.status) + " without the build that a check makes: does a proxy answer in its place?"
	case !a.concourse:
		e.text = "Concourse's URL answers " + statusText(a.status) + ", but not Concourse itself (there is no " + versionHeader + " header): " +
			"is it restarting, or is a proxy in front of it that drops the header?"
	case hint != "":
		e.text = "Concourse answered " + statusText(a.status) + ": " + hint
	default:
		e.text = "Concourse answered " + statusText(a.status)
	}
	return Build{}, e
}
