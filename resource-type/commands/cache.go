package commands

import (
	"context"
	"os"
	"path/filepath"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/publish"
	"github.com/dpb587/concourse-resource-endpoints/internal/store"
)

// cacheFile keeps what the last check of a resource that only watches Concourse generated: in the check's container, where
// Concourse runs the next check too, for up to an hour
// (https://github.com/concourse/concourse/blob/master/atc/exec/check_step.go: ContainerOwnerExpiries). Then not every pipeline
// has to be read again. A cache that is missing or can't be kept costs time only, so its errors are left out.
func cacheFile(url string) store.File {
	return store.File(filepath.Join(os.TempDir(), "checks-"+shortHash(url)+".json"))
}

// cached is the config in the cache; nil where there is none.
func cached(ctx context.Context, file store.File) *config.Config {
	before, err := publish.Load(ctx, file)
	if err != nil {
		_ = os.Remove(string(file))
	}
	return before.Config
}

// keep puts a config into the cache.
func keep(ctx context.Context, file store.File, c *config.Config) {
	if before, err := publish.Load(ctx, file); err == nil {
		_, _ = before.Put(ctx, file, c)
	}
}
