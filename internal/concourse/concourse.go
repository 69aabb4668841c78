// Package concourse is the last step of a delivery, after notify: it asks the ATC to check one resource, and logs in for
// that.
//
// It is small on purpose, because it is part of every Lambda: it speaks to the ATC's API with net/http alone. The syncer
// reads pipelines with go-concourse, in another package.
//
// What is said here of the ATC was measured on 7.14.2 and read in its source up to 8.2.
package concourse

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
)

// Options are what a client needs to know.
type Options struct {
	// URL is the ATC's external URL, with a path where it has one: the config's atc.url.
	URL string
	// Headers go with every request: the config's atc.headers, with references resolved. An authorization header is the login
	// where Credentials gives none. It is sent as it stands; if the ATC refuses a Basic one, as all do since version 4, the
	// client logs in with its user and password.
	Headers map[string]string
	// Credentials are the login. Without any, checks are asked for with their webhook tokens.
	Credentials Credentials
	// Renew looks the credentials up again, after the ATC refused them: a password may have been rotated behind its reference.
	// Nil where they can't change.
	Renew func(context.Context) (Credentials, error)
	// CACert is one or more certificates in PEM, trusted besides the system's.
	CACert []byte
	// Insecure leaves the ATC's certificate unverified.
	Insecure bool
	// HTTPClient replaces the client that CACert and Insecure describe. Its redirect policy is not used.
	HTTPClient *http.Client
	// Now is the clock that tells when a login expires; time.Now where nil.
	Now func() time.Time
}

// Client asks one ATC. It is safe for use by several goroutines.
type Client struct {
	base   *url.URL
	header http.Header // of every request, without Authorization
	http   *http.Client
	redact redactor

	kind    loginKind
	static  atomic.Pointer[string] // an Authorization that is sent as it stands
	session *session               // nil where there is nothing to log in with
	login   login
}

// loginKind is how requests are authorized, for the words of an error.
type loginKind int

const (
	noLogin     loginKind = iota
	userLogin             // a log in as a user or client
	tokenLogin            // a bearer token that was given
	headerLogin           // an authorization header that was configured
)

// New checks the options and makes a client. It sends nothing: the first check that needs it logs in.
func New(o Options) (*Client, error) {
	base, err := config.ParseURL(strings.TrimSpace(o.URL))
	if err != nil {
		return nil, fmt.Errorf("the Concourse's URL %w", err)
	}
	if err := o.Credentials.Validate(); err != nil {
		return nil, fmt.Errorf("the Concourse login: %w", err)
	}
	header, authorization, err := parseHeaders(o.Headers)
	if err != nil {
		return nil, err
	}
	c := &Client{base: base, header: header, login: login{renew: o.Renew}}
	if c.http, err = httpClient(o); err != nil {
		return nil, err
	}
	now := o.Now
	if now == nil {
		now = time.Now
	}
	c.setLogin(o.Credentials, authorization, now)
	c.redact.add(o.Credentials.secrets()...)
	for _, values := range header {
		c.redact.add(values...)
	}
	c.redact.add(authorization)
	if header.Get("User-Agent") == "" {
		header.Set("User-Agent", "concourse-resource-endpoints")
	}
	return c, nil
}

// HasLogin reports whether checks are asked for with a login, so that no webhook token is needed.
func (c *Client) HasLogin() bool { return c.kind != noLogin }

// LogIn logs in now, if there is something to log in with, so that a program can refuse to start with a wrong password.
func (c *Client) LogIn(ctx context.Context) error {
	if c.session == nil || c.static.Load() != nil {
		return nil
	}
	_, err := c.session.token(ctx, "")
	return err
}

func (c *Client) setLogin(credentials Credentials, authorization string, now func() time.Time) {
	c.login.now, c.login.current = now, credentials
	switch {
	case credentials.Token != "":
		c.kind = tokenLogin
		c.setStatic("Bearer " + credentials.Token)
		return
	case !credentials.isZero():
		c.kind = userLogin
	case authorization != "":
		c.kind, c.login.renew = headerLogin, nil
		c.setStatic(authorization)
		var basic bool
		if c.login.current, basic = parseBasic(authorization); !basic {
			return
		}
		c.redact.add(c.login.current.secrets()...)
	default:
		return
	}
	c.session = &session{now: now, logIn: c.logInOrRenew}
}

func (c *Client) setStatic(authorization string) { c.static.Store(&authorization) }

// parseHeaders separates the authorization header from the others. Blanks around a value, such as the end of a file's last
// line, are dropped.
func parseHeaders(headers map[string]string) (header http.Header, authorization string, err error) {
	header = make(http.Header, len(headers))
	for name, value := range headers {
		value = strings.TrimSpace(value)
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return nil, "", fmt.Errorf("the value of the Concourse's header %q holds a line break or control character", name)
		}
		if !isToken(name) {
			return nil, "", fmt.Errorf("the Concourse's header %q is not a header's name", name)
		}
		switch name = http.CanonicalHeaderKey(name); name {
		case "Authorization":
			authorization = value
		case "Host": // proxies choose by it where a request goes, and so whoever writes the config would choose who gets the login
			return nil, "", errors.New("the Concourse's header Host is not taken: requests go to the host of the Concourse's URL")
		case "Content-Type", "Content-Length", "Transfer-Encoding":
			// These depend on the request.
		default:
			header.Set(name, value)
		}
	}
	return header, authorization, nil
}

// isToken reports whether s can be the name of a header (RFC 9110, section 5.6.2).
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// parseBasic gives the user and password of a Basic authorization.
func parseBasic(authorization string) (Credentials, bool) {
	scheme, encoded, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return Credentials{}, false
	}
	plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil {
		return Credentials{}, false
	}
	user, password, _ := strings.Cut(string(plain), ":")
	c := Credentials{Username: user, Password: password}
	return c, c.Validate() == nil && !c.isZero()
}
