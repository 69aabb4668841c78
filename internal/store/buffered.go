package store

import (
	"context"
	"errors"
	"io/fs"
	"sync"
)

// Buffered is a store whose document serves on in memory while it can't be written, as on a full disk. Each look tries again to write
// it.
type Buffered struct {
	Store

	mu        sync.Mutex
	unwritten []byte // nil if the store has the document
	replaces  string // the tag of the document that unwritten is to replace
	err       error  // why it is not written
}

var _ Store = (*Buffered)(nil)

// Load reads the document, which may be in memory.
func (b *Buffered) Load(ctx context.Context, tag string) (Document, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.unwritten != nil {
		_, _ = b.write(ctx, b.unwritten, b.replaces)
	}
	if b.unwritten == nil {
		return b.Store.Load(ctx, tag)
	}
	d := Document{Data: b.unwritten, Tag: contentTag(b.unwritten)}
	if d.Tag == tag {
		return Document{}, ErrNotModified
	}
	return d, nil
}

// Publish writes the document. If that fails, it keeps it in memory, and Unwritten says why. It fails only for a conflict, and if there
// is no place for the document.
func (b *Buffered) Publish(ctx context.Context, data []byte, tag string) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	replaces := tag
	if b.unwritten != nil {
		if tag != contentTag(b.unwritten) {
			return "", ErrConflict
		}
		replaces = b.replaces
	}
	return b.write(ctx, data, replaces)
}

func (b *Buffered) write(ctx context.Context, data []byte, replaces string) (string, error) {
	tag, err := b.Store.Publish(ctx, data, replaces)
	if err == nil || errors.Is(err, ErrConflict) || errors.Is(err, fs.ErrNotExist) { // somebody else's document counts
		b.unwritten, b.err = nil, nil
		return tag, err
	}
	b.unwritten, b.replaces, b.err = data, replaces, err
	return contentTag(data), nil
}

// Unwritten says why the document is in memory only; nil if it is not.
func (b *Buffered) Unwritten() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}
