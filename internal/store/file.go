package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// File is a document in a file, by its path.
type File string

var _ Store = File("")

func (f File) String() string { return string(f) }

// Load reads the file. The tag is the hash of its content.
func (f File) Load(_ context.Context, tag string) (Document, error) {
	data, err := os.ReadFile(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return Document{}, fmt.Errorf("reading %s: %w", f, ErrNotFound)
	}
	if err != nil {
		return Document{}, fmt.Errorf("reading the config: %w", err)
	}
	d := Document{Data: data, Tag: contentTag(data)}
	if d.Tag == tag {
		return Document{}, ErrNotModified
	}
	return d, nil
}

// Publish writes a new file beside the old one and renames it. It holds a lock on the directory, so that only one of two
// writers replaces the same document.
func (f File) Publish(ctx context.Context, data []byte, tag string) (string, error) {
	unlock, err := lockDir(filepath.Dir(string(f)))
	if err != nil {
		return "", fmt.Errorf("publishing the config: %w", err)
	}
	defer unlock()
	current, err := f.Load(ctx, "")
	switch {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return "", err
	}
	if current.Tag != tag {
		return "", fmt.Errorf("publishing to %s: %w", f, ErrConflict)
	}
	if err := f.replace(data); err != nil {
		return "", fmt.Errorf("publishing the config: %w", err)
	}
	return contentTag(data), nil
}

// temporary is the pattern of the files that replace writes beside the file.
const temporary = ".%s.*.tmp"

// sweep removes what writers left that were killed. The caller holds the lock on the directory.
func (f File) sweep() {
	dir := filepath.Dir(string(f))
	before, after, _ := strings.Cut(fmt.Sprintf(temporary, filepath.Base(string(f))), "*")
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), before) && strings.HasSuffix(e.Name(), after) {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

func (f File) replace(data []byte) (err error) {
	f.sweep()
	tmp, err := os.CreateTemp(filepath.Dir(string(f)), fmt.Sprintf(temporary, filepath.Base(string(f))))
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(tmp.Name())
		}
	}()
	_, err = tmp.Write(data)
	if err == nil {
		err = tmp.Sync()
	}
	if err == nil {
		err = tmp.Chmod(f.mode())
	}
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), string(f))
}

// mode is the file's current mode. Only its owner may read a new file, since a config may hold literal secrets.
func (f File) mode() fs.FileMode {
	if info, err := os.Stat(string(f)); err == nil {
		return info.Mode().Perm()
	}
	return 0o600
}

func contentTag(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
