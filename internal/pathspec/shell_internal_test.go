package pathspec

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestWords(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		line string
		want []string
	}{
		{``, nil},
		{` a  b	c `, []string{"a", "b", "c"}},
		{`dir name 'dir name' "dir name" dir\ name`, []string{"dir", "name", "dir name", "dir name", "dir name"}},
		{`foo/{a,b}`, []string{"foo/a", "foo/b"}},
		{`a{b,{c,d}e}f`, []string{"abf", "acef", "adef"}},
		{`{a,b}{1,2}`, []string{"a1", "a2", "b1", "b2"}},
		{`{1..3} {03..1} {a..e..2} {1..9..4} {e..a..-2}`, []string{"1", "2", "3", "03", "02", "01", "a", "c", "e", "1", "5", "9", "e", "c", "a"}},
		{`{} {a} {a {,a} a{,} '{a,b}' \{a,b} {a\,b} {'a,b'}`, []string{"{}", "{a}", "{a", "a", "a", "a", "{a,b}", "{a,b}", "{a,b}", "{a,b}"}},
		{`{a..},b} {{a..}b,c} {-01..1} {1..2}{}`, []string{"a..}", "b", "{a..}b", "c", "-01", "000", "001", "1{}", "2{}"}},
		{`a\ {},b} a{\ ,b}`, []string{"a {},b}", "a ", "ab"}},
		{`"a\b\"c" 'a\b' a\b ''`, []string{`a\b"c`, `a\b`, "ab", ""}},
		{`$ a$ "$" a$/b`, []string{"$", "a$", "$", "a$/b"}},
		{`a#b a~ :~ :!x`, []string{"a#b", "a~", ":~", ":!x"}},
		{strings.Repeat("{", 60_000), []string{strings.Repeat("{", 60_000)}}, // took 9 s when each brace was looked up by itself
		{strings.Repeat("{", 9_000) + "a,b" + strings.Repeat("}", 9_000), []string{
			strings.Repeat("{", 8_999) + "a" + strings.Repeat("}", 8_999), strings.Repeat("{", 8_999) + "b" + strings.Repeat("}", 8_999),
		}},
	} {
		got, err := words(test.line)
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("words(%q) = %q, %v; want %q", test.line, got, err, test.want)
		}
	}
}

func TestWordsRefuses(t *testing.T) {
	t.Parallel()
	for line, unsure := range map[string]bool{
		`(`: false, `:(glob)x`: false, `a'b`: false, `a"b`: false, `"a\"`: false,
		"`x`": true, `$(x)`: true, `$HOME`: true, `${x}`: true, `"$x"`: true, `$'x'`: true, `{$,}x`: true, `a;b`: true, `a|b`: true, `a>b`: true,
		`# x`: true, `~/x`: true, `{~,a}`: true, `a=~/x`: true, `{1..99999999}`: true, `{A..z}`: true,
		strings.Repeat("{1..99}", 9):     true,
		strings.Repeat("{,}", 5_000_000): true, // overflowed the stack
		strings.Repeat("{,}", 20_000):    true, strings.Repeat("{1..1}", 10_000): true,
		strings.Repeat("{a,", 10_000) + strings.Repeat("}", 10_000): true, "{" + strings.Repeat("0", 30_000) + "1..500}": true,
		strings.Repeat("a ", 1001): true, "{1..1000}" + strings.Repeat("a", 100): true,
	} {
		_, err := words(line)
		if got := errors.As(err, new(uncertainty)); err == nil || got != unsure {
			t.Errorf("words(%q) says %v; uncertain %t, want %t", line, err, got, unsure)
		}
	}
}

// TestWordsAgreeWithBash compares random lines with what bash makes of them.
func TestWordsAgreeWithBash(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	lines := make([]string, 5000)
	for i := range lines {
		var b strings.Builder
		for range r.IntN(16) {
			pieces := []string{"a", "b", "{", "{", "}", "}", ",", ",", "..", "1", "3", "-", "'", `"`, `\`, " ", "0", "~", "=", "#", "(", "x.y", "+", "{1..3}", "{a..c}", "!", ":"}
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		lines[i] = b.String() + " " // as in a command, where a backslash is never the last byte
	}
	agree(t, lines)
}

// FuzzWords compares one line with bash.
func FuzzWords(f *testing.F) {
	for _, line := range []string{"a b", "{a,b}c{1..3}", `'a b'"c"\ d`, "{a,{b,c}}", "{{a,b}", "{01..-5..2}", `a\ {},b}`} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if strings.ContainsAny(line, "$`;&|<>\n\x00\x01") || strings.Count(line, "{") > 6 {
			t.Skip("bash would run it")
		}
		agree(t, []string{line + " "})
	})
}

// FuzzExpansion: what braces make is never more than the limits, in number and in bytes; a shell takes no time over the rest.
func FuzzExpansion(f *testing.F) {
	f.Add("a{b,{c,d}e}f", uint16(1))
	f.Add("{,}", uint16(500))
	f.Add("{1..1}", uint16(5000))
	f.Add("{{a,b},", uint16(300))
	f.Add("{0000001..999}", uint16(2))
	f.Fuzz(func(t *testing.T, piece string, times uint16) {
		if len(piece)*int(times) > 2*maxLine {
			t.Skip("longer than any line")
		}
		line := strings.Repeat(piece, int(times))
		var x expander
		if expanded, err := x.expand(line); err == nil && (len(expanded) > maxWords || len(strings.Join(expanded, " ")) > maxMade) || x.made > 2*maxMade {
			t.Errorf("%d words of %q x %d, by making %d bytes", len(expanded), piece, times, x.made)
		}
		if got, err := words(line); err == nil && (len(got) > maxWords || len(strings.Join(got, "")) > maxLine) {
			t.Errorf("%q x %d: %d words of %d bytes", piece, times, len(got), len(strings.Join(got, "")))
		}
	})
}

// RequireBash skips the test without bash 4 or later, except in CI.
func RequireBash(tb testing.TB) {
	tb.Helper()
	if err := exec.Command("bash", "-c", "((BASH_VERSINFO[0] >= 4))").Run(); err != nil {
		if os.Getenv("CI") == "true" {
			tb.Fatalf("running bash 4 or later: %v", err)
		}
		tb.Skipf("running bash 4 or later: %v", err)
	}
}

// agree fails the test unless words splits the lines as bash does, those that it is uncertain of aside.
func agree(t *testing.T, lines []string) {
	t.Helper()
	RequireBash(t)
	var known []string
	for _, line := range lines {
		if _, err := words(line); !errors.As(err, new(uncertainty)) {
			known = append(known, line)
		}
	}
	cmd := exec.Command("bash", "-c", `set -f
while IFS= read -r -d '' line; do
  eval "printf '%s\1' $line" 2>/dev/null || printf ERROR
  printf '\0'
done`)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=/home", "LC_ALL=C"}
	cmd.Stdin = strings.NewReader(strings.Join(append(known, ""), "\x00"))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	answers := bytes.Split(out, []byte{0})
	if len(answers) != len(known)+1 {
		t.Fatalf("%d answers to %d lines", len(answers)-1, len(known))
	}
	for i, line := range known {
		got, err := words(line)
		text := strings.Join(append(got, ""), "\x01")
		if len(got) == 0 {
			text = "\x01" // printf prints its format once
		}
		if err != nil {
			text = "ERROR"
		}
		if text != string(answers[i]) {
			t.Errorf("words(%q) = %q, %v; bash says %q", line, got, err, answers[i])
		}
	}
	t.Logf("%d of %d lines", len(known), len(lines))
}
