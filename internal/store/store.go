// Package store keeps the config document: in a file, or as an object in S3. Readers see the old document or the new one,
// never a part of either, and a writer says which document it means to replace.
package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// ErrNotFound says that there is no document yet.
var ErrNotFound = errors.New("there is no config yet")

// ErrNotModified says that the document is still the one that the caller has.
var ErrNotModified = errors.New("the config is still the same")

// ErrConflict says that another writer replaced the document since it was read.
var ErrConflict = errors.New("the config was changed by somebody else in the meantime; run it again")

// Document is what a store holds.
type Document struct {
	Data []byte
	// Tag identifies Data within its store: an entity tag.
	Tag string
}

// Store is one place for one document. It is safe for use by several goroutines.
type Store interface {
	// Load reads the document. It fails with ErrNotFound where there is none, and with ErrNotModified where its tag is still
	// the given one ("" for none).
	Load(ctx context.Context, tag string) (Document, error)
	// Publish replaces the document whose tag is given, or makes the first one where the tag is "", and returns the new tag.
	// It fails with ErrConflict where the document is another by now, and then changes nothing.
	Publish(ctx context.Context, data []byte, tag string) (string, error)
	// String is the location, as errors and plans print it.
	String() string
}

// Open finds the store of a location: s3://BUCKET/KEY[?region=R&endpoint=URL], or a file's path. Nothing is read yet.
func Open(ctx context.Context, location string) (Store, error) {
	switch scheme, _, ok := strings.Cut(location, "://"); {
	case location == "":
		return nil, errors.New("no config location is given: a file's path, or s3://BUCKET/KEY")
	case scheme == "s3", strings.HasPrefix(location, "s3:"):
		return openS3(ctx, location)
	case !ok:
		return File(location), nil
	case scheme == "file":
		return File(strings.TrimPrefix(location, "file://")), nil
	default:
		return nil, fmt.Errorf("config location %q: %s:// is not known; give a file's path, or s3://BUCKET/KEY", location, scheme)
	}
}
