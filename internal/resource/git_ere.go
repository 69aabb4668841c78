package resource

import (
	"regexp"
	"strings"
)

// ere reads a POSIX extended regular expression as GNU grep does (regex(7), and grep's own \w, \W, \s, \S) and writes one
// for RE2 that means the same.
type ere struct {
	in  string
	out strings.Builder
	// atom says that the part read last may be repeated.
	atom bool
}

// fromERE translates a whole expression. It reports false where RE2 can't say the same, or POSIX does not define what grep
// does: back-references, word anchors, a repetition of nothing or of a repetition, a brace that is no interval.
func fromERE(text string) (string, bool) {
	e := &ere{in: text}
	for e.in != "" {
		if !e.next() {
			return "", false
		}
	}
	return e.out.String(), true
}

func (e *ere) next() bool {
	c := e.in[0]
	switch c {
	case '\\':
		return e.escape()
	case '[':
		return e.bracket()
	case '*', '+', '?':
		return e.repeat(e.in[:1])
	case '{':
		return e.repeat(interval.FindString(e.in))
	case '(', '|', '^':
		e.write(e.in[:1], false)
	case ')', '.':
		e.write(e.in[:1], true)
	case '$':
		e.write(e.in[:1], false)
	default:
		e.write(regexp.QuoteMeta(e.in[:1]), true)
	}
	e.in = e.in[1:]
	return c < 0x80
}

// interval is {n}, {n,} or {n,m} without leading zeros.
var interval = regexp.MustCompile(`^\{(?:0|[1-9][0-9]{0,4})(?:,(?:0|[1-9][0-9]{0,4})?)?\}`)

func (e *ere) write(s string, atom bool) {
	e.out.WriteString(s)
	e.atom = atom
}

func (e *ere) repeat(operator string) bool {
	if operator == "" || !e.atom {
		return false
	}
	e.write(operator, false)
	e.in = e.in[len(operator):]
	return true
}

func (e *ere) escape() bool {
	if len(e.in) < 2 {
		return false
	}
	switch c := e.in[1]; {
	case c == 'w':
		e.write(`[[:alnum:]_]`, true)
	case c == 'W':
		e.write(`[^[:alnum:]_]`, true)
	case c == 's':
		e.write(`[[:space:]]`, true)
	case c == 'S':
		e.write(`[^[:space:]]`, true)
	case strings.IndexByte(`^.[]$()|*+?{}\/-`, c) >= 0:
		e.write(regexp.QuoteMeta(string(c)), true)
	default:
		return false
	}
	e.in = e.in[2:]
	return true
}

// bracket reads a bracket expression, in which a backslash is plain text and a ] may come first.
func (e *ere) bracket() bool {
	rest := e.in[1:]
	e.out.WriteByte('[')
	if strings.HasPrefix(rest, "^") {
		e.out.WriteByte('^')
		rest = rest[1:]
	}
	for first := true; ; first = false {
		switch {
		case rest == "" || rest[0] >= 0x80:
			return false
		case rest[0] == ']' && !first:
			e.write("]", true)
			e.in = rest[1:]
			return true
		case class.MatchString(rest):
			name := class.FindString(rest)
			e.out.WriteString(name)
			rest = rest[len(name):]
			if strings.HasPrefix(rest, "-") && !strings.HasPrefix(rest, "-]") {
				return false
			}
		case strings.HasPrefix(rest, "[:"), strings.HasPrefix(rest, "[."), strings.HasPrefix(rest, "[="):
			return false
		default:
			n := e.member(rest)
			if n == 0 {
				return false
			}
			rest = rest[n:]
		}
	}
}

// member writes one character of a bracket expression or one range of letters or digits, and returns the length of what it
// read; 0 for another range, which depends on grep's locale.
func (e *ere) member(rest string) int {
	if len(rest) > 2 && rest[1] == '-' && rest[2] != ']' {
		if !classRange.MatchString(rest) || rest[0] > rest[2] {
			return 0
		}
		e.out.WriteString(rest[:3])
		return 3
	}
	if strings.IndexByte(`[]\^-&~`, rest[0]) >= 0 {
		e.out.WriteByte('\\')
	}
	e.out.WriteByte(rest[0])
	return 1
}

var (
	class      = regexp.MustCompile(`^\[:(?:alnum|alpha|blank|cntrl|digit|graph|lower|print|punct|space|upper|xdigit):\]`)
	classRange = regexp.MustCompile(`^(?:[0-9]-[0-9]|[a-z]-[a-z]|[A-Z]-[A-Z])`)
)
