package printable_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/dpb587/concourse-resource-endpoints/internal/printable"
)

func TestName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"app":                            "app",
		"{pipeline-name}":                "{pipeline-name}",
		"a b":                            "a b",
		"größe-日本":                       "größe-日本",
		"x:y,z.w":                        "x:y,z.w",
		`a\b`:                            `a\b`,
		"":                               `""`,
		" a":                             `" a"`,
		"a ":                             `"a "`,
		"a/b":                            `"a/b"`,
		`a"b`:                            `"a\"b"`,
		"x\nplan: 0 to add\x1b[2K":       `"x\nplan: 0 to add\x1b[2K"`,
		"tab\there":                      `"tab\there"`,
		"c1\u0085\u009b2K":               `"c1\u0085\u009b2K"`,
		"line\u2028separator":            `"line\u2028separator"`,
		"bidi\u202eoverride":             `"bidi\u202eoverride"`,
		"zero\u200bwidth":                `"zero\u200bwidth"`,
		"no\u00a0break":                  `"no\u00a0break"`,
		"\xff":                           `"\xff"`,
		"\ufffd":                         "\ufffd",
		"private \U000F0000":             `"private \U000f0000"`,
		"a\\n":                           `a\n`, // a backslash and an n; with a line break it would have quotes
		"language tag \U000E0041 hidden": `"language tag \U000e0041 hidden"`,
	} {
		if got := printable.Name(name, "/"); got != want {
			t.Errorf("Name(%q) = %s, want %s", name, got, want)
		}
	}
}

func TestLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`push to "main"`:          `push to "main"`,
		"a\nb\r\tc\x1b[2K\x7f":    `a\nb\r\tc\x1b[2K\x7f`,
		"\u0085\u202e\u2028\xffé": `\u0085\u202e\u2028\xffé`,
		"\ufffd":                  "\ufffd",
		"":                        "",
	} {
		if got := printable.Line(text); got != want {
			t.Errorf("Line(%q) = %s, want %s", text, got, want)
		}
	}
}

// Nothing but line breaks and tabs comes through unescaped, and JSON still says the same.
func FuzzWriter(f *testing.F) {
	f.Add("plain é\n\tx")
	f.Add("\x1b[2K\x7f\u0085\u009b\u202e\u2028\U000E0041\xff\ufffd")
	f.Fuzz(func(t *testing.T, text string) {
		raw, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		if n, err := printable.Writer(&got).Write(raw); n != len(raw) || err != nil {
			t.Fatalf("wrote %d of %d: %v", n, len(raw), err)
		}
		var back, want string
		if json.Unmarshal(raw, &want) != nil || json.Unmarshal([]byte(got.String()), &back) != nil || back != want {
			t.Errorf("%q became %q", want, back)
		}
		got.Reset()
		if _, err := printable.Writer(&got).Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		for _, out := range []string{printable.Line(text), printable.Name(text, ""), strings.NewReplacer("\n", "", "\t", "").Replace(got.String())} {
			if !utf8.ValidString(out) || strings.ContainsFunc(out, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("%q has unprintable characters", out)
			}
		}
	})
}
