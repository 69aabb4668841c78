package resource

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// FuzzProgram: whatever is compiled is about as small as the limit says, counted before it is compiled.
func FuzzProgram(f *testing.F) {
	for _, text := range []string{"a{1000}", "(a{30}){30}", "(a{1,500}|b{3,}){2}", `[\pL\d]{999}`, "(?i)straße{20}", "((x*)*)+", "(.?){500}", "^$a||"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > maxString {
			t.Skip("a longer field is not read")
		}
		p, err := compileRegexp("regexp", text)
		if err != nil && !isTooLarge(err) {
			if _, plain := regexp.Compile(text); plain == nil {
				t.Errorf("%q: %v", text, err)
			}
		}
		if err != nil {
			return
		}
		tree, err := syntax.Parse(text, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		compiled, err := syntax.Compile(tree.Simplify())
		if err != nil || len(compiled.Inst) > p.size+10 || p.size > maxProgram {
			t.Errorf("%q: %d instructions, counted as %d (%v)", text, len(compiled.Inst), p.size, err)
		}
	})
}

// FuzzPattern: a pattern matches what the regular expression with .* for each unknown part does.
func FuzzPattern(f *testing.F) {
	f.Add("github.com/*/app", "github.com/acme/app")
	f.Add("*a*b*", "xaxbx")
	f.Add("a*a", "a")
	f.Add("é*K", "É/k")
	f.Fuzz(func(t *testing.T, shape, name string) {
		if strings.Contains(shape+name, unknown) || !utf8.ValidString(shape) || !utf8.ValidString(name) {
			t.Skip("no name has these")
		}
		for _, space := range []event.Space{event.SpaceRepository, event.SpaceBucket} {
			p, ok := newPattern(space, strings.ReplaceAll(shape, "*", unknown))
			if !ok {
				return
			}
			flags := "(?s)"
			if p.fold {
				flags = "(?si)"
			}
			want := regexp.MustCompile(flags + "^" + strings.ReplaceAll(regexp.QuoteMeta(shape), `\*`, ".*") + "$")
			if got := p.Match(event.Key{Space: space, Name: name}); !got && want.MatchString(name) {
				t.Errorf("%s %q of %q: %v", space, shape, name, got)
			}
		}
	})
}
