// Package planted finds the secrets of tests where they must not be. Every secret that a test gives to a program contains the word
// "planted", and nothing else does.
package planted

import (
	"bytes"
	"crypto/sha256"
	"io/fs"
	"os"
	"path/filepath"
)

// forms are the word itself, its hexadecimal digits, and what base64 makes of it at each of the three places where it can begin.
var forms = [][]byte{[]byte("planted"), []byte("706c616e746564"), []byte("cGxhbnRlZ"), []byte("BsYW50ZW"), []byte("wbGFudGVk")}

// In reports whether text holds a planted secret.
func In(text []byte) bool {
	for _, form := range forms {
		if bytes.Contains(text, form) {
			return true
		}
	}
	return false
}

// Files are the paths of files, by the digests of their contents.
type Files map[[sha256.Size]byte]string

// Add adds a content that the test itself wrote.
func (before Files) Add(text []byte, path string) { before[sha256.Sum256(text)] = path }

// Holding are the files below a folder that hold a planted secret.
func Holding(dir string) (Files, error) {
	found := make(Files)
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path) //nolint:gosec // the folder is the test's own
		if err == nil && In(text) {
			found.Add(text, path)
		}
		return err
	})
	return found, err
}

// Leaked are the paths of the files that hold a secret now, but none of the contents that the test itself wrote before.
func (before Files) Leaked(dir string) ([]string, error) {
	now, err := Holding(dir)
	var paths []string
	for digest, path := range now {
		if _, known := before[digest]; !known {
			paths = append(paths, path)
		}
	}
	return paths, err
}
