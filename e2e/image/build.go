package image

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// builder runs buildah, with a store of its own that is removed at the end.
type builder struct {
	dir      string
	env      []string
	progress func(string)
}

// build builds all targets, and writes what Image describes to dir/TARGET for each.
func build(ctx context.Context, root, dir string, progress func(string)) error {
	work, err := os.MkdirTemp(dir, "build-")
	if err != nil {
		return fmt.Errorf("building the images: %w", err)
	}
	defer func() { _ = os.RemoveAll(work) }()
	b := &builder{dir: work, progress: progress}
	if err := b.configure(); err != nil {
		return err
	}
	progress("image: making the bases")
	if err := b.bases(ctx); err != nil {
		return err
	}
	progress("image: building the Dockerfile's targets (a minute or two)")
	if err := b.dockerfile(ctx, root); err != nil {
		return err
	}
	for _, target := range targets {
		if err := b.export(ctx, target, filepath.Join(dir, target)); err != nil {
			return err
		}
	}
	return nil
}

// configure makes buildah write only below the builder's folder, and start no runtime but chroot. The driver vfs works on any
// file system. See containers-storage.conf(5) and buildah(1).
func (b *builder) configure() error {
	store := fmt.Sprintf("[storage]\ndriver = \"vfs\"\ngraphroot = %q\nrunroot = %q\n", b.dir+"/graph", b.dir+"/run")
	file := filepath.Join(b.dir, "storage.conf")
	if err := os.WriteFile(file, []byte(store), 0o644); err != nil {
		return fmt.Errorf("configuring buildah: %w", err)
	}
	b.env = append(os.Environ(), "CONTAINERS_STORAGE_CONF="+file, "TMPDIR="+b.dir, "BUILDAH_ISOLATION=chroot", "ENGINE=buildah",
		"IMAGE=localhost/"+name, "VERSION="+Version, "TARGETS="+strings.Join(targets, " "))
	return nil
}

// name is the images' name, before a target adds to it.
const name = "concourse-resource-endpoints"

func imageName(target string) string {
	if target == "resource-type" {
		return "localhost/" + name + ":" + Version
	}
	return "localhost/" + name + "-" + target + ":" + Version
}

// dockerfile runs build/image. It mounts Go itself and Go's caches, which already have the modules, so that the build needs no
// network and little time.
func (b *builder) dockerfile(ctx context.Context, root string) error {
	var goenv struct{ GOROOT, GOMODCACHE, GOCACHE string }
	out, err := b.run(ctx, "", "go", "env", "-json", "GOROOT", "GOMODCACHE", "GOCACHE")
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(out), &goenv); err != nil {
		return fmt.Errorf("reading what go env says: %w", err)
	}
	// This fetches the modules that are not in the cache yet.
	if _, err := b.run(ctx, root, "go", "list", "-deps", "-tags=lambda.norpc",
		"./build/pack", "./lambda/webhook", "./lambda/notification", "./resource-type", "./server", "./syncer"); err != nil {
		return err
	}
	_, err = b.run(ctx, root, filepath.Join(root, "build", "image"), "--pull-never",
		"--build-arg", "BASE_IMAGE="+baseImage, "--build-arg", "BUILDER_IMAGE="+builderImage,
		"--volume", goenv.GOROOT+":"+goRoot+":ro", "--volume", goenv.GOMODCACHE+":"+goModules, "--volume", goenv.GOCACHE+":"+goBuilds)
	return err
}

// export writes the image's files, its configuration, and the metadata of the resource type to dir.
func (b *builder) export(ctx context.Context, target, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("exporting the image: %w", err)
	}
	config, err := b.config(ctx, target)
	if err != nil {
		return err
	}
	container, err := b.run(ctx, "", "buildah", "from", "--pull-never", imageName(target))
	if err != nil {
		return err
	}
	mounted, err := b.run(ctx, "", "buildah", "mount", container)
	if err != nil {
		return err
	}
	rootfs := filepath.Join(dir, "rootfs.tgz")
	if _, err := b.run(ctx, "", "tar", "--numeric-owner", "-C", mounted, "-czf", rootfs, "."); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), config, 0o644); err != nil {
		return fmt.Errorf("exporting the image: %w", err)
	}
	if target != "resource-type" {
		return nil
	}
	return describe(dir)
}

// describe writes the metadata of the resource type for a worker, which unpacks the type again when its version changes.
func describe(dir string) error {
	sum, err := fileSum(filepath.Join(dir, "rootfs.tgz"))
	if err != nil {
		return err
	}
	metadata, err := json.Marshal(map[string]any{
		"type": name, "version": sum[:12], "privileged": false, "unique_version_history": false,
	})
	if err != nil {
		return fmt.Errorf("describing the image: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "resource_metadata.json"), metadata, 0o644); err != nil {
		return fmt.Errorf("describing the image: %w", err)
	}
	return nil
}

// config is the image's configuration: the object "config" of the OCI image configuration.
func (b *builder) config(ctx context.Context, target string) (json.RawMessage, error) {
	text, err := b.run(ctx, "", "buildah", "inspect", "--type", "image", imageName(target))
	if err != nil {
		return nil, err
	}
	var inspected struct {
		OCIv1 struct{ Config json.RawMessage }
	}
	if err := json.Unmarshal([]byte(text), &inspected); err != nil {
		return nil, fmt.Errorf("reading what buildah says of %s: %w", imageName(target), err)
	}
	return inspected.OCIv1.Config, nil
}

// run runs a command and returns its output, without the last newline. The error holds what the command printed.
func (b *builder) run(ctx context.Context, dir, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Env = dir, b.env
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("running %s: %w:\n%s%s", strings.Join(cmd.Args, " "), err, out.String(), log.String())
	}
	return strings.TrimSpace(out.String()), nil
}

// digest is the digest of everything that the images are made of: their sources, what builds them, and Go.
func digest(root string) (string, error) {
	h := sha256.New()
	_, _ = io.WriteString(h, runtime.Version())
	for _, source := range []string{
		"Dockerfile", ".dockerignore", "LICENSE", "go.mod", "go.sum", "build", "e2e/image",
		"internal", "lambda", "resource-type", "server", "syncer",
	} {
		err := filepath.WalkDir(filepath.Join(root, source), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || strings.HasSuffix(path, "_test.go") {
				return err
			}
			sum, err := fileSum(path)
			_, _ = fmt.Fprintln(h, path, sum)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("reading the images' sources: %w", err)
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}

func fileSum(path string) (string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("taking a digest: %w", err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(content)), nil
}
