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
	data, err := f.read()
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

// read reads a regular file. Anything else may wait or go on for ever, and a device may do something when it is opened.
func (f File) read() ([]byte, error) {
	info, err := os.Stat(string(f))
	if err == nil {
		err = f.check(info)
	}
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(string(f), os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	if info, err = file.Stat(); err == nil { // it may be another file by now
		err = f.check(info)
	}
	if err != nil {
		return nil, err
	}
	return readDocument(file, f)
}

// check refuses what is not a regular file of a document's size.
func (f File) check(info fs.FileInfo) error {
	var kind string
	switch mode := info.Mode(); {
	case mode.IsRegular() && info.Size() > maxDocument:
		return tooLarge(f)
	case mode.IsRegular():
		return nil
	case mode.IsDir():
		kind = "a directory"
	case mode&fs.ModeNamedPipe != 0:
		kind = "a named pipe (FIFO)"
	case mode&fs.ModeSocket != 0:
		kind = "a socket"
	case mode&fs.ModeDevice != 0:
		kind = "a device"
	default:
		kind = "no regular file"
	}
	return fmt.Errorf("%s is %s; give the path of a regular file", f, kind)
}

// Publish writes a new file beside the old one and renames it. It holds a lock on the directory, so that only one of two
// writers replaces the same document.
func (f File) Publish(ctx context.Context, data []byte, tag string) (string, error) {
	if len(data) > maxDocument {
		return "", fmt.Errorf("publishing the config: %w", tooLarge(f))
	}
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
