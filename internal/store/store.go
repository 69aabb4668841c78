// Package store keeps the config document between the two flows: a sync publishes it, in a file or as an object in S3, and the
// endpoints load it. Readers see the whole old document or the whole new one, and a writer says which document it replaces.
package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ErrNotFound says that there is no document yet.
var ErrNotFound = errors.New("there is no config yet")

// ErrNotModified says that the caller already has the current document.
var ErrNotModified = errors.New("the config is still the same")

// ErrConflict says that another writer replaced the document after it was read.
var ErrConflict = errors.New("somebody else changed the config in the meantime; run the sync again")

// maxDocument is the size limit for a document, in bytes: about thirty times the config of five thousand pipelines.
const maxDocument = 256 << 20

// ErrTooLarge says that a document is larger than any config.
var ErrTooLarge = fmt.Errorf("is larger than %d MiB", maxDocument>>20)

func tooLarge(of fmt.Stringer) error {
	return fmt.Errorf("%s %w; is it the right one?", of, ErrTooLarge)
}

// readDocument reads a whole document, if it is not too large.
func readDocument(from io.Reader, of fmt.Stringer) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(from, maxDocument+1))
	if err == nil && len(data) > maxDocument {
		err = tooLarge(of)
	}
	return data, err
}

// Document is what a store holds.
type Document struct {
	Data []byte
	// Tag identifies this version of Data in its store, like an HTTP entity tag.
	Tag string
}

// Loader reads one document. It is safe for use by several goroutines.
type Loader interface {
	// Load reads the document. It fails with ErrNotFound if there is none, and with ErrNotModified if it still has the given
	// tag ("" for none).
	Load(ctx context.Context, tag string) (Document, error)
	// String is the location, as errors and plans print it.
	String() string
}

// Store is one place for one document. It is safe for use by several goroutines.
type Store interface {
	Loader
	// Publish replaces the document that has the given tag, or creates the first one if the tag is "", and returns the new tag.
	// If the current document has another tag, it fails with ErrConflict and changes nothing.
	Publish(ctx context.Context, data []byte, tag string) (string, error)
}

// Parse reads a location: s3://BUCKET/KEY[?region=R&endpoint=URL], or a file's path. For a file, object is nil.
func Parse(location string) (file File, object *S3Location, err error) {
	switch scheme, _, ok := strings.Cut(location, "://"); {
	case location == "":
		return "", nil, errors.New("no config location is given: give a file's path, or s3://BUCKET/KEY")
	case strings.HasPrefix(strings.ToLower(location), "s3:"):
		l, err := ParseS3(location)
		if err != nil {
			return "", nil, fmt.Errorf("config location: %w", err)
		}
		return "", &l, nil
	case !ok:
		return File(location), nil, nil
	case scheme == "file":
		return File(strings.TrimPrefix(location, "file://")), nil, nil
	default: // it may hold a password or a signature, so do not quote it
		return "", nil, errors.New("config location: this kind of URL is not known; give a file's path, or s3://BUCKET/KEY")
	}
}
