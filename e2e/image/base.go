package image

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The base images: the final one has what the Dockerfile needs; the builder's also has a folder for Go.
const (
	baseImage    = "localhost/base:e2e"
	builderImage = "localhost/builder:e2e"

	goRoot    = "/usr/local/go"
	goModules = "/go/modules"
	goBuilds  = "/go/builds"
)

// bases makes both base images from one tree of files.
func (b *builder) bases(ctx context.Context) error {
	tree := filepath.Join(b.dir, "tree")
	if err := baseTree(tree); err != nil {
		return fmt.Errorf("making the base's files: %w", err)
	}
	container, err := b.run(ctx, "", "buildah", "from", "scratch")
	if err != nil {
		return err
	}
	const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	for _, args := range [][]string{
		{"copy", container, tree, "/"},
		{"config", "--env", "PATH=" + path, container},
		{"commit", container, baseImage},
		{
			"config", "--env", "PATH=" + goRoot + "/bin:" + path, "--env", "GOMODCACHE=" + goModules, "--env", "GOCACHE=" + goBuilds,
			"--env", "GOPROXY=off", "--env", "GOTOOLCHAIN=local", container,
		},
		{"commit", container, builderImage},
		{"rm", container},
	} {
		if _, err := b.run(ctx, "", "buildah", args...); err != nil {
			return err
		}
	}
	return nil
}

// baseTree makes the smallest system: busybox's tools, certificate authorities, the user root and a folder for temporary files.
func baseTree(dir string) error {
	for _, name := range []string{"bin", "etc/ssl/certs", "root", "tmp", "usr/local/bin"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			return err
		}
	}
	if err := os.Chmod(filepath.Join(dir, "tmp"), 0o777|os.ModeSticky); err != nil {
		return err
	}
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		return err
	}
	if err := copyFile(busybox, filepath.Join(dir, "bin/busybox"), 0o755); err != nil {
		return err
	}
	for applet := range strings.FieldsSeq("sh cat cp echo env id ls ln mkdir mv rm sed sleep test") {
		if err := os.Symlink("busybox", filepath.Join(dir, "bin", applet)); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "etc/passwd"), []byte("root:x:0:0:root:/root:/bin/sh\n"), 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "etc/group"), []byte("root:x:0:\n"), 0o644); err != nil {
		return err
	}
	const authorities = "etc/ssl/certs/ca-certificates.crt"
	return copyFile("/"+authorities, filepath.Join(dir, authorities), 0o644)
}

func copyFile(from, to string, mode os.FileMode) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		_ = out.Close()
		return err
	}
	return out.Close()
}
