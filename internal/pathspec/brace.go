package pathspec

import (
	"fmt"
	"strconv"
	"strings"
)

// expandBraces expands `a{b,c}d` and `{1..3}` in a raw word as bash does, before any quote is removed. It returns a word without
// braces alone, and fails with an uncertainty if there would be very many words.
func expandBraces(word string) ([]string, error) {
	open, shut := findBraces(word)
	if open < 0 {
		return []string{word}, nil
	}
	inner := word[open+1 : shut]
	var middle []string
	var err error
	switch {
	case unescapedComma(inner):
		middle, err = expandList(inner)
	default:
		middle, err = sequence(inner)
		if middle == nil {
			middle = []string{word[open : shut+1]}
		}
	}
	if err != nil {
		return nil, err
	}
	tail, err := expandBraces(word[shut+1:])
	if err != nil {
		return nil, err
	}
	if len(middle)*len(tail) > maxWords {
		return nil, uncertainty("braces that expand to very many words")
	}
	out := make([]string, 0, len(middle)*len(tail))
	for _, m := range middle {
		for _, t := range tail {
			out = append(out, word[:open]+m+t)
		}
	}
	return out, nil
}

// findBraces returns where the first expansion opens and where it closes, or -1.
func findBraces(word string) (open, shut int) {
	for i := 0; ; i++ {
		i = scanBraces(word, i, '{')
		if i == len(word) {
			return -1, -1
		}
		if shut := scanBraces(word, i+1, '}'); shut < len(word) {
			return i, shut
		}
	}
}

// scanBraces returns the place of the first want at or after i that is neither quoted nor nested in braces, or len(word). A closing
// brace counts only after a comma or a `..` of its own level.
func scanBraces(word string, i int, want byte) int {
	depth, separated := 0, want != '}'
	for i < len(word) {
		c := word[i]
		if c == want && depth == 0 && separated {
			if c != '{' || !aloneAt(word, i) {
				return i
			}
			i++
			continue
		}
		switch {
		case c == '{':
			depth++
		case c == '}' && depth > 0:
			depth--
		case c == ',' && depth == 0:
			separated = true
		case strings.HasPrefix(word[i:], "..") && depth == 0 && !strings.HasPrefix(word[i:], "..}"):
			separated = true
		}
		i += skip(word[i:])
	}
	return len(word)
}

// aloneAt reports whether the brace at i is plain text because blanks, the word's ends or a closing brace surround it, as in `{}`.
func aloneAt(word string, i int) bool {
	before := i == 0 || word[i-1] == ' ' || word[i-1] == '\t'
	return before && (i+1 == len(word) || strings.IndexByte(" \t}", word[i+1]) >= 0)
}

// skip returns the length of the unit at the beginning of s, where an unclosed quote extends to the end: brace expansion can cut a
// word at places where split would not.
func skip(s string) int {
	n, err := unit(s)
	if err != nil {
		return len(s)
	}
	return n
}

// unescapedComma reports whether s has a comma without a backslash before it. Quotes and nesting do not count, as in bash.
func unescapedComma(s string) bool {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case ',':
			return true
		}
	}
	return false
}

// expandList expands the inside of `{a,b}`.
func expandList(inner string) ([]string, error) {
	var out []string
	for start := 0; ; {
		end := scanBraces(inner, start, ',')
		expanded, err := expandBraces(inner[start:end])
		if err != nil {
			return nil, err
		}
		out = append(out, expanded...)
		if len(out) > maxWords {
			return nil, uncertainty("braces that expand to very many words")
		}
		if end == len(inner) {
			return out, nil
		}
		start = end + 1
	}
}

// sequence expands the inside of `{1..3}`, `{01..10..2}` or `{a..e}`. It returns nil if it is no sequence.
func sequence(inner string) ([]string, error) {
	from, rest, ok := strings.Cut(inner, "..")
	if !ok {
		return nil, nil
	}
	to, by, hasStep := strings.Cut(rest, "..")
	step := int64(1)
	if hasStep {
		n, err := strconv.ParseInt(by, 10, 64)
		if err != nil {
			return nil, nil //nolint:nilerr // it is no sequence, and bash leaves it as it stands
		}
		step = n
	}
	if len(from) == 1 && len(to) == 1 && isAlpha(from[0]) && isAlpha(to[0]) {
		if (from[0] < 'a') != (to[0] < 'a') {
			return nil, uncertainty(fmt.Sprintf("letters of both cases in {%s}", inner))
		}
		return count(int64(from[0]), int64(to[0]), step, func(n int64) string { return string(rune(n)) })
	}
	first, err1 := strconv.ParseInt(from, 10, 64)
	last, err2 := strconv.ParseInt(to, 10, 64)
	if err1 != nil || err2 != nil {
		return nil, nil //nolint:nilerr // as above
	}
	width := 0
	if zeroPadded(from) || zeroPadded(to) {
		width = max(len(from), len(to))
	}
	return count(first, last, step, func(n int64) string { return fmt.Sprintf("%0*d", width, n) })
}

// count lists the numbers from first to last, both included, in steps whose sign is that of the direction.
func count(first, last, step int64, format func(int64) string) ([]string, error) {
	size := max(step, -step, 1)
	steps := (max(first, last) - min(first, last)) / size
	if steps < 0 || size < 0 || steps > maxWords {
		return nil, uncertainty("braces that expand to very many words")
	}
	if first > last {
		size = -size
	}
	out := make([]string, 0, steps+1)
	for i := range steps + 1 {
		out = append(out, format(first+i*size))
	}
	return out, nil
}

// zeroPadded reports whether a bound asks bash to give all numbers one width.
func zeroPadded(s string) bool {
	s = strings.TrimPrefix(s, "-")
	return len(s) > 1 && s[0] == '0'
}
