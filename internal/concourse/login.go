package concourse

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/panics"
)

// scopes are what fly asks for. Without federated:id, the ATC grants a token, but one with no role in any team.
const scopes = "openid profile email federated:id groups"

// logIn asks the ATC's issuer for an access token. For a user it does so as the client fly with the secret Zmx5, as fly does
// (https://github.com/concourse/concourse/blob/master/fly/commands/login.go); a client has its own id and secret. Every error
// is a *LoginError.
func (c *Client) logIn(ctx context.Context, credentials Credentials, now func() time.Time) (t token, err error) {
	defer func() {
		if err != nil {
			err = &LoginError{Name: credentials.name(), Err: err}
		}
	}()
	defer panics.Recover(&err) // this runs in a goroutine of its own
	form := url.Values{"scope": {scopes}}
	id, secret := "fly", "Zmx5"
	if credentials.ClientID != "" {
		form.Set("grant_type", "client_credentials")
		id, secret = credentials.ClientID, credentials.ClientSecret
	} else {
		form.Set("grant_type", "password")
		form.Set("username", credentials.Username)
		form.Set("password", credentials.Password)
	}
	return c.askToken(ctx, form, id, secret, now)
}

func (c *Client) askToken(ctx context.Context, form url.Values, id, secret string, now func() time.Time) (token, error) {
	const path = "/sky/issuer/token"
	req, err := c.request(ctx, path, nil, form.Encode())
	if err != nil {
		return token{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	// Both must be form-encoded in the header (RFC 6749, section 2.3.1).
	req.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret))
	asked := now()
	a, err := c.do(req)
	if err != nil {
		return token{}, err
	}
	if !a.ok() {
		return token{}, c.logInRefused(a, path, form.Get("grant_type"))
	}
	var body struct {
		AccessToken string  `json:"access_token"`
		ExpiresIn   float64 `json:"expires_in"` // seconds
	}
	// The decoder's error is dropped: it may quote the body, which may hold the token.
	if json.Unmarshal(a.body, &body) != nil || body.AccessToken == "" || !isBearer(body.AccessToken) {
		return token{}, &StatusError{Status: a.status, text: "the answer holds no access token: is this a Concourse's external URL?"}
	}
	return token{value: body.AccessToken, expires: expiry(asked, body.ExpiresIn)}, nil
}

// expiry is when to stop using a token: a minute before its end or, if that is later, after nine tenths of its life. It is zero
// where the ATC does not say.
func expiry(asked time.Time, seconds float64) time.Time {
	const century = 100 * 365 * 24 * 3600
	if !(seconds > 0 && seconds < century) {
		return time.Time{}
	}
	life := time.Duration(seconds * float64(time.Second))
	return asked.Add(life - min(time.Minute, life/10))
}

// isBearer reports whether s can be sent in a header.
func isBearer(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}

func (c *Client) logInRefused(a answer, path, grant string) error {
	e := c.statusError(a, "")
	switch code := oauthCode(a.body); {
	case e.text != "":
	case a.status == http.StatusNotFound:
		e.text = "there is no Concourse log in at " + c.base.JoinPath(path).Redacted() + " (404): is atc.url the external URL?"
	case a.status == http.StatusUnauthorized && grant == "password":
		e.text = "user or password refused"
	case a.status == http.StatusUnauthorized:
		e.text = "client id or secret refused"
	case code == "unsupported_grant_type" || code == "unauthorized_client":
		e.text = "this Concourse does not take a " + grant + " log in (" + code + "); " +
			"give it a local user or a client (--add-local-user, --add-client), or use webhook tokens"
	case code != "":
		e.text = "Concourse answered " + statusText(a.status) + ": " + code
	default:
		e.text = "Concourse answered " + statusText(a.status)
	}
	return e
}

// oauthCode is the error code of an answer (RFC 6749, sections 5.2 and 4.1.2.1). It is "" for a code that is not known, which
// might quote what was sent.
func oauthCode(body []byte) string {
	var fields struct {
		Error string `json:"error"`
	}
	known := []string{
		"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
		"invalid_scope", "access_denied", "server_error", "temporarily_unavailable",
	}
	if json.Unmarshal(body, &fields) == nil && slices.Contains(known, fields.Error) {
		return fields.Error
	}
	return ""
}

// LoginError says that logging in failed, so that no check can be asked for. Err is a *StatusError, a *TransportError or a
// *panics.Error.
type LoginError struct {
	// Name is the user's name, or client:ID.
	Name string
	Err  error
}

func (e *LoginError) Error() string {
	return "logging in to Concourse as " + e.Name + ": " + e.Err.Error()
}

func (e *LoginError) Unwrap() error { return e.Err }

// unauthorized reports whether the ATC refused the login.
func unauthorized(err error) bool {
	var status *StatusError
	return errors.As(err, &status) && status.Status == http.StatusUnauthorized
}
