//go:build linux

package image_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/e2e/image"
)

// TestRootfs: the base resource type that is made without a container engine has the same bytes as the image for the resource type
// and the syncer, and what a container needs besides.
func TestRootfs(t *testing.T) {
	t.Parallel()
	dir, made := rootfs(t)
	tree := filepath.Join(t.TempDir(), "tree")
	if err := (image.Image{Dir: dir}).Unpack(t.Context(), tree); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"opt/resource/check", "opt/resource/in", "opt/resource/out", "usr/local/bin/syncer"} {
		if here, there := sum(t, tree, name), sum(t, built.trees["resource-type"], name); here != there {
			t.Errorf("%s is not the image's", name)
		}
	}
	for name, mode := range map[string]fs.FileMode{
		"opt/resource/check":                0o755,
		"opt/resource/in":                   0o777 | fs.ModeSymlink,
		"opt/resource/out":                  0o777 | fs.ModeSymlink,
		"etc/passwd":                        0o644,
		"etc/ssl/certs/ca-certificates.crt": 0o644,
		"usr/local/share/licenses/concourse-resource-endpoints/THIRD-PARTY-NOTICES.txt": 0o644,
		"usr/local/share/licenses/concourse-resource-endpoints/LICENSE":                 0o644,
		"tmp": 0o777 | fs.ModeSticky | fs.ModeDir,
	} {
		if info, err := os.Lstat(filepath.Join(tree, name)); err != nil || info.Mode() != mode {
			t.Errorf("%s: got %v, %v", name, info, err)
		}
	}
	if made.Type != "concourse-resource-endpoints" || made.Privileged || made.UniqueVersionHistory {
		t.Errorf("got %+v", made)
	}
	if _, again := rootfs(t); again != made {
		t.Errorf("made again, %+v is %+v", made, again)
	}
	// A worker does not unpack a version again that it has. So a type with other content must have another version.
	if _, other := rootfs(t, "--ca", oneAuthority(t)); other.Version == made.Version {
		t.Errorf("made of something else, it still has the version %s", other.Version)
	}
}

// oneAuthority is a file with the first of this machine's certificate authorities.
func oneAuthority(t *testing.T) string {
	t.Helper()
	pem, err := os.ReadFile("/etc/ssl/certs/ca-certificates.crt")
	if err != nil {
		t.Fatal(err)
	}
	const end = "-----END CERTIFICATE-----\n"
	first, _, _ := strings.Cut(string(pem), end)
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, []byte(first+end), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

type resourceType struct {
	Type                 string
	Version              string
	Privileged           bool
	UniqueVersionHistory bool `json:"unique_version_history"`
}

// rootfs makes a base resource type, and reads its metadata.
func rootfs(t *testing.T, args ...string) (dir string, r resourceType) {
	t.Helper()
	dir = t.TempDir()
	pack(t, append([]string{"rootfs", "--output", dir}, args...)...)
	text, err := os.ReadFile(filepath.Join(dir, "resource_metadata.json"))
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir, r
}

func sum(t *testing.T, tree, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(tree, name))
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(content))
}
