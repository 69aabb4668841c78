package store_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/store"
)

// fullDisk is a file on a disk that may be full.
type fullDisk struct {
	store.File
	err error
}

func (f *fullDisk) Publish(ctx context.Context, data []byte, tag string) (string, error) {
	if f.err != nil {
		return "", f.err
	}
	return f.File.Publish(ctx, data, tag)
}

// While the disk is full, the new document is in memory. When there is space again, it is in the file, unless somebody else wrote that.
func TestBuffered(t *testing.T) {
	t.Parallel()
	for name, others := range map[string]string{"space again": "", "somebody else wrote it": "theirs"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			disk := &fullDisk{File: store.File(filepath.Join(t.TempDir(), "config.json"))}
			b := &store.Buffered{Store: disk}
			ctx := t.Context()
			holds := func(want string) (tag string) {
				t.Helper()
				d, err := b.Load(ctx, "")
				if err != nil || string(d.Data) != want {
					t.Fatalf("it holds %q, %v; want %q", d.Data, err, want)
				}
				if _, err := b.Load(ctx, d.Tag); !errors.Is(err, store.ErrNotModified) {
					t.Fatalf("loaded again: %v", err)
				}
				return d.Tag
			}
			if _, err := b.Publish(ctx, []byte("one"), ""); err != nil || b.Unwritten() != nil {
				t.Fatal(err, b.Unwritten())
			}
			tag := holds("one")
			disk.err = errors.New("no space left on device")
			for _, text := range []string{"two", "three"} {
				next, err := b.Publish(ctx, []byte(text), tag)
				if err != nil || !errors.Is(b.Unwritten(), disk.err) || holds(text) != next {
					t.Fatalf("a full disk: %v, %v", err, b.Unwritten())
				}
				tag = next
			}
			if _, err := b.Publish(ctx, []byte("four"), "another"); !errors.Is(err, store.ErrConflict) {
				t.Fatalf("published over another document: %v", err)
			}
			disk.err = nil
			want := "three"
			if others != "" {
				file, err := disk.Load(ctx, "")
				if err == nil {
					_, err = disk.Publish(ctx, []byte(others), file.Tag)
				}
				if err != nil {
					t.Fatal(err)
				}
				want = others
			}
			if holds(want); b.Unwritten() != nil {
				t.Errorf("still not written: %v", b.Unwritten())
			}
			if d, err := disk.Load(ctx, ""); err != nil || string(d.Data) != want {
				t.Errorf("the file holds %q, %v", d.Data, err)
			}
		})
	}
}

// A directory that does not exist is a mistake in the settings, not a full disk.
func TestBufferedNowhere(t *testing.T) {
	t.Parallel()
	b := &store.Buffered{Store: store.File(filepath.Join(t.TempDir(), "nowhere", "config.json"))}
	if _, err := b.Publish(t.Context(), []byte("x"), ""); err == nil || b.Unwritten() != nil {
		t.Errorf("published nowhere: %v, %v", err, b.Unwritten())
	}
}
