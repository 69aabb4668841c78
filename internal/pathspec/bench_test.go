package pathspec_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/pathspec"
)

// BenchmarkCovers asks for 3000 files, as many as a commit in a push event may list.
func BenchmarkCovers(b *testing.B) {
	files := make([]string, 3000)
	for i := range files {
		files[i] = fmt.Sprintf("src/service-%d/internal/package%d/file_%d.go", i%17, i%231, i)
	}
	for name, c := range map[string]source{
		"directories": {[]string{"ci", "docs/", "src/service-3"}, []string{"src/service-3/internal/package1"}},
		"globs":       {[]string{"*/package1*/*.go", "src/*_test.go"}, []string{"*.md", "docs/[a-z]*"}},
		"magic":       {[]string{"':(glob)**/internal/**/file_[0-9]*.go'", "':(icase)SRC/*.MD'"}, nil},
	} {
		set := pathspec.Compile(c.paths, c.ignore)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				for _, file := range files {
					set.Covers(file)
				}
			}
		})
	}
}

// BenchmarkCoversBacktracking shows that no pattern makes the time grow faster than the product of the lengths, or with the glob
// magic their product times the depth.
func BenchmarkCoversBacktracking(b *testing.B) {
	file := strings.Repeat("a", 2000)
	deep := strings.Repeat("a/", 1000) + "a"
	for name, c := range map[string]struct{ pattern, file string }{
		"stars":      {strings.Repeat("*a", 30) + "*[b]", file},
		"questions":  {strings.Repeat("*?", 30) + "[b]", file},
		"deep stars": {"':(glob)" + strings.Repeat("**/a/", 30) + "[b]'", deep},
		"mixed":      {"':(glob)**/" + strings.Repeat("*a", 30) + "*[b]'", deep},
	} {
		set := pathspec.Compile([]string{c.pattern}, nil)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if set.Covers(c.file) {
					b.Fatal("covered")
				}
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		pathspec.Compile([]string{"src/{a,b,c}", "*.go", "'dir name'"}, []string{"docs", "*.md"})
	}
}
