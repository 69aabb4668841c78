package resource

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/pathspec"
)

// nameMatcher decides which tags or branches a git source means.
type nameMatcher struct {
	text string
	// field is the one that text is of.
	field string
	// matches says whether a name is meant. It is nil where that is not known, and unsure then says why.
	matches func(name string, b *Budget) bool
	unsure  string
	// tooLarge says that the field is over a limit.
	tooLarge bool
	// broken says that grep refuses the regular expression.
	broken bool
	// both names two fields that exclude each other.
	both string
}

// newTagMatcher decides which tags are meant, as `git tag --list "FILTER"` and `git tag | grep -Ex "REGEX"` do after the shell
// expanded what stands between the quotes.
func newTagMatcher(filter, regex string) nameMatcher {
	filter, regex = shellValue(filter), shellValue(regex)
	switch {
	case filter != "" && regex != "":
		return bothSet("tag_filter", "tag_regex")
	case filter != "":
		return newTagFilter(filter)
	}
	return newTagRegex(regex)
}

func bothSet(filter, regex string) nameMatcher {
	both := filter + " and " + regex
	return nameMatcher{both: both, unsure: "both " + both + " are set"}
}

// shellValue is a value after x=$(jq ...) and ${x# }: without line ends at its end and without one space at its start.
func shellValue(s string) string { return strings.TrimPrefix(strings.TrimRight(s, "\n"), " ") }

// decide says whether what happened to a tag or a branch counts.
func (m nameMatcher) decide(rule Rule, what, name string, b *Budget) Decision {
	if m.tooLarge {
		return Check(uncertainLimit, "%s, which may count (%s)", what, m.unsure)
	}
	if m.matches == nil {
		return Check(unsure(m.unsure), "%s, which may count (%s)", what, m.unsure)
	}
	matches := m.matches(name, b)
	switch {
	case !b.take(0):
		return Check(uncertainBudget, "%s: %s needs more work than one delivery may cost", what, m.text)
	case m.text == "":
		return Check(rule, "%s", what)
	case matches:
		return Check(rule, "%s, which %s matches", what, m.text)
	}
	return Skip(rule, "%s, which %s does not match", what, m.text)
}

// newTagFilter reads a pattern of git's wildmatch without WM_PATHNAME. A pathspec with a wildcard is such a pattern. It also
// covers what lies below its literal text, which does not matter here, since no tag's name holds a wildcard.
func newTagFilter(filter string) nameMatcher {
	m := nameMatcher{text: "tag_filter " + filter, field: "tag_filter"}
	if m.unsure = unresolved("tag_filter", filter); m.unsure != "" {
		return m
	}
	switch {
	case strings.ContainsAny(filter[:1], "-:/") || strings.Contains(filter, "./") || strings.Contains(filter, "//") ||
		strings.Contains(filter, "\n"): // options, and forms that mean something to a pathspec only
		m.unsure = notModelled("tag_filter")
		return m
	case !strings.ContainsAny(filter, "*?[\\\"$`\n"):
		m.matches = func(tag string, _ *Budget) bool { return tag == filter }
		return m
	}
	set := pathspec.Compile([]string{`"` + filter + `"`}, nil)
	if m.unsure = set.Uncertain(); m.unsure == "" && set.Err() == nil {
		m.matches = func(tag string, b *Budget) bool {
			_, ok := set.MatchWithin(tag, b.steps())
			return ok
		}
	} else if m.unsure == "" {
		m.unsure = "the shell or git refuses tag_filter"
	}
	return m
}

func newTagRegex(regex string) nameMatcher {
	m := nameMatcher{text: "tag_regex " + regex, field: "tag_regex"}
	if m.unsure = unresolved("tag_regex", regex); m.unsure != "" {
		return m
	}
	text, ok := doubleQuoted(regex)
	if !ok {
		m.unsure = notModelled("tag_regex")
		return m
	}
	m.grep(text, "^(?:%s)$")
	return m
}

func notModelled(field string) string { return field + " is of a form that is not modelled" }

// grep sets what matches to what grep -E does with a regular expression, which stands in RE2's form in the place of %s.
func (m *nameMatcher) grep(text, format string) {
	translated, ok := fromERE(text)
	if !ok {
		m.unsure = notModelled(m.field)
		return
	}
	re, err := compileRegexp(m.field, fmt.Sprintf(format, translated))
	if m.tooLarge = isTooLarge(err); m.tooLarge {
		m.unsure = err.Error()
		return
	}
	if err != nil {
		m.unsure = notModelled(m.field)
		var syntaxError *syntax.Error
		m.broken = errors.As(err, &syntaxError) && // others may be RE2's own limits
			(syntaxError.Code == syntax.ErrMissingParen || syntaxError.Code == syntax.ErrUnexpectedParen)
		return
	}
	// Outside ASCII, what a dot or a class means depends on grep's locale.
	m.matches = func(name string, b *Budget) bool { return re.match(name, b) || strings.ContainsFunc(name, notASCII) }
}

func notASCII(r rune) bool { return r >= 0x80 }

// doubleQuoted is what the shell makes of text between double quotes; false where it would expand or end them.
func doubleQuoted(text string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		c, next := text[i], byte(0)
		if i+1 < len(text) {
			next = text[i+1]
		}
		switch {
		case c == '"' || c == '`' || c == '\n':
			return "", false
		case c == '$' && next != 0 && !strings.ContainsRune(")|/. ,%^", rune(next)):
			return "", false
		case c == '\\' && next == 0: // it would escape the closing quote
			return "", false
		case c == '\\' && strings.IndexByte("$`\"\\", next) >= 0:
			b.WriteByte(next)
			i++
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), true
}
