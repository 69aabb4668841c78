package concourse

import (
	"context"
	"sync"
	"time"
)

// login is the credentials of the moment. They are looked up again when the ATC refuses them.
type login struct {
	renew func(context.Context) (Credentials, error)
	now   func() time.Time

	mu      sync.Mutex
	current Credentials
	looked  time.Time
}

// again looks the credentials up once for all who were refused used, and no more often than each refusalMemory. It reports
// whether the credentials are others now.
func (l *login) again(ctx context.Context, used Credentials) (Credentials, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.current == used && l.renew != nil && l.now().Sub(l.looked) >= refusalMemory {
		l.looked = l.now()
		// Where the look-up fails, the refusal says more than its error.
		if fresh, err := l.renew(ctx); err == nil && fresh.Validate() == nil {
			l.current = fresh
		}
	}
	return l.current, l.current != used
}

func (l *login) credentials() Credentials {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.current
}

// logInOrRenew logs in and, where the ATC refuses the credentials, once more at once if they have changed since.
func (c *Client) logInOrRenew(ctx context.Context) (token, error) {
	used := c.login.credentials()
	t, err := c.logIn(ctx, used, c.login.now)
	if !unauthorized(err) {
		return t, err
	}
	fresh, changed := c.login.again(ctx, used)
	if !changed {
		return t, err
	}
	c.redact.add(fresh.secrets()...)
	return c.logIn(ctx, fresh, c.login.now)
}

// renewed is the authorization that replaces a refused bearer token; "" where it has not changed.
func (c *Client) renewed(ctx context.Context, refused string) string {
	used := c.login.credentials()
	if used.Token == "" {
		return ""
	}
	if now := "Bearer " + used.Token; now != refused { // another request was refused before this one
		return now
	}
	fresh, changed := c.login.again(ctx, used)
	if !changed || fresh.Token == "" {
		return ""
	}
	c.redact.add(fresh.secrets()...)
	c.setStatic("Bearer " + fresh.Token)
	return "Bearer " + fresh.Token
}
