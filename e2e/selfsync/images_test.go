package selfsync_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/e2e/image"
)

// registryImage builds a base resource type registry-image in dir: the script testdata/registry-image, busybox to run it,
// and the image that it gives to every get.
func registryImage(ctx context.Context, i image.Image, dir string) error {
	tree := filepath.Join(dir, "tree")
	for _, name := range []string{"bin", "opt/resource", "proc", "sys", "dev", "tmp"} {
		if err := os.MkdirAll(filepath.Join(tree, name), 0o755); err != nil {
			return err
		}
	}
	if err := i.Unpack(ctx, filepath.Join(tree, "image")); err != nil {
		return err
	}
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		return err
	}
	files := map[string]string{"bin/busybox": busybox, "opt/resource/check": "testdata/registry-image", "opt/resource/in": "testdata/registry-image"}
	for name, from := range files {
		content, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(tree, name), content, 0o755); err != nil {
			return err
		}
	}
	for applet := range strings.FieldsSeq("sh cat cp echo sed") {
		if err := os.Symlink("busybox", filepath.Join(tree, "bin", applet)); err != nil {
			return err
		}
	}
	env := i.Config.Env
	for _, service := range []string{"S3", "LAMBDA", "STS"} {
		env = append(env, "AWS_ENDPOINT_URL_"+service+"=http://@registry@")
	}
	metadata, err := json.Marshal(map[string]any{"user": i.Config.User, "env": env})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(tree, "metadata.json"), metadata, 0o644); err != nil {
		return err
	}
	const about = `{"type":"registry-image","version":"1.0.0","privileged":false,"unique_version_history":false}`
	if err := os.WriteFile(filepath.Join(dir, "resource_metadata.json"), []byte(about), 0o644); err != nil {
		return err
	}
	tar := exec.CommandContext(ctx, "tar", "--owner=0", "--group=0", "--numeric-owner", "-C", tree, "-I", "gzip -1", "-cf", filepath.Join(dir, "rootfs.tgz"), ".")
	if out, err := tar.CombinedOutput(); err != nil {
		return fmt.Errorf("packing the resource type registry-image: %w: %s", err, out)
	}
	return os.RemoveAll(tree)
}
