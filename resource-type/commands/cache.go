package commands

import (
	"context"
	"os"
	"path/filepath"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/publish"
	"github.com/dpb587/concourse-resource-endpoints/internal/store"
)

// cacheFile keeps the config that the last check generated, for a resource without a published config, so that the next check
// need not read every pipeline again. The file is in the check's container, which Concourse uses for up to an hour
// (https://github.com/concourse/concourse/blob/master/atc/exec/check_step.go: ContainerOwnerExpiries). Errors are ignored, since
// a missing cache only costs time.
func cacheFile(url string) store.File {
	return store.File(filepath.Join(os.TempDir(), "checks-"+shortHash(url)+".json"))
}

// cached is the config in the cache; nil if there is none.
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
