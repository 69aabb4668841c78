package pathspec_test

import (
	"flag"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/pathspec"
)

var (
	differentialCases = flag.Int("pathspec.cases", 80, "random cases to compare with git")
	differentialSeed  = flag.Uint64("pathspec.seed", 1, "seed of the random cases")
)

// TestCoversAgreesWithGit compares random paths and ignore_paths, derived from the names of the files, with what bash and git do. Run
// it harder with: go test ./internal/pathspec -run Git -args -pathspec.cases 20000 -pathspec.seed 7.
func TestCoversAgreesWithGit(t *testing.T) {
	t.Parallel()
	j := sharedJudge(t)
	g := generator{rand.New(rand.NewPCG(*differentialSeed, 0))}
	cases := make([]source, *differentialCases)
	for i := range cases {
		cases[i] = source{g.patterns(3), g.patterns(g.IntN(3))}
	}
	compareAll(t, j, blobs, cases)
}

// TestGlobAgreesWithGit compares random globs and names of very few different bytes, where backtracking has the most to do.
func TestGlobAgreesWithGit(t *testing.T) {
	t.Parallel()
	g := generator{rand.New(rand.NewPCG(*differentialSeed, 1))}
	text := func(n int, from ...string) string {
		var b strings.Builder
		for range 1 + g.IntN(n) {
			b.WriteString(g.pick(from...))
		}
		return b.String()
	}
	unique := map[string]bool{}
	for len(unique) < 120 {
		if name := text(9, "a", "a", "b", "A", "/", "."); path.Clean("/"+name) == "/"+name && name != "." {
			unique[name] = true
		}
	}
	names := slices.Sorted(maps.Keys(unique))
	cases := make([]source, *differentialCases)
	for i := range cases {
		pattern := text(7, "a", "a", "b", "A", "/", "/", "*", "*", "**", "**/", "/**", "?", "[ab]", "[!a]", "[A-B]", `\a`, `\A`, `\/`, "***/")
		cases[i] = source{paths: []string{"'" + g.pick("", ":(glob)", ":(glob)", ":(icase)", ":(glob,icase)", ":(top,glob)") + pattern + "'"}}
	}
	compareAll(t, newJudge(t, names, true), names, cases)
}

// TestClassesAgreeWithGit compares every byte with every POSIX class.
func TestClassesAgreeWithGit(t *testing.T) {
	t.Parallel()
	var names []string
	for c := 1; c < 256; c++ {
		if c != '/' {
			names = append(names, "x"+string([]byte{byte(c)}))
		}
	}
	var cases []source
	for class := range strings.FieldsSeq("alnum alpha blank cntrl digit graph lower print punct space upper xdigit") {
		for _, m := range []string{"", ":(icase)", ":(glob)"} {
			cases = append(cases, source{paths: []string{"'" + m + "x[[:" + class + ":]]'"}}, source{paths: []string{"'" + m + "x[^[:" + class + ":]a]'"}})
		}
	}
	compareAll(t, newJudge(t, names, true), names, cases)
}

func compareAll(t *testing.T, j *judge, files []string, cases []source) {
	t.Helper()
	count := map[string]int{}
	for batch := range slices.Chunk(cases, 500) {
		for i, v := range j.ask(t, batch) {
			count[compare(t, files, batch[i], v)]++
		}
	}
	t.Logf("%v", count)
}

// FuzzCovers compares one entry of paths and one of ignore_paths with git.
func FuzzCovers(f *testing.F) {
	for _, paths := range []string{"", ".", "foo", "foo/", "*.txt", "foo/{a,b}", "'dir name'/*", `":(glob)**/x"`, "foo[[1]]", "[a]/*.c", "dir name"} {
		for _, ignore := range []string{"", "docs", "!foo", "*.md", `"(icase)docs"`, "/foo"} {
			f.Add(paths, ignore)
		}
	}
	f.Fuzz(func(t *testing.T, paths, ignore string) {
		if strings.ContainsAny(paths+ignore, "$`;&|<>\x00") {
			t.Skip("the shell would run it")
		}
		c := source{paths: []string{paths}}
		if ignore != "" {
			c.ignore = []string{ignore}
		}
		compare(t, blobs, c, sharedJudge(t).ask(t, []source{c})[0])
	})
}

// compare fails the test unless the package agrees with git, and says which kind of case it was.
func compare(tb testing.TB, files []string, c source, want verdict) string {
	tb.Helper()
	set := pathspec.Compile(c.paths, c.ignore)
	if set.Uncertain() != "" {
		return "uncertain"
	}
	if (set.Err() == nil) != want.ok {
		tb.Errorf("paths %q ignore_paths %q: Err() = %v, git succeeds: %t", c.paths, c.ignore, set.Err(), want.ok)
		return "wrong"
	}
	for _, file := range files {
		if got := set.Covers(file); got != want.files[file] {
			tb.Errorf("paths %q ignore_paths %q: Covers(%q) = %t, git says %t", c.paths, c.ignore, file, got, want.files[file])
			return "wrong"
		}
		if set.All() && !want.files[file] {
			tb.Errorf("paths %q ignore_paths %q: All() = true, but git does not list %q", c.paths, c.ignore, file)
		}
	}
	switch {
	case !want.ok:
		return "fatal"
	case len(want.files) == 0:
		return "none"
	case len(want.files) == len(files):
		return "all"
	}
	return "some"
}

// generator makes patterns that are likely to match something.
type generator struct{ *rand.Rand }

func (g generator) pick(from ...string) string { return from[g.IntN(len(from))] }

func (g generator) patterns(n int) []string {
	var out []string
	for range n {
		if g.IntN(3) > 0 {
			out = append(out, g.pattern())
		}
	}
	return out
}

// pattern derives an entry from a file's name: a part of it, some bytes made wildcards, maybe a magic, mostly quoted where the
// shell would object.
func (g generator) pattern() string {
	p := g.pick(blobs...)
	switch g.IntN(4) {
	case 0:
		if i := strings.LastIndexByte(p, '/'); i >= 0 {
			p = p[:i+g.IntN(2)]
		}
	case 1:
		p = p[:g.IntN(len(p)+1)]
	}
	for range g.IntN(4) {
		p = g.mutate(p)
	}
	if g.IntN(4) == 0 {
		p = g.pick(":(glob)", ":(icase)", ":(literal)", ":(top)", ":(exclude)", ":(glob,icase)", ":(top,glob)", ":!", ":^", ":/", ":", "::", "!",
			":!/", ":/!:", "(glob)", ":()", ":(,icase,)", ":(exclude,glob)", ":(foo)", ":(literal,glob)", ":(icase,literal)", "/", "../", "./", "a/../") + p
	}
	switch g.IntN(12) {
	case 0:
		return p + " " + g.pick(blobs...)
	case 1, 2:
		return g.bash(p)
	}
	if strings.ContainsAny(p, " '\"\\$`()#&;|<>\t~") || g.IntN(8) == 0 {
		return "'" + strings.ReplaceAll(p, "'", `'\''`) + "'"
	}
	return p
}

// mutate replaces some bytes of p by a wildcard or by something near it.
func (g generator) mutate(p string) string {
	i := g.IntN(len(p) + 1)
	k := i + g.IntN(min(4, len(p)-i+1))
	with := g.pick("*", "*", "*", "**", "**/", "/**", "/**/", "?", "?", "/", "//", "/./", "/../", "/.", "[a-z]", "[!a]", "[^/]", "[]a]", "[[:alpha:]]", "[[:upper:]x]",
		"[a", "[[:foo:]]", "[a-\\]]", "[\\]]", "[!]]", "[-a]", "[a-]", "[.-z]", "[[.a]", "[A-Z]", "[b-a]", "\\", "\\*", "\\a", "\\/", "***", "*/", "/*", "*/*", "[/]", "[[:punct:]]", "")
	if g.IntN(6) == 0 && k > i {
		return p[:i] + g.pick("["+p[i:i+1]+"]", "\\"+p[i:i+1], strings.ToUpper(p[i:k]), "[[:alnum:]"+p[i:i+1]+"]") + p[k:]
	}
	return p[:i] + with + p[k:]
}

// bash adds what the shell reads: braces, quotes and backslashes in odd places. Nothing that it would run.
func (g generator) bash(p string) string {
	p = strings.Map(func(r rune) rune {
		if strings.ContainsRune("$`&;|<>", r) {
			return -1
		}
		return r
	}, p)
	for range 1 + g.IntN(2) {
		i := g.IntN(len(p) + 1)
		k := i + g.IntN(len(p)-i+1)
		a, b, c := p[:i], p[i:k], p[k:]
		p = g.pick(a+"{"+b+",b}"+c, a+"{,"+b+"}"+c, a+"{"+b+",{a,b}}"+c, a+"{"+b+"}"+c, a+"'"+b+"'"+c, a+`"`+b+`"`+c, a+`\`+b+c, a+"{1..3}"+c, a+"{a..b}"+c, a+`''`+c,
			a+"{a,'"+b+"'}"+c, a+"v{01..10..4}"+c, a+"{}"+b+c, a+"{"+b+c, a+"}"+b+c, a+"'"+c, a+"{a,b}{"+b+",txt}"+c)
	}
	return p
}
