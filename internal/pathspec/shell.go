package pathspec

import (
	"errors"
	"fmt"
	"strings"
)

var errUnclosedQuote = errors.New("shell syntax error: unclosed quote")

// words splits the arguments of a command as bash does with globbing off: blanks, quotes, backslashes and braces. It fails with an
// uncertainty if bash would run or look up something (expansions, operators, comments, a home directory), and with another error if
// bash refuses the line.
func words(line string) ([]string, error) {
	if len(line) > maxLine {
		return nil, large(fmt.Sprintf("%d bytes of patterns, more than %d", len(line), maxLine))
	}
	raw, err := split(line)
	if err != nil {
		return nil, err
	}
	var out []string
	var x expander
	size := 0
	for _, r := range raw {
		expanded, err := x.expand(r)
		if err != nil {
			return nil, err
		}
		for _, e := range expanded {
			if tilde(e) {
				return nil, uncertainty(fmt.Sprintf("home directory in %q", e))
			}
			if err := recheck(e); err != nil {
				return nil, err
			}
			if w, ok := unquote(e); ok {
				out = append(out, w)
				size += len(w)
			}
		}
		if len(out) > maxWords || size > maxLine {
			return nil, large(fmt.Sprintf("more than %d patterns, or %d bytes of them", maxWords, maxLine))
		}
	}
	return out, nil
}

// split cuts a line into words that still have their quotes and backslashes.
func split(line string) ([]string, error) {
	var out []string
	start := -1
	for i := 0; i < len(line); {
		c := line[i]
		if c == ' ' || c == '\t' {
			if start >= 0 {
				out = append(out, line[start:i])
				start = -1
			}
			i++
			continue
		}
		if c == '#' && start < 0 {
			return nil, uncertainty("a shell comment, which cuts off the command")
		}
		if start < 0 {
			start = i
		}
		n, err := unit(line[i:])
		if err != nil {
			return nil, err
		}
		i += n
	}
	if start >= 0 {
		out = append(out, line[start:])
	}
	return out, nil
}

// unit returns the length of what the shell reads first in s: a character, an escaped one, or a quoted string.
func unit(s string) (int, error) {
	switch s[0] {
	case '\\':
		return min(2, len(s)), nil
	case '\'':
		end := strings.IndexByte(s[1:], '\'')
		if end < 0 {
			return 0, errUnclosedQuote
		}
		return end + 2, nil
	case '"':
		return doubleQuoted(s)
	case '(', ')':
		return 0, fmt.Errorf("shell syntax error: unquoted %q", s[0])
	case '|', '&', ';', '<', '>':
		return 0, uncertainty(fmt.Sprintf("shell operator %q", s[0]))
	case '$', '`':
		return 1, expansion(s, false)
	}
	return 1, nil
}

// doubleQuoted returns the length of the double-quoted string that s begins with.
func doubleQuoted(s string) (int, error) {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return i + 1, nil
		case '\\':
			i++
		case '$', '`':
			if err := expansion(s[i:], true); err != nil {
				return 0, err
			}
		}
	}
	return 0, errUnclosedQuote
}

// expansion returns an uncertainty if s begins with an expansion rather than with a lone dollar.
func expansion(s string, quoted bool) error {
	if s[0] == '`' {
		return uncertainty("shell command substitution")
	}
	if len(s) == 1 {
		return nil
	}
	c := s[1]
	switch {
	case c == '_', isAlnum(c), strings.IndexByte("({[@*#?-$!", c) >= 0:
		return uncertainty(fmt.Sprintf("shell expansion $%c", c))
	case !quoted && (c == '\'' || c == '"'):
		return uncertainty(fmt.Sprintf("shell quoting $%c", c))
	}
	return nil
}

// recheck looks again at a word that brace expansion put together, since `{$,}HOME` makes an expansion of a lone dollar.
func recheck(raw string) error {
	for i := 0; i < len(raw); {
		n, err := unit(raw[i:])
		if err != nil {
			return uncertainty(fmt.Sprintf("braces that make %s: %v", raw, err))
		}
		i += n
	}
	return nil
}

// tilde reports whether bash may replace a tilde in a raw word: at its beginning or, in what looks like an assignment, after an
// equals sign or a colon.
func tilde(raw string) bool {
	if strings.HasPrefix(raw, "~") {
		return true
	}
	_, value, ok := strings.Cut(raw, "=")
	return ok && (strings.HasPrefix(value, "~") || strings.Contains(value, ":~") || strings.Contains(value, "=~"))
}

// unquote removes the quotes and backslashes of a raw word that split accepted. It reports false for a word that the shell drops: an
// empty one without quotes.
func unquote(raw string) (string, bool) {
	var b strings.Builder
	quoted := false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; c {
		case '\\':
			quoted = true
			if i++; i < len(raw) {
				b.WriteByte(raw[i])
			}
		case '\'':
			quoted = true
			end := i + 1 + strings.IndexByte(raw[i+1:], '\'')
			b.WriteString(raw[i+1 : end])
			i = end
		case '"':
			quoted = true
			for i++; raw[i] != '"'; i++ {
				if raw[i] == '\\' && strings.IndexByte("$`\"\\", raw[i+1]) >= 0 {
					i++
				}
				b.WriteByte(raw[i])
			}
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), quoted || b.Len() > 0
}

func isAlnum(c byte) bool { return isAlpha(c) || '0' <= c && c <= '9' }

func isAlpha(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
