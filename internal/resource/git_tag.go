package resource

import (
	"errors"
	"regexp/syntax"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/pathspec"
)

// tagMatcher decides which tags a git source means, as `git tag --list "FILTER"` and `git tag | grep -Ex "REGEX"` do after
// the shell expanded what stands between the quotes.
type tagMatcher struct {
	text string
	// matches says whether a tag is meant. It is nil where that is not known, and unsure then says why.
	matches func(tag string, b *Budget) bool
	unsure  string
	// tooLarge says that the field is over a limit.
	tooLarge bool
	// broken says that grep refuses the regular expression.
	broken bool
}

func newTagMatcher(filter, regex string) tagMatcher {
	filter, regex = shellValue(filter), shellValue(regex)
	switch {
	case filter != "" && regex != "":
		return tagMatcher{unsure: "both tag_filter and tag_regex are set"}
	case filter != "":
		return newTagFilter(filter)
	}
	return newTagRegex(regex)
}

// shellValue is a value after x=$(jq ...) and ${x# }: without line ends at its end and without one space at its start.
func shellValue(s string) string { return strings.TrimPrefix(strings.TrimRight(s, "\n"), " ") }

// decide says whether the tag is meant.
func (m tagMatcher) decide(tag string, b *Budget) Decision {
	if m.tooLarge {
		return Check(uncertainLimit, "push to tag %s, which may count (%s)", tag, m.unsure)
	}
	if m.matches == nil {
		return Check(unsure(m.unsure), "push to tag %s, which may count (%s)", tag, m.unsure)
	}
	matches := m.matches(tag, b)
	switch {
	case !b.take(0):
		return Check(uncertainBudget, "push to tag %s: %s needs more work than one delivery may cost", tag, m.text)
	case matches:
		return Check(gitTag, "push to tag %s, which %s matches", tag, m.text)
	}
	return Skip(gitTag, "push to tag %s, which %s does not match", tag, m.text)
}

// newTagFilter reads a pattern of git's wildmatch without WM_PATHNAME. A pathspec with a wildcard is such a pattern. It also
// covers what lies below its literal text, which does not matter here, since no tag's name holds a wildcard.
func newTagFilter(filter string) tagMatcher {
	m := tagMatcher{text: "tag_filter " + filter}
	if m.unsure = unresolved("tag_filter", filter); m.unsure != "" {
		return m
	}
	switch {
	case strings.ContainsAny(filter[:1], "-:/") || strings.Contains(filter, "./") || strings.Contains(filter, "//") ||
		strings.Contains(filter, "\n"): // options, and forms that mean something to a pathspec only
		m.unsure = "tag_filter is of a form that is not modelled"
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

func newTagRegex(regex string) tagMatcher {
	m := tagMatcher{text: "tag_regex " + regex}
	if m.unsure = unresolved("tag_regex", regex); m.unsure != "" {
		return m
	}
	m.unsure = "tag_regex is of a form that is not modelled"
	text, ok := doubleQuoted(regex)
	if !ok {
		return m
	}
	translated, ok := fromERE(text)
	if !ok {
		return m
	}
	re, err := compileRegexp("tag_regex", `^(?:`+translated+`)$`)
	if m.tooLarge = isTooLarge(err); m.tooLarge {
		m.unsure = err.Error()
		return m
	}
	if err != nil {
		var syntaxError *syntax.Error
		m.broken = errors.As(err, &syntaxError) && // others may be RE2's own limits
			(syntaxError.Code == syntax.ErrMissingParen || syntaxError.Code == syntax.ErrUnexpectedParen)
		return m
	}
	m.unsure = ""
	// Outside ASCII, what a dot or a class means depends on grep's locale.
	m.matches = func(tag string, b *Budget) bool { return re.match(tag, b) || strings.ContainsFunc(tag, notASCII) }
	return m
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
