package resource_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// realGit is a bare repository to ask the real git, grep and bash about.
type realGit struct{ dir string }

func newRealGit(t *testing.T) realGit {
	t.Helper()
	for _, tool := range []string{"git", "bash", "grep"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	g := realGit{t.TempDir()}
	g.run(t, "", "git init -q --bare -b main .")
	return g
}

// run runs a bash script with stdin in the repository and gives its output. A script's failure is an empty output, as for
// the git resource.
func (g realGit) run(t *testing.T, stdin, script string, args ...string) string {
	t.Helper()
	cmd := exec.Command("bash", append([]string{"-c", script, "bash"}, args...)...)
	cmd.Dir = g.dir
	cmd.Stdin = strings.NewReader(stdin)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "LC_ALL=C.UTF-8",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
	var out bytes.Buffer
	cmd.Stdout = &out
	_ = cmd.Run()
	return out.String()
}

// commit makes a commit of an empty tree, and is its id.
func (g realGit) commit(t *testing.T, message string) string {
	t.Helper()
	id := strings.TrimSpace(g.run(t, message, `git commit-tree "$(git mktree </dev/null)"`))
	if id == "" {
		t.Fatal("git made no commit")
	}
	return id
}

var tagNames = []string{
	"v1", "v1.0", "v1.0.0", "v10", "v1.0-rc.1", "release/1.0", "release/1.0/x", "1", "1.2.3", "V1", "a]b", "a-b", "a!b", "a{b", "a$b", "v1,2",
	"(v1)", "v+1", "v|1", "a'b", "a\"b", "a`b", "a;b", "a&b", "a#b", "é", "v1.é", "nightly-2026-01-01", "vv", "w_1",
}

func TestTagFilterDifferential(t *testing.T) {
	t.Parallel()
	filters := []string{
		"*", "v*", "v1", "v1.*", "*.*", "v?", "v1.?", "release/*", "release/*/*", "*/x", "**", "**/x", "v[0-9]", "v[!0-9]", "v[^0-9]*", "[a-z]*",
		"[[:upper:]]*", "a]b", "a[]]b", "a[-x]b", "a\\-b", "a\\*b", "[", "v[", "v[1", "v{1,10}", " v1", "v1 ", "v1\n", "v1.0*rc*", "*v*", "?", "??",
		"(v1)", "v|1", "v+1", "a'b", "'v1'", "refs/tags/v1", "/v1", "./v1", "release//1.0", "release/1.0/", "release", "-l", "--sort=x", ":v1", "a\"b",
		"\"v1\"", "v1\" \"v10", "$HOME", "a$b", "$(echo v1)", "`echo v1`", "a\\$b", "v1\\", "a;b", "a&b", "a#b", "é", "?1", "v1.?", "\\v1", "[\\v]1", "a[!-]b",
		"release/[0-9].[0-9]", "*[!0-9]", "v*/x", "V*", "1.*.3", "a[/.]b", "[v/./x]1",
	}
	g := newRealGit(t)
	id := g.commit(t, "x")
	for _, tag := range tagNames {
		g.run(t, "", `git tag "$1" "$2"`, tag, id)
	}
	exist := lines(g.run(t, "", "git tag"))
	for _, filter := range filters {
		// As in assets/check: jq's output with its line end, and ${tag_filter# }.
		meant := lines(g.run(t, filter+"\n", `f=$(cat); f=${f# }; set -f; eval "git tag --sort=creatordate --list \"$f\""`))
		compareTags(t, map[string]any{"tag_filter": filter}, exist, meant)
	}
}

func TestTagRegexDifferential(t *testing.T) {
	t.Parallel()
	regexes := []string{
		"v1", "v.*", "v[0-9]+", `v[0-9]+\.[0-9]+`, `v[0-9]+\\.[0-9]+`, "^v1$", "^v1", "v1|1", "(v|V)1", "v1(.0)?", "v1(.0)*", "v{2}", "v{1,2}", "v{,2}", "v{2", "a{b", "*", "+", "a**",
		"v1+?", "(?:v)1", `\d+`, `\w+`, `\W*v\w+`, `[\w]+`, `[0-9.]+`, "[^v].*", "[]ab]+", "[^]]+", "a[]]b", "[[:alpha:]]+", "[[:alpha:]-]+", "[[:digit:]]+([.][0-9]+)*",
		"[a-", "(", ")", "(v1", "v1)", "()", "v1||1", "|v1", "v1|", "^*v1", "a$b", `a\$b`, `a\\\$b`, "$HOME", "v1$", "(v1$)", "$", "^", `a"b`, "a`b", "$(echo v1)",
		`\<v1\>`, `v\b1`, `(v)\1`, `a\]b`, `a\-b`, "a.b", "a-b", "[a-z]-[a-z]", "[z-a]", "[a-é]", "é", "v1.é", "v1..", ".", "..", " v1", "v1 ", "v1\n", "v1\nv10", "release/.*",
		`release/[0-9]+\.[0-9]+`, `release\/1.0`, `\(v1\)`, "[(]v1[)]", `a\{b`, `v\+1`, `v\|1`, `v1\`, "x{1001}", `nightly-[0-9]{4}(-[0-9]{2}){2}`, "[[.a.]]b", "[[=a=]]-b",
		"[+--]", "[.-/0-9]+", `\s*v1`, `\S+`, "[&a~]+", "[[:upper:]].*", "a'b", "V1", "[A-z]1", "v1{1}{1}", "((v))1", "(a|b)-(b|c)", `\.`, `w_1`, `[a-z_]+1`,
	}
	g := newRealGit(t)
	for _, regex := range regexes {
		meant := lines(g.run(t, strings.Join(tagNames, "\n")+"\n", `r=$(printf '%s\n' "$1"); r=${r# }; set -f; eval "grep -Ex \"$r\""`, regex))
		compareTags(t, map[string]any{"tag_regex": regex}, tagNames, meant)
	}
}

// version_type: tags compares without a shell line: as bash does in [[ ]], and as grep -E does.
func TestRefFilterDifferential(t *testing.T) {
	t.Parallel()
	filters := []string{
		"*", "v*", "v1", "v1.*", "v?", "release/*", "*/x", "**", "v[0-9]", "a\\*b", "[", "v{1,10}", " v1", "v1 ", "(v1)", "@(v1|v10)", "v|1", "v+1", "+(v)1", "a'b", "\"v1\"",
		"$HOME", "a$b", "$(echo v1)", "a;b", "a&b", "a#b", "é", "?1", "V*", "~", "!v1", "a^b", "", "v1\nv10",
	}
	regexes := []string{"1", "^v", "v1$", "v1|x", "(v|V)1", "$HOME", `a\$b`, `a"b`, "[[:digit:]]{2}", ".", "-v", "v1\nv10", `\.`, "x?", "é", " "}
	g := newRealGit(t)
	names := strings.Join(tagNames, "\n") + "\n"
	for _, filter := range filters {
		meant := lines(g.run(t, names, `while IFS= read -r name; do
			while IFS= read -r filter; do if [[ "$name" == $filter ]]; then echo "$name"; break; fi; done <<< "$1"
		done`, filter))
		compareTags(t, map[string]any{"version_type": "tags", "tag_filters": []any{filter}}, tagNames, meant)
	}
	for _, regex := range regexes {
		meant := lines(g.run(t, names, `grep -E "$1"`, regex))
		compareTags(t, map[string]any{"version_type": "tags", "tag_regex": regex}, tagNames, meant)
	}
}

// compareTags holds the filter's decision on each tag against the real one. A spare check is right only where it says that
// the form is not modelled, or a tag has other letters than ASCII's.
func compareTags(t *testing.T, source map[string]any, tags, meant []string) {
	t.Helper()
	source["uri"] = "https://github.com/acme/app"
	f, err := lookup(t, "git").Filter(source)
	if err != nil {
		if len(meant) > 0 {
			t.Errorf("%v: %v, but %q are meant", source, err, meant)
		}
		return
	}
	for _, tag := range tags {
		d := f.Decide(event.Push{Repository: app, Ref: "refs/tags/" + tag}, nil)
		want := fmt.Sprintf("\n%s\n", strings.Join(meant, "\n"))
		isMeant := strings.Contains(want, "\n"+tag+"\n")
		spare := strings.Contains(d.Reason, "may count") || strings.Trim(tag, "abcdefghijklmnopqrstuvwxyzV0123456789./-_") != ""
		if d.Check != isMeant && (isMeant || !spare) {
			t.Errorf("%v of %q: got %v %q, want %v", source, tag, d.Check, d.Reason, isMeant)
		}
	}
}

func lines(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == '\n' })
}

func TestCISkipDifferential(t *testing.T) {
	t.Parallel()
	g := newRealGit(t)
	for _, message := range []string{
		"x", "[ci skip]", "x [ci skip] y", "[skip ci]", "x\n\nbody\n[skip ci]\n", "[CI SKIP]", "[ci\tskip]", "[ci  skip]", "[ciskip]", "[ci\nskip]", "ci skip",
		"[[ci skip]]", "[skip ci", "x\n\n[ci skip]x\ny", "[ci-skip]", "[ci skip][skip ci]", "[skip\vci]",
	} {
		id := g.commit(t, message)
		// As in assets/check, which inverts the match.
		kept := g.run(t, id+"\n", `eval "git rev-list --stdin --date-order --grep=\"\\[ci\\sskip\\]\" --grep=\"\\[skip\\sci\\]\" --invert-grep --first-parent --no-walk=unsorted"`)
		d := filterOf(t, "git", appMain+`}`).Decide(messages(message), nil)
		if isKept := strings.TrimSpace(kept) == id; isKept && !d.Check {
			t.Errorf("%q: git keeps it, got %q", message, d.Reason)
		} else if !isKept && d.Check && !strings.Contains(message, "\v") {
			t.Errorf("%q: git leaves it out, got %q", message, d.Reason)
		}
	}
}

// Which pushes concern a resource by their paths, against real git. Package pathspec's own tests go deeper; this one holds
// the whole way from a source to a decision.
func TestPathsDifferential(t *testing.T) {
	t.Parallel()
	g := newRealGit(t)
	files := []string{"a", "a.txt", "dir/a.txt", "dir/sub/b.go", "dir name/c", "foo[1]/x", "docs/.hidden", "lib/a b", "dirx/a"}
	pairs := []struct{ paths, ignored []string }{
		{[]string{"dir"}, nil},
		{[]string{"dir/"}, nil},
		{[]string{"*.txt"}, nil},
		{[]string{"dir/*"}, []string{"*.go"}},
		{nil, []string{"dir"}},
		{[]string{"foo[1]"}, nil},
		{[]string{"dir name"}, nil},
		{[]string{"'dir name'"}, nil},
		{[]string{"{a,docs}"}, nil},
		{[]string{"a", "docs"}, []string{"a"}},
		{[]string{"./dir//sub"}, nil},
		{[]string{"**/a.txt"}, nil},
		{[]string{"."}, nil},
		{nil, []string{"*"}},
		{[]string{"lib/a?b"}, nil},
	}
	for _, pair := range pairs {
		source := map[string]any{"uri": "https://github.com/acme/app", "branch": "main"}
		source["paths"], source["ignore_paths"] = pair.paths, pair.ignored
		f, err := lookup(t, "git").Filter(source)
		if err != nil {
			t.Errorf("%v: %v", source, err)
			continue
		}
		paths, ignored := strings.Join(pair.paths, " "), ""
		if len(pair.paths) == 0 {
			paths = "."
		}
		for _, pattern := range pair.ignored {
			ignored += " :!" + pattern
		}
		for _, file := range files {
			id := strings.TrimSpace(g.run(t, "", `export GIT_INDEX_FILE=$(mktemp -u); blob=$(git hash-object -w --stdin </dev/null)
				git update-index --add --cacheinfo 100644,$blob,"$1" && git commit-tree -m x $(git write-tree); rm -f $GIT_INDEX_FILE`, file))
			if id == "" {
				t.Fatalf("git made no commit of %q", file)
			}
			listed := g.run(t, "", `set -f; eval "git rev-list --first-parent $1 -- $2"`, id, paths+ignored)
			if want := strings.TrimSpace(listed) == id; f.Decide(push("refs/heads/main", file), nil).Check != want {
				t.Errorf("%v of %q: want %v", source, file, want)
			}
		}
	}
}
