// Package live keeps an endpoint's config current. It stands beside the way of a delivery (provider, event, match, notify):
// the receiver asks it, at each delivery, for what to match and notify with.
package live

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/panics"
	"github.com/dpb587/concourse-resource-endpoints/internal/receiver"
	"github.com/dpb587/concourse-resource-endpoints/internal/store"
)

// lookTimeout is how long a delivery waits for a look at the store, before the last good config serves it.
const lookTimeout = 5 * time.Second

// Config is a store's config, ready for use and kept current. Load must succeed once before Current is called. It is safe
// for use by several goroutines.
type Config struct {
	Store store.Loader
	// Refresh is how old the config may get before the next delivery looks at the store. Nothing looks in the background: a
	// Lambda does not run between deliveries.
	Refresh time.Duration
	// Build makes a document ready for use, all but the secrets.
	Build func(context.Context, *config.Config) (*receiver.Current, error)
	// Secrets finds the providers' secrets; fromConfig is the one in the document. It is called at every look, so that a secret
	// that was rotated behind its reference counts without a new document.
	Secrets func(ctx context.Context, fromConfig string) (map[string][]string, error)
	Logger  *slog.Logger

	have atomic.Pointer[receiver.Current]

	// looking is held during a look, and guards the fields below.
	looking     sync.Mutex
	looked      time.Time
	tag, secret string // the document's
}

// Current is the config to serve a delivery with. First it looks at the store, if it is time for that and no other delivery
// does. If the look fails, the last good config serves on, so there is never an error.
func (c *Config) Current(ctx context.Context) (*receiver.Current, error) {
	if !c.looking.TryLock() {
		return c.have.Load(), nil
	}
	defer c.looking.Unlock()
	if time.Since(c.looked) < c.Refresh {
		return c.have.Load(), nil
	}
	lookCtx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	if err := c.look(lookCtx); err != nil {
		attrs := append(panics.Attrs(err), slog.String("config", c.Store.String()), slog.String("error", err.Error()))
		c.Logger.LogAttrs(ctx, slog.LevelError, "the config could not be refreshed; the last good one serves on", attrs...)
	}
	return c.have.Load(), nil
}

// Have is the config of this moment, without a look at the store.
func (c *Config) Have() *receiver.Current { return c.have.Load() }

// Load looks at the store now, however old the config is, and gives what serves from then on. With an error, that is the last
// good config, or nil if there was none.
func (c *Config) Load(ctx context.Context) (*receiver.Current, error) {
	c.looking.Lock()
	defer c.looking.Unlock()
	err := c.look(ctx)
	return c.have.Load(), err
}

// look takes what the store has. A document that is invalid, or that makes it panic, does not replace a good one.
func (c *Config) look(ctx context.Context) (err error) {
	defer panics.Recover(&err)
	c.looked = time.Now()
	document, err := c.Store.Load(ctx, c.tag)
	switch {
	case errors.Is(err, store.ErrNotModified):
		return c.serve(ctx, *c.have.Load(), c.secret)
	case errors.Is(err, store.ErrNotFound):
		return fmt.Errorf("%w; `syncer sync --config %s` publishes one", err, c.Store)
	case err != nil:
		return err
	}
	if err := c.replace(ctx, document); err != nil {
		return fmt.Errorf("reading %s: %w", c.Store, err)
	}
	return nil
}

// serve finds the secrets, and serves now with them from then on.
func (c *Config) serve(ctx context.Context, now receiver.Current, fromConfig string) (err error) {
	if now.Secrets, err = c.Secrets(ctx, fromConfig); err == nil {
		c.have.Store(&now)
	}
	return err
}

// replace takes a new document.
func (c *Config) replace(ctx context.Context, document store.Document) error {
	parsed, err := config.Parse(document.Data)
	if err != nil {
		return err
	}
	now, err := c.Build(ctx, parsed)
	if err != nil {
		return err
	}
	if err := c.serve(ctx, *now, parsed.Secret); err != nil {
		return err
	}
	c.tag, c.secret = document.Tag, parsed.Secret
	c.Logger.InfoContext(ctx, "config loaded", "config", c.Store.String(), "checks", now.Matcher.Len(), "digest", parsed.Digest)
	return nil
}
