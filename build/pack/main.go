// Pack makes what is released, without a container engine: the zips of the Lambda functions, and the resource type as a
// Concourse worker's base resource type. It is run in the main module's folder. The same sources, by the same Go, give the
// same bytes.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

type cli struct {
	Lambda lambdaCommand `cmd:"" help:"Make the zips of the Lambda functions, NAME-ARCH.zip."`
	Rootfs rootfsCommand `cmd:"" help:"Make a base resource type for a worker: rootfs.tgz and resource_metadata.json."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	parsed := kong.Parse(&c, kong.Name("pack"),
		kong.Vars{"arch": runtime.GOARCH}, kong.BindTo(ctx, (*context.Context)(nil)))
	parsed.FatalIfErrorf(parsed.Run())
}

// program is a package to compile for Linux, static and without what names the machine that it is built on.
type program struct {
	pkg, arch string
	tags      string
}

// compile writes the program to path.
func compile(ctx context.Context, p program, path string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-tags="+p.tags, "-o", path, p.pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+p.arch)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("compiling %s for linux/%s: %w", p.pkg, p.arch, err)
	}
	return nil
}

// scratch is a folder to compile into, and what removes it.
func scratch() (string, func(), error) {
	dir, err := os.MkdirTemp("", "pack-")
	if err != nil {
		return "", nil, fmt.Errorf("making a folder to compile into: %w", err)
	}
	return dir, func() { _ = os.RemoveAll(dir) }, nil
}

// write replaces the file at path, whole or not at all, and says so.
func write(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("making the folder of %s: %w", path, err)
	}
	if err := os.WriteFile(path+".new", content, 0o644); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("putting %s in its place: %w", path, err)
	}
	fmt.Fprintf(os.Stderr, "pack: %s (%.1f MiB)\n", strings.TrimPrefix(path, "./"), float64(len(content))/(1<<20))
	return nil
}
