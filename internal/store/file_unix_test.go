//go:build unix

package store_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/store"
)

// Only a regular file of a document's size is read; anything else is refused at once, where reading it might wait or go on for ever.
func TestFileThatIsNone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := syscall.Mkfifo(at("fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", at("socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if err := os.WriteFile(at("large"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(at("large"), 256<<20+1); err != nil { // a hole
		t.Fatal(err)
	}
	if err := os.Symlink(at("fifo"), at("link")); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		at("fifo"):   "is a named pipe (FIFO); give the path of a regular file",
		at("link"):   "is a named pipe (FIFO); give the path of a regular file",
		at("socket"): "is a socket; give the path of a regular file",
		dir:          "is a directory; give the path of a regular file",
		"/dev/zero":  "is a device; give the path of a regular file",
		at("large"):  "is larger than 256 MiB; is it the right one?",
	} {
		loaded := make(chan error, 1)
		go func() {
			_, err := store.File(path).Load(t.Context(), "")
			loaded <- err
		}()
		select {
		case err := <-loaded:
			if want = "reading the config: " + path + " " + want; err == nil || err.Error() != want {
				t.Errorf("%s: %v, want %q", path, err, want)
			}
		case <-time.After(30 * time.Second):
			t.Errorf("%s: reading it hangs", path)
		}
	}
}

// What could not be read again is not published.
func TestPublishTooLarge(t *testing.T) {
	t.Parallel()
	large := make([]byte, 256<<20+1)
	for _, s := range []store.Store{store.File(filepath.Join(t.TempDir(), "config.json")), newS3(t, "configs")} {
		if _, err := s.Publish(t.Context(), large, ""); err == nil || !strings.Contains(err.Error(), "is larger than 256 MiB") {
			t.Errorf("%s: %v", s, err)
		}
		if _, err := s.Load(t.Context(), ""); err == nil {
			t.Errorf("%s: it was published", s)
		}
	}
}
