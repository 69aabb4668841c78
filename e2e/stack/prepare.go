package stack

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Prepare runs e2e/prepare, which installs and builds what the stack needs: minutes the first time, a
// tenth of a second when nothing changed. dir is the e2e folder; its lines go to progress.
func Prepare(ctx context.Context, dir string, progress func(string)) error {
	cmd := exec.CommandContext(ctx, "./prepare")
	cmd.Dir = dir
	lines := &lineWriter{line: progress}
	cmd.Stdout, cmd.Stderr = lines, lines
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("running %s: %w", cmd.Path, err)
	}
	return nil
}

// CacheDir is where e2e/prepare leaves its results: $CRE_CACHE, else under the user's cache folder.
func CacheDir() string {
	if dir := os.Getenv("CRE_CACHE"); dir != "" {
		return dir
	}
	if dir := os.Getenv("XDG_CACHE_HOME"); dir != "" {
		return filepath.Join(dir, "concourse-resource-endpoints")
	}
	return filepath.Join(os.Getenv("HOME"), ".cache", "concourse-resource-endpoints")
}

// Program is the path of a program that e2e/prepare built: concourse, fly, versitygw or init.
// The error says what to run when it is missing.
func Program(name string) (string, error) {
	path := filepath.Join(CacheDir(), "bin", name)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("looking for %s: %w (run e2e/prepare)", name, err)
	}
	return path, nil
}

// firstExisting is the first of the patterns' matches, the last by name where one pattern has several
// (the highest version of /usr/lib/postgresql/*/bin).
func firstExisting(patterns ...string) (string, bool) {
	for _, pattern := range patterns {
		if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 {
			return found[len(found)-1], true
		}
	}
	return "", false
}
