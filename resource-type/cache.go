package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/store"
)

// cache is the store of checks of a resource that only watches Concourse: a file of the check's container, in which Concourse
// runs the next check too, for up to an hour (atc/exec/check_step.go: ContainerOwnerExpiries). So these need not read every
// pipeline either. What is not there, or can't be read or kept, only costs time.
type cache struct{ store.File }

func newCache(url string) cache {
	return cache{store.File(filepath.Join(os.TempDir(), "checks-"+shortHash(url)+".json"))}
}

// Load reads the document; there is none where it is not one that is whole.
func (c cache) Load(ctx context.Context, tag string) (store.Document, error) {
	document, err := c.File.Load(ctx, tag)
	if err == nil {
		_, err = config.Parse(document.Data)
	}
	if err != nil {
		return store.Document{}, store.ErrNotFound
	}
	return document, nil
}

// Publish keeps the document where it can.
func (c cache) Publish(_ context.Context, data []byte, _ string) (string, error) {
	ctx := context.Background()
	old, err := c.File.Load(ctx, "")
	if err != nil {
		old.Tag = ""
	}
	tag, _ := c.File.Publish(ctx, data, old.Tag)
	return tag, nil
}
