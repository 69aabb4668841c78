// Pack builds the release files without a container engine: the zips of the Lambda functions, and the resource type as a base
// resource type for Concourse workers. Run it in the main module's folder. The same sources and Go version give the same bytes.
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
	Lambda  lambdaCommand  `cmd:"" help:"Build the zips of the Lambda functions, NAME-ARCH.zip."`
	Rootfs  rootfsCommand  `cmd:"" help:"Build a base resource type for a worker: rootfs.tgz and resource_metadata.json."`
	Notices noticesCommand `cmd:"" help:"Collect the licenses and notices of what the programs are built from."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	parsed := kong.Parse(&c, kong.Name("pack"),
		kong.Vars{"arch": runtime.GOARCH}, kong.BindTo(ctx, (*context.Context)(nil)))
	parsed.FatalIfErrorf(parsed.Run())
}

// compile writes a package's program to path: for Linux, linked statically, and without the build machine's paths.
func compile(ctx context.Context, pkg, arch, tags, path string) error {
	_, err := goCommand(ctx, arch, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-tags="+tags, "-o", path, pkg)
	if err != nil {
		return fmt.Errorf("compiling %s for linux/%s: %w", pkg, arch, err)
	}
	return nil
}

// goCommand runs Go for Linux and an architecture, and returns its output.
func goCommand(ctx context.Context, arch string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	cmd.Stderr = os.Stderr
	return cmd.Output()
}

// scratch makes a folder to compile into, and returns a function that removes it.
func scratch() (string, func(), error) {
	dir, err := os.MkdirTemp("", "pack-")
	if err != nil {
		return "", nil, fmt.Errorf("making a folder to compile into: %w", err)
	}
	return dir, func() { _ = os.RemoveAll(dir) }, nil
}

// write replaces the file at path as a whole, and prints its name and size.
func write(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("making the folder of %s: %w", path, err)
	}
	if err := os.WriteFile(path+".new", content, 0o644); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("renaming %s.new: %w", path, err)
	}
	fmt.Fprintf(os.Stderr, "pack: %s (%.1f MiB)\n", strings.TrimPrefix(path, "./"), float64(len(content))/(1<<20))
	return nil
}
