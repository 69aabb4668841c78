package pathspec_test

import (
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/pathspec"
)

// table holds what is known of git's pathspecs. It is checked against the package, and against bash and git themselves.
var table = []struct {
	name          string
	paths, ignore []string
	covered       []string
	not           []string
}{
	{"no paths", nil, nil, []string{"a", "x/y", ".z"}, nil},
	{"an empty path", []string{""}, nil, []string{"a", "x/y", ".z"}, nil},
	{"a dot", []string{"."}, nil, []string{"a", "x/y"}, nil},
	{"a colon alone", []string{":"}, nil, []string{"a", "x/y"}, nil},
	{"equal", []string{"foo"}, nil, []string{"foo"}, []string{"Foo", "food", "a/foo", "fo"}},
	{"leading directory", []string{"foo"}, nil, []string{"foo/x", "foo/x/y"}, []string{"foo.txt", "foobar/x"}},
	{"trailing slash, or a submodule", []string{"foo/"}, nil, []string{"foo/x", "foo"}, []string{"food", "foobar/x"}},
	{"trailing slash ignored", nil, []string{"foo/"}, []string{"foo", "food"}, []string{"foo/x"}},
	{"wildcard pattern is a literal directory", []string{"foo[1]"}, nil, []string{"foo[1]/x", "foo1", "foo[1]"}, []string{"foo1/x"}},
	{"wildcards below a literal bracket", []string{"[a]/*.c"}, nil, []string{"[a]/y.c", "a/y.c", "a/b/y.c"}, []string{"[a]/b/y.c"}},
	{"one star below a directory named star", []string{"*/foo"}, nil, []string{"*/foo", "*/zoo", "a/foo", "a/b/foo"}, []string{"a/zoo", "foo"}},
	{"star crosses slashes", []string{"*.txt"}, nil, []string{"a.txt", "a/b.txt", ".txt", "a/.txt"}, []string{"a.txt/b", "a.text"}},
	{"question mark crosses slashes", []string{"a?b"}, nil, []string{"a/b", "a.b"}, []string{"ab", "a/b/c"}},
	{"bracket crosses slashes", []string{"a[!x]b"}, nil, []string{"a/b", "a.b"}, []string{"axb"}},
	{"two stars are one", []string{"foo/**/x"}, nil, []string{"foo/a/x", "foo/a/b/x"}, []string{"foo/x"}},
	{"two stars at the beginning", []string{"**/x"}, nil, []string{"a/x", "a/b/x"}, []string{"x"}},
	{"nothing below what a wildcard matches", []string{"foo/*/b"}, nil, []string{"foo/a/b", "foo/a/c/b"}, []string{"foo/a/b/c"}},
	{"all below", []string{"foo/*"}, nil, []string{"foo/a", "foo/a/b", "foo/.a"}, []string{"foo"}},
	{"classes", []string{"[[:digit:]][^a-c]"}, nil, []string{"1d", "2-"}, []string{"1a", "dd"}},
	{"bytes, not characters", []string{"caf??"}, nil, []string{"café"}, []string{"cafe"}},
	{"unclosed bracket", []string{"[a"}, nil, []string{"[a", "[a/x"}, []string{"a"}},
	{"unknown class", []string{"[[:foo:]a]"}, nil, nil, []string{"a", "f"}},
	{"backslash through the shell", []string{`'\*'`}, nil, []string{"*"}, []string{"a"}},
	{"backslash of the shell", []string{`\*`}, nil, []string{"*", "a"}, nil},
	{"normalised", []string{"./foo//bar/", "a/../b"}, nil, []string{"foo/bar/x", "b", "b/x"}, []string{"a/x", "foo/b"}},
	{"words split", []string{"dir name"}, nil, []string{"dir/x", "name"}, []string{"dir name/x"}},
	{"quotes keep a word", []string{"'dir name'"}, nil, []string{"dir name/x"}, []string{"dir/x", "name"}},
	{"braces", []string{"foo/{a,b}"}, nil, []string{"foo/a", "foo/b/x"}, []string{"foo/c", "foo/{a,b}"}},
	{"quoted braces", []string{"'foo/{a,b}'"}, nil, []string{"foo/{a,b}"}, []string{"foo/a"}},
	{"quote across entries", []string{"'a", "b'"}, nil, []string{"a b"}, []string{"a", "b"}},
	{"glob magic", []string{`":(glob)**/x"`, "':(glob)a*b'"}, nil, []string{"x", "a/x", "a.b"}, []string{"a/b"}},
	{"two stars of glob after a literal", []string{"':(glob)a**/b'"}, nil, []string{"ab", "a/b", "ax/y/b"}, []string{"b"}},
	{"literal magic", []string{"':(literal)*'"}, nil, []string{"*"}, []string{"a"}},
	{"icase magic", []string{"':(icase)docs/*.md'"}, nil, []string{"Docs/A.MD"}, []string{"docs/a.txt"}},
	{"icase folds no escaped letter", []string{`':(icase)?\A'`}, nil, nil, []string{"xa", "xA"}},
	{"top magic", []string{":/foo", ":/./bar"}, nil, []string{"foo/x"}, []string{"bar"}},
	{"exclude magic in paths", []string{"foo", ":!foo/a", ":^foo/b"}, nil, []string{"foo/c"}, []string{"foo/a", "foo/b", "d"}},
	{"exclamation mark in paths", []string{"!foo"}, nil, []string{"!foo"}, []string{"foo", "a"}},
	{"ignored", []string{"foo"}, []string{"foo/*.md"}, []string{"foo/a"}, []string{"foo/a.md", "foo/b/c.md", "a.md", "b"}},
	{"only ignored", nil, []string{"docs"}, []string{"a", "docs.md"}, []string{"docs/x"}},
	{"only ignored, after an empty path", []string{""}, []string{"docs"}, []string{"a"}, []string{"docs/x"}},
	{"exclamation mark in ignore_paths", nil, []string{"!foo"}, []string{"!foo", "a"}, []string{"foo/x"}},
	{"colon and exclamation mark in ignore_paths", nil, []string{":!foo"}, []string{"foo/x"}, []string{"!foo"}},
	{"slash in ignore_paths", nil, []string{"/foo"}, []string{"a"}, []string{"foo/x"}},
	{"slash and dot in ignore_paths", nil, []string{"/./foo"}, []string{"foo/x"}, nil},
	{"braces in ignore_paths", nil, []string{"foo/{a,b}"}, []string{"foo/c"}, []string{"foo/a", "foo/b"}},
	{"second word of ignore_paths is a path", nil, []string{"a b"}, []string{"b"}, []string{"a", "c"}},
	{"empty entry in ignore_paths ignores all", nil, []string{""}, nil, []string{"a", "x/y"}},
	{"quoted magic in ignore_paths is no magic", nil, []string{"'(glob)x'"}, []string{"x"}, []string{"(glob)x"}},
}

func TestCovers(t *testing.T) {
	t.Parallel()
	for _, test := range table {
		set := pathspec.Compile(test.paths, test.ignore)
		if set.Err() != nil || set.Uncertain() != "" {
			t.Errorf("%s: Err() = %v, Uncertain() = %q", test.name, set.Err(), set.Uncertain())
		}
		for _, file := range test.covered {
			if !set.Covers(file) {
				t.Errorf("%s: paths %q ignore_paths %q do not cover %q", test.name, test.paths, test.ignore, file)
			}
		}
		for _, file := range test.not {
			if set.Covers(file) {
				t.Errorf("%s: paths %q ignore_paths %q cover %q", test.name, test.paths, test.ignore, file)
			}
		}
	}
}

// TestTableAgreesWithGit asks git what TestCovers expects.
func TestTableAgreesWithGit(t *testing.T) {
	t.Parallel()
	var files []string
	var cases []source
	for _, test := range table {
		files = append(append(files, test.covered...), test.not...)
		cases = append(cases, source{test.paths, test.ignore})
	}
	for i, v := range newJudge(t, files, true).ask(t, cases) {
		test := table[i]
		for _, file := range test.covered {
			if !v.files[file] {
				t.Errorf("%s: git does not list %q", test.name, file)
			}
		}
		for _, file := range test.not {
			if v.files[file] {
				t.Errorf("%s: git lists %q", test.name, file)
			}
		}
	}
}

// fatal are patterns that bash or git refuses, with a part of what Err says of them.
var fatal = []struct {
	paths, ignore []string
	says          string
}{
	{[]string{"/foo"}, nil, `reading pathspec "/foo": git refuses an absolute path`},
	{[]string{"a", "../foo"}, nil, "outside the repository"},
	{[]string{"a/../../b"}, nil, "outside the repository"},
	{[]string{":(glob)x"}, nil, "shell syntax error: unquoted '('"},
	{[]string{"foo(1)"}, nil, "shell syntax error"},
	{[]string{"it's"}, nil, "unclosed quote"},
	{[]string{`a"b`}, []string{"c"}, "unclosed quote"},
	{[]string{`""`}, nil, "empty pathspec"},
	{[]string{"':(foo)x'"}, nil, `does not know pathspec magic "foo"`},
	{[]string{"':(glob'"}, nil, "misses the )"},
	{[]string{"':(glob,literal)x'"}, nil, "literal and glob"},
	{[]string{":-x"}, nil, "does not implement pathspec magic '-'"},
	{nil, []string{"_build"}, `reading pathspec ":!_build": git does not implement pathspec magic '_'`},
	{nil, []string{"../x"}, "outside the repository"},
}

func TestErr(t *testing.T) {
	t.Parallel()
	for _, test := range fatal {
		set := pathspec.Compile(test.paths, test.ignore)
		if set.Err() == nil || !strings.Contains(set.Err().Error(), test.says) || set.Uncertain() != "" {
			t.Errorf("paths %q ignore_paths %q: Err() = %v, want %q", test.paths, test.ignore, set.Err(), test.says)
		}
		if set.Covers("foo") || set.All() {
			t.Errorf("paths %q ignore_paths %q cover something", test.paths, test.ignore)
		}
	}
}

// TestErrAgreesWithGit asks bash and git whether they refuse what TestErr expects them to.
func TestErrAgreesWithGit(t *testing.T) {
	t.Parallel()
	var cases []source
	for _, test := range fatal {
		cases = append(cases, source{test.paths, test.ignore})
	}
	for i, v := range sharedJudge(t).ask(t, cases) {
		if v.ok || len(v.files) > 0 {
			t.Errorf("paths %q ignore_paths %q: git succeeds", cases[i].paths, cases[i].ignore)
		}
	}
}

func TestUncertain(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		paths, ignore []string
		says          string
	}{
		{[]string{"foo/((env))/x"}, nil, "unresolved variable ((env)) in paths"},
		{[]string{"((vault:a/b.c))"}, nil, "unresolved variable ((vault:a/b.c)) in paths"},
		{[]string{"a"}, []string{"((x)) docs"}, "unresolved variable ((x)) in ignore_paths"},
		{[]string{"$(ls)"}, nil, "shell expansion $("},
		{[]string{"$HOME/x"}, nil, "shell expansion $H"},
		{[]string{"a;b"}, nil, "shell operator"},
		{[]string{"~/x"}, nil, "home directory"},
		{[]string{"#x"}, nil, "comment"},
		{[]string{"':(attr:x)y'"}, nil, "magic"},
		{[]string{"/fatal", "':(prefix:2)y'"}, nil, "magic"},
		{[]string{strings.Repeat("a ", 1001)}, nil, "more than 1000 patterns"},
		{[]string{strings.Repeat("a", 4097)}, nil, "a pattern of 4097 bytes, more than 4096"},
		{nil, []string{strings.Repeat("a ", 40_000)}, "bytes of patterns, more than 65536"},
		{[]string{strings.Repeat("{a,", 21) + strings.Repeat("}", 21)}, nil, "nested very deeply"},
	} {
		set := pathspec.Compile(test.paths, test.ignore)
		if !strings.Contains(set.Uncertain(), test.says) || set.Uncertain() == "" || set.Err() != nil {
			t.Errorf("paths %q ignore_paths %q: Uncertain() = %q, want %q; Err() = %v", test.paths, test.ignore, set.Uncertain(), test.says, set.Err())
		}
		if !set.Covers("foo") || set.All() {
			t.Errorf("paths %q ignore_paths %q: Covers = %t, All = %t", test.paths, test.ignore, set.Covers("foo"), set.All())
		}
	}
}

// TestVariableInIgnorePaths fixes that an entry with an unresolved variable ignores nothing, and that the others still do.
func TestVariableInIgnorePaths(t *testing.T) {
	t.Parallel()
	set := pathspec.Compile(nil, []string{"((dir))/*", "docs"})
	if !set.Covers("a") || set.Covers("docs/x") || set.Uncertain() != "" {
		t.Errorf("Covers(a) = %t, Covers(docs/x) = %t, Uncertain() = %q", set.Covers("a"), set.Covers("docs/x"), set.Uncertain())
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	set := pathspec.Compile([]string{"foo/{a,b}", "*.go"}, []string{"foo/a/x"})
	for file, want := range map[string]struct {
		pattern string
		ok      bool
	}{
		"foo/b/c": {"foo/b", true}, "c/d.go": {"*.go", true}, "foo/a/x": {":!foo/a/x", false}, "bar": {"", false},
	} {
		if pattern, ok := set.Match(file); pattern != want.pattern || ok != want.ok {
			t.Errorf("Match(%q) = %q, %t; want %q, %t", file, pattern, ok, want.pattern, want.ok)
		}
	}
	if pattern, ok := pathspec.Compile(nil, []string{"docs"}).Match("x"); pattern != "" || !ok {
		t.Errorf("Match without paths = %q, %t", pattern, ok)
	}
}

func TestAll(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		paths, ignore []string
		want          bool
	}{
		{nil, nil, true},
		{[]string{""}, nil, true},
		{[]string{"."}, nil, true},
		{[]string{"foo", "*"}, nil, true},
		{[]string{"foo"}, nil, false},
		{[]string{"':(glob)*'"}, nil, false},
		{nil, []string{"x"}, false},
		{[]string{"/x"}, nil, false},
	} {
		if got := pathspec.Compile(test.paths, test.ignore).All(); got != test.want {
			t.Errorf("All() of paths %q ignore_paths %q = %t", test.paths, test.ignore, got)
		}
	}
	if !new(pathspec.Set).All() || !new(pathspec.Set).Covers("x") {
		t.Error("the zero Set does not cover everything")
	}
}

// hostile are patterns and files of which each comparison would be long.
var hostile = []struct{ pattern, file string }{
	{strings.Repeat("*a", 30) + "*[b]", strings.Repeat("a", 4000)},
	{"':(glob)**/" + strings.Repeat("*a", 30) + "*[b]'", strings.Repeat("a/", 2000)},
	{"':(icase)" + strings.Repeat("A", 4000) + "'", strings.Repeat("a", 3999) + "b"},
	{"*/" + strings.Repeat("[[:a]", 800) + "x", "*/" + strings.Repeat("a", 1000)}, // a directory whose name is a star
}

// TestMatchWithin: the work stops soon after the steps are used up, and the answer is the same where they are not.
func TestMatchWithin(t *testing.T) {
	t.Parallel()
	for _, test := range hostile {
		set := pathspec.Compile([]string{test.pattern}, nil)
		steps := 100
		if set.MatchWithin(test.file, &steps); steps >= 0 {
			t.Errorf("%.30s: %d of 100 steps are left", test.pattern, steps)
		}
		if steps < -100_000 {
			t.Errorf("%.30s: %d steps too many", test.pattern, -steps)
		}
		steps = 10_000_000
		if _, ok := set.MatchWithin(test.file, &steps); ok != set.Covers(test.file) || steps < 0 {
			t.Errorf("%.30s: %t with %d steps left", test.pattern, ok, steps)
		}
	}
}

// TestPlainGlobsAreCheap: a star before plain text, as in *.go, costs no more than plain text.
func TestPlainGlobsAreCheap(t *testing.T) {
	t.Parallel()
	set := pathspec.Compile([]string{"*.go", "docs/*.md", "*_test.go", "':(glob)**/*.go'"}, []string{"*.txt"})
	for _, file := range []string{"src/a/b/c/d/e/f.c", "docs/a/b/c/d/e/f.png", "src/a/b/c/d/e/f/g/h/i/j/k.gox"} {
		steps := 100
		if set.MatchWithin(file, &steps); steps < 80 {
			t.Errorf("%s costs %d steps", file, 100-steps)
		}
	}
}

// FuzzMatchWithin: few steps never change an answer, they only leave it open, and the work ends soon after them.
func FuzzMatchWithin(f *testing.F) {
	for _, test := range hostile {
		f.Add(test.pattern, "", test.file, uint16(100))
	}
	f.Add("*.go {a,b}/", "docs/*", "a/x.go", uint16(20))
	f.Fuzz(func(t *testing.T, path, ignore, file string, limit uint16) {
		set := pathspec.Compile([]string{path}, []string{ignore})
		steps := int(limit)
		pattern, ok := set.MatchWithin(file, &steps)
		if steps < -(200_000 + len(file)) {
			t.Errorf("%d steps too many", -steps)
		}
		if wantPattern, want := set.Match(file); steps >= 0 && (ok != want || pattern != wantPattern) {
			t.Errorf("%t by %q with %d steps left, else %t by %q", ok, pattern, steps, want, wantPattern)
		}
	})
}
