package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

// The page's limits of a filter are the code's: what is within one is read, and what is over it is not.
func TestLimits(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(root, output))
	if err != nil {
		t.Fatal(err)
	}
	git := func(field string, value any) resource.Source {
		return resource.Source{"uri": "https://git.example.com/o/r.git", field: value}
	}
	many := func(n int, s string) []any {
		list := make([]any, n)
		for i := range list {
			list[i] = s
		}
		return list
	}
	kibibytes := func(n int) []any { return many(n, strings.Repeat("a", 1024)) }
	images := func(prefixes []any) resource.Source {
		return resource.Source{"repository": "git.example.com/o/r", "pre_release_prefixes": prefixes}
	}
	tests := []struct {
		row, typeName string
		at, over      resource.Source
	}{
		{"| 4096 bytes | each string of a filter", "git", git("branch", strings.Repeat("a", 4096)), git("branch", strings.Repeat("a", 4097))},
		{"| 1000 items | each list of a filter", "registry-image", images(many(1000, "a")), images(many(1001, "a"))},
		{"| 64 KiB | all strings of a filter", "git", git("paths", kibibytes(63)), git("paths", kibibytes(64))},
		{"| 1000 patterns | `paths` and `ignore_paths` together", "git", git("paths", many(1000, "a")), git("paths", many(1, "{1..1001}"))},
		{"| 1000 instructions | a regular expression, estimated before it is compiled: `a{300}`", "git", git("tag_regex", "a{300}"), git("tag_regex", "a{400}")},
	}
	for _, tt := range tests {
		if !strings.Contains(string(page), tt.row) {
			t.Errorf("the page lacks %s", tt.row)
		}
		typ, _ := resource.Lookup(tt.typeName)
		if why := tooLarge(t, typ, tt.at); why != "" {
			t.Errorf("%s: %s, of a source that is not over it", tt.row, why)
		}
		if tooLarge(t, typ, tt.over) == "" {
			t.Errorf("%s: a source that is over it is read", tt.row)
		}
	}
}

func tooLarge(t *testing.T, typ resource.Type, source resource.Source) string {
	t.Helper()
	filter, err := typ.Filter(source)
	if err != nil {
		t.Fatal(err)
	}
	return filter.TooLarge()
}
