package pathspec_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/pathspec"
)

// blobs are the files of the judge's repository: each is added by a commit of its own, and again as a submodule in another history.
var blobs = []string{
	"README.md", ".gitignore", "a", "b", "a.txt", "b.txt", "foo/bar", "foo/bar.txt", "foo/a", "foo/b", "foo/.hidden", "foo/baz/qux.go",
	"foo/baz/.x/y", "foo bar", "dir name/file", "dir name/other file.txt", "dir", "name", "foo[1]/x", "foo[1]/sub/y.c", "foo[1]/z.c", "foo1/x",
	"[a]/y.c", "[a]/sub/y.c", "[a]/b/c/d", "x/y.c", "*/zoo", "*/foo", "*/deep/foo", "?/q", "back\\slash", "back/slash", "\\lead/x", "!foo", ":x",
	":(glob)x", "(glob)x", "-dash", "_under/x", "#hash", "@at/x", "~tilde/x", "%p", "'quote", "\"dquote\"", "{a,b}", "{a", "b}", "c{}d", "$dollar",
	"docs/a.md", "docs/b/c.md", "docs/b/C.MD", "Docs/a.md", "DOCS/X.md", "src/main.go", "src/main_test.go", "src/pkg/x/x.go",
	"src/pkg/x/x_test.go", "src/pkg/y/y.go", "ci/tasks/test.yml", "ci/tasks/test.sh", "ci/pipeline.yml", "café/menü.txt", "café/x", "日本/語.txt",
	"A", "B.TXT", "Z/z", "1", "2", "3", "10", "v01", "v02", "v10", "tab\there", "x^y", "x]y", "x-y", "d/e/f/g/h/i/j/k", "d/e/f.g", "d/e.f/g",
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "xa/b/xc", "xa/b/c/xc", "a**/b/c", "**/x", "k/**/x", "k/x", "sub.mod", "q/q/q/q", "q/q/r/q", "q/p",
}

// judge is a bare repository, as git-resource clones it, and what its commits added.
type judge struct {
	dir   string
	files map[string]string // commit -> file
}

// verdict is what git said of one case: whether it ran, and the files it lists as file or as submodule.
type verdict struct {
	ok    bool
	files map[string]bool
}

// script evaluates paths and ignored paths, each ending in a NUL, as assets/check of git-resource does after jq.
const script = `
set -f
while IFS= read -r -d '' paths && IFS= read -r -d '' ignore_paths; do
  paths="$(printf '%s' "$paths")" ignore_paths="$(printf '%s' "$ignore_paths")"
  paths_search=$(echo "-- $paths $ignore_paths" | tr "\n\r" " ")
  out=$(eval "git rev-list --all --first-parent $paths_search" </dev/null 2>/dev/null)
  printf '%s %s\0' $? "$out"
done`

// newJudge skips the test without git and bash, except in CI. Unless the commits are roots, each with one file, the files must not be
// in each other's way in one tree.
func newJudge(tb testing.TB, files []string, roots bool) *judge {
	tb.Helper()
	requireGit(tb)
	pathspec.RequireBash(tb)
	dir := tb.TempDir()
	run(tb, dir, nil, "git", "init", "--quiet", "--bare", ".")
	var in bytes.Buffer
	in.WriteString("blob\nmark :1\ndata 1\nx\n")
	mark := 1
	history := func(ref, mode, object string) {
		for _, f := range files {
			mark++
			if roots {
				ref = fmt.Sprintf("refs/heads/%d", mark)
			}
			fmt.Fprintf(&in, "commit %s\nmark :%d\ncommitter a <a@b> %d +0000\ndata 0\nM %s %s %s\n\n", ref, mark, mark, mode, object, quoteName(f))
		}
	}
	history("refs/heads/blobs", "100644", ":1")
	history("refs/heads/links", "160000", strings.Repeat("1", 40))
	marks := filepath.Join(dir, "marks")
	run(tb, dir, in.Bytes(), "git", "fast-import", "--quiet", "--export-marks="+marks)
	exported, err := os.ReadFile(marks)
	if err != nil {
		tb.Fatal(err)
	}
	j := &judge{dir: dir, files: map[string]string{}}
	for line := range strings.Lines(string(exported)) {
		var n int
		var commit string
		if _, err := fmt.Sscanf(line, ":%d %s", &n, &commit); err != nil {
			tb.Fatal(err)
		}
		if n > 1 {
			j.files[commit] = files[(n-2)%len(files)]
		}
	}
	return j
}

// sharedJudge returns the judge of blobs, which the tests of this package share.
func sharedJudge(tb testing.TB) *judge {
	tb.Helper()
	requireGit(tb)
	pathspec.RequireBash(tb)
	shared.Do(func() { sharedValue = newJudge(outlives{tb}, blobs, false) })
	return sharedValue
}

var (
	shared      sync.Once
	sharedValue *judge
)

// outlives is a testing.TB whose temporary directory stays until TestMain removes it.
type outlives struct{ testing.TB }

func (outlives) TempDir() string {
	dir, err := os.MkdirTemp(sharedRoot, "judge")
	if err != nil {
		panic(err)
	}
	return dir
}

var sharedRoot string

func TestMain(m *testing.M) {
	var err error
	if sharedRoot, err = os.MkdirTemp("", "pathspec"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(sharedRoot)
	os.Exit(code)
}

// ask runs the cases in one bash.
func (j *judge) ask(tb testing.TB, cases []source) []verdict {
	tb.Helper()
	var in bytes.Buffer
	for _, c := range cases {
		in.WriteString(strings.Join(c.paths, "\n") + "\x00")
		for i, p := range c.ignore {
			if i > 0 {
				in.WriteByte('\n')
			}
			in.WriteString(":!" + p)
		}
		in.WriteByte(0)
	}
	answers := strings.Split(run(tb, j.dir, in.Bytes(), "bash", "-c", script), "\x00")
	if len(answers) != len(cases)+1 {
		tb.Fatalf("%d answers to %d cases", len(answers)-1, len(cases))
	}
	out := make([]verdict, len(cases))
	for i := range cases {
		code, commits, _ := strings.Cut(answers[i], " ")
		v := verdict{ok: code == "0", files: map[string]bool{}}
		for commit := range strings.FieldsSeq(commits) {
			v.files[j.files[commit]] = true
		}
		out[i] = v
	}
	return out
}

// source is the part of a git resource's source that the package reads.
type source struct{ paths, ignore []string }

// requireGit skips the test without git, except in CI.
func requireGit(tb testing.TB) {
	tb.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		if os.Getenv("CI") == "true" {
			tb.Fatal(err)
		}
		tb.Skip(err)
	}
}

// run returns the standard output of a command that knows nothing of the user's configuration.
func run(tb testing.TB, dir string, stdin []byte, name string, args ...string) string {
	tb.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1"}
	cmd.Stdin = bytes.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		tb.Fatalf("running %s %q: %v: %s", name, args, err, stderr.String())
	}
	return string(out)
}

// quoteName writes a path as fast-import reads it.
func quoteName(name string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(name) {
		fmt.Fprintf(&b, "\\%03o", name[i])
	}
	b.WriteByte('"')
	return b.String()
}
