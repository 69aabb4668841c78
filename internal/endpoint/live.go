package endpoint

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/receiver"
	"github.com/dpb587/concourse-resource-endpoints/internal/store"
)

// live keeps the config current: it looks at the store again where what it has is older than refresh, on behalf of the
// delivery that comes then, since a Lambda does nothing between deliveries.
type live struct {
	store   store.Store
	refresh time.Duration
	build   func(context.Context, *config.Config) (*receiver.Current, error)
	// secrets looks up the providers' secrets, of which the document may hold one.
	secrets func(ctx context.Context, documents string) (map[string][]string, error)
	logger  *slog.Logger

	mu      sync.Mutex
	tag     string
	secret  string // the document's
	have    *receiver.Current
	checked time.Time
	// loading is held by the one delivery that looks; the others go on with what is there.
	loading sync.Mutex
}

// patience is how long a delivery waits for a look at the store, before the last good config serves it.
const patience = 5 * time.Second

// current is what there is, after a look at the store where it is time for one. Where that fails, the last good config
// serves on.
func (l *live) current(ctx context.Context) (*receiver.Current, error) {
	l.mu.Lock()
	have, due := l.have, time.Since(l.checked) >= l.refresh
	l.mu.Unlock()
	if !due || !l.loading.TryLock() {
		return have, nil
	}
	defer l.loading.Unlock()
	hasty, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	now, err := l.load(hasty)
	if err != nil {
		l.logger.ErrorContext(ctx, "the config could not be refreshed; the last good one serves on", "config", l.store.String(), "error", err)
		return have, nil
	}
	return now, nil
}

// load reads the document where it changed. One that is invalid never replaces a good one.
func (l *live) load(ctx context.Context) (*receiver.Current, error) {
	l.mu.Lock()
	tag := l.tag
	l.checked = time.Now()
	l.mu.Unlock()
	document, err := l.store.Load(ctx, tag)
	if errors.Is(err, store.ErrNotModified) {
		return l.renew(ctx)
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("%w; `syncer sync --config %s` publishes one", err, l.store)
	}
	if err != nil {
		return nil, err
	}
	c, err := config.Parse(document.Data)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", l.store, err)
	}
	now, err := l.build(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", l.store, err)
	}
	l.mu.Lock()
	l.tag, l.secret, l.have = document.Tag, c.Secret, now
	l.mu.Unlock()
	l.logger.InfoContext(ctx, "config loaded", "config", l.store.String(), "checks", now.Matcher.Len(), "digest", c.Digest)
	return now, nil
}

// renew looks the secrets up again where the document is the same, so that one that was rotated behind its reference counts
// without a new document.
func (l *live) renew(ctx context.Context) (*receiver.Current, error) {
	l.mu.Lock()
	now, documents := *l.have, l.secret
	l.mu.Unlock()
	var err error
	if now.Secrets, err = l.secrets(ctx, documents); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.have = &now
	return l.have, nil
}
