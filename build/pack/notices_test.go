package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The notices name each module that a program is built from, and hold a text that many share once.
func TestNotices(t *testing.T) {
	t.Parallel()
	text, err := notices(t.Context(), []string{"arm64", "amd64"}, "../../syncer", "../../lambda/webhook")
	if err != nil {
		t.Fatal(err)
	}
	list, err := goCommand(t.Context(), "amd64", "list", "-deps",
		"-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}: {{end}}{{end}}", "../../syncer", "../../lambda/webhook")
	if err != nil {
		t.Fatal(err)
	}
	for module := range strings.Lines(string(list)) {
		if module = strings.TrimSuffix(module, "\n"); !strings.Contains(string(text), "\n"+module) {
			t.Errorf("the notices do not name %s", module)
		}
	}
	if n := strings.Count(string(text), "Apache License"); n == 0 || n > 40 { // each text names it several times, and 25 modules share one
		t.Errorf("the notices hold the Apache License %d times", n)
	}
}

// A package's licenses are those in its folder and in the folders up to the module's; a module without one is an error.
func TestReadNotices(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for name, text := range map[string]string{
		"LICENSE": "of the module\r\n", "NOTICE.md": "a notice", "license.go": "package p", "a/b/COPYING.txt": "of b", "c/LICENSE": "of c",
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	texts := map[string]string{}
	if err := readNotices(filepath.Join(root, "a/b"), root, texts); err != nil {
		t.Fatal(err)
	}
	printed, err := printNotices(map[string]map[string]string{"m v1": texts, "n v2": {"LICENSE": "of the module"}})
	const line = "================================================================================\n"
	want := "\n" + line + "\nm v1: LICENSE\nn v2: LICENSE\n\nof the module\n" +
		"\n" + line + "\nm v1: NOTICE.md\n\na notice\n" +
		"\n" + line + "\nm v1: a/b/COPYING.txt\n\nof b\n"
	if err != nil || !strings.HasSuffix(string(printed), "fetches it.\n"+want) {
		t.Errorf("error %v, printed\n%s\nwant\n%s", err, printed, want)
	}
	if _, err := printNotices(map[string]map[string]string{"m v1": {}}); err == nil || !strings.Contains(err.Error(), "m v1") {
		t.Errorf("a module without a license: %v", err)
	}
}
