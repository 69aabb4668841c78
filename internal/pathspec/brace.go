package pathspec

import (
	"fmt"
	"strconv"
	"strings"
)

// Limits of what one resource's paths and ignore_paths may be, and become by braces. Any of them is far above what people write;
// what is over one is uncertain.
const (
	maxLine  = 64 << 10 // the bytes of all patterns, and of all that braces make of them
	maxWords = 1000     // patterns
	maxDepth = 20       // braces within braces
	maxMade  = 1 << 20  // the bytes of all words and parts of words that are made on the way
)

const tooManyWords = large("braces that expand to very many words")

// expander expands the braces of one resource's words, and counts the bytes that it makes.
type expander struct{ made int }

// word is a raw word with its braces: marks has the bytes that may mean something to brace expansion, in their places, and shut
// says for each opening brace where it is closed; 0 if it is not.
type word struct {
	text  string
	marks []byte
	shut  []int32
}

// expand expands `a{b,c}d` and `{1..3}` in a raw word as bash does, before any quote is removed. It returns a word without
// braces alone, and fails with an uncertainty if the words would be very many or long, or the braces deeply nested.
func (x *expander) expand(text string) ([]string, error) {
	if !strings.Contains(text, "{") {
		return []string{text}, nil
	}
	w := &word{text: text, marks: marksOf(text)}
	w.shut = closings(w.marks)
	return x.part(w, 0, len(text), 0)
}

// part expands the part of a word from one place up to another.
func (x *expander) part(w *word, from, to, depth int) ([]string, error) {
	if depth > maxDepth {
		return nil, large("braces that are nested very deeply")
	}
	out := []string{""}
	for i := from; i < to; i++ {
		shut := int(w.shut[i])
		if shut == 0 || shut >= to || aloneAt(w.text[from:to], i-from) {
			continue
		}
		middle, err := x.inside(w, i+1, shut, depth)
		if err != nil {
			return nil, err
		}
		if out, err = x.product(out, w.text[from:i], middle); err != nil {
			return nil, err
		}
		i, from = shut, shut+1
	}
	return x.product(out, w.text[from:to], []string{""})
}

// inside expands what is between two braces.
func (x *expander) inside(w *word, from, to, depth int) ([]string, error) {
	inner := w.text[from:to]
	if unescapedComma(inner) {
		return x.list(w, from, to, depth)
	}
	out, err := sequence(inner)
	if out == nil && err == nil {
		out = []string{w.text[from-1 : to+1]}
	}
	return out, err
}

// list expands the inside of `{a,b}`.
func (x *expander) list(w *word, from, to, depth int) ([]string, error) {
	var out []string
	for level, i := 0, from; i <= to; i++ {
		switch {
		case i < to && w.marks[i] == '{':
			level++
		case i < to && w.marks[i] == '}' && level > 0:
			level--
		case i == to || w.marks[i] == ',' && level == 0:
			expanded, err := x.part(w, from, i, depth+1)
			if err != nil {
				return nil, err
			}
			if out = append(out, expanded...); len(out) > maxWords {
				return nil, tooManyWords
			}
			from = i + 1
		}
	}
	return out, nil
}

// product joins each of the heads with the text and each of the tails.
func (x *expander) product(heads []string, text string, tails []string) ([]string, error) {
	if len(heads)*len(tails) > maxWords {
		return nil, tooManyWords
	}
	out := make([]string, 0, len(heads)*len(tails))
	for _, head := range heads {
		for _, tail := range tails {
			if x.made += len(head) + len(text) + len(tail) + 1; x.made > maxMade {
				return nil, tooManyWords
			}
			out = append(out, head+text+tail)
		}
	}
	return out, nil
}

// marksOf finds the braces, commas and `..` of a word that are not quoted; a dot stands for `..`.
func marksOf(text string) []byte {
	marks := make([]byte, len(text))
	for i := 0; i < len(text); i += skip(text[i:]) {
		switch c := text[i]; {
		case c == '{', c == '}', c == ',':
			marks[i] = c
		case strings.HasPrefix(text[i:], "..") && !strings.HasPrefix(text[i:], "..}"):
			marks[i] = '.'
		}
	}
	return marks
}

// level holds the opening braces that wait for their end in the same pair of braces: armed are those for which the next closing
// brace is the end, because a comma or a `..` came since. The others are only passed on to the pair around this one.
type level struct{ waiting, armed chain }

// chain is a list of opening braces: their places plus one, linked by a slice of the word's length; 0 is the end.
type chain struct{ first, last int32 }

func (c chain) join(d chain, next []int32) chain {
	switch {
	case c.first == 0:
		return d
	case d.first == 0:
		return c
	}
	next[c.last-1] = d.first
	return chain{c.first, d.last}
}

// closings finds where each opening brace is closed: by the first closing brace that belongs to no brace after it, if that comes
// after a comma or a `..` which also belongs to none. It takes one pass, however the braces are nested.
func closings(marks []byte) []int32 {
	shut, next := make([]int32, len(marks)), make([]int32, len(marks))
	levels := []level{{}}
	for i, mark := range marks {
		top := &levels[len(levels)-1]
		switch mark {
		case '{':
			here := int32(i + 1)
			levels = append(levels, level{waiting: chain{here, here}})
		case ',', '.':
			top.armed, top.waiting = top.armed.join(top.waiting, next), chain{}
		case '}':
			for open := top.armed.first; open != 0; open = next[open-1] {
				shut[open-1] = int32(i)
			}
			top.armed = chain{}
			if n := len(levels) - 1; n > 0 {
				levels[n-1].waiting = levels[n-1].waiting.join(top.waiting, next)
				levels = levels[:n]
			}
		}
	}
	return shut
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
		return count(int64(from[0]), int64(to[0]), step, 1, func(n int64) string { return string(rune(n)) })
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
	return count(first, last, step, width, func(n int64) string { return fmt.Sprintf("%0*d", width, n) })
}

// count lists the numbers from first to last, both included, in steps whose sign is that of the direction. Each takes width bytes,
// or a few more.
func count(first, last, step int64, width int, format func(int64) string) ([]string, error) {
	size := max(step, -step, 1)
	steps := (max(first, last) - min(first, last)) / size
	if steps < 0 || size < 0 || steps >= maxWords || int(steps+1)*width > maxMade {
		return nil, tooManyWords
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
