package secret

import (
	"cmp"
	"context"
	"sync"
	"time"
)

// Cache keeps the values of references for a while: Systems Manager and Secrets Manager limit how often they are asked, and
// Secrets Manager bills it. It is safe for use by several goroutines.
type Cache struct {
	Resolver *Resolver
	// TTL is how long a value is kept, even if it was rotated; 5 minutes where 0.
	TTL time.Duration

	mu     sync.Mutex
	values map[string]cached
}

type cached struct {
	value string
	until time.Time
}

// Fresh is Resolve, but looks the reference up now, and keeps what it finds.
func (c *Cache) Fresh(ctx context.Context, ref string) (value string, literal bool, err error) {
	c.mu.Lock()
	delete(c.values, ref)
	c.mu.Unlock()
	return c.Resolve(ctx, ref)
}

// Resolve is Resolver.Resolve. Errors are not kept.
func (c *Cache) Resolve(ctx context.Context, ref string) (value string, literal bool, err error) {
	if !IsReference(ref) {
		return c.Resolver.Resolve(ctx, ref)
	}
	now := time.Now()
	c.mu.Lock()
	kept, ok := c.values[ref]
	c.mu.Unlock()
	if ok && now.Before(kept.until) {
		return kept.value, false, nil
	}
	// Without the lock, so that one slow reference does not hold up the others. To ask twice does no harm.
	if value, literal, err = c.Resolver.Resolve(ctx, ref); err != nil {
		return "", literal, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.values == nil {
		c.values = make(map[string]cached)
	}
	c.values[ref] = cached{value, now.Add(cmp.Or(c.TTL, 5*time.Minute))}
	return value, literal, nil
}
