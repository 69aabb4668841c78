// Package image builds the project's images as users do, with build/image, the Dockerfile and buildah. It makes the base images
// from this machine's busybox, certificate authorities and Go, so that no registry is needed. The worker of package stack uses the
// result as a base resource type, and as the image of tasks.
package image

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/dpb587/concourse-resource-endpoints/e2e/stack"
)

// Version is the images' tag and version label.
const Version = "0.0.0-e2e"

// Image is a target of the Dockerfile, built.
type Image struct {
	// Dir holds rootfs.tgz, with all files of the image. For the target resource-type it also holds resource_metadata.json, as
	// stack.Options.ResourceTypes needs it for a base resource type.
	Dir string
	// Config says how to run the image.
	Config Config
}

// Config is the part of the image's configuration that matters here. See
// https://github.com/opencontainers/image-spec/blob/main/config.md.
type Config struct {
	User       string
	Env        []string
	Entrypoint []string
	Cmd        []string
	Labels     map[string]string
}

// Images are the images by target: resource-type and server.
type Images map[string]Image

var targets = []string{"resource-type", "server"}

// CanBuild says why images can't be built here; nil if they can.
func CanBuild() error {
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		return errors.New("building an image needs Linux and root")
	}
	if _, err := exec.LookPath("buildah"); err != nil {
		return fmt.Errorf("building an image: %w (run e2e/prepare)", err)
	}
	return nil
}

// Build builds the images of the main module in the folder root, unless images of the same sources are in the cache that
// e2e/prepare uses. It takes a minute or two, and reports its steps to progress.
func Build(ctx context.Context, root string, progress func(string)) (Images, error) {
	sources, err := digest(root)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(stack.CacheDir(), "image")
	unlock, err := lock(dir)
	if err != nil {
		return nil, err
	}
	defer unlock()
	stamp := filepath.Join(dir, "sources")
	if built, err := os.ReadFile(stamp); err != nil || string(built) != sources {
		if err := os.RemoveAll(stamp); err != nil {
			return nil, fmt.Errorf("building the images: %w", err)
		}
		if err := build(ctx, root, dir, progress); err != nil {
			return nil, err
		}
		if err := os.WriteFile(stamp, []byte(sources), 0o644); err != nil {
			return nil, fmt.Errorf("building the images: %w", err)
		}
	}
	images := Images{}
	for _, target := range targets {
		if images[target], err = load(filepath.Join(dir, target)); err != nil {
			return nil, err
		}
	}
	return images, nil
}

// Unpack extracts the image's files into dir, which it makes.
func (i Image) Unpack(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("unpacking the image: %w", err)
	}
	cmd := exec.CommandContext(ctx, "tar", "-xzpf", filepath.Join(i.Dir, "rootfs.tgz"), "-C", dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("unpacking the image into %s: %w: %s", dir, err, out)
	}
	return nil
}

func load(dir string) (Image, error) {
	text, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err != nil {
		return Image{}, fmt.Errorf("reading the image's configuration: %w", err)
	}
	i := Image{Dir: dir}
	if err := json.Unmarshal(text, &i.Config); err != nil {
		return Image{}, fmt.Errorf("reading the image's configuration: %w", err)
	}
	return i, nil
}
