// Package printable keeps the text that people read in one line, and away from their terminal's controls. Names and reasons come
// from a pipeline's author or a delivery's sender, who may write a line break, an escape sequence, or characters that turn the
// direction of the text.
//
// Printable is what unicode.IsPrint calls so: letters, marks, numbers, punctuation, symbols and the ASCII space. All else is escaped:
// control characters (ASCII's and C1's), line separators, bidirectional and other format characters, and bytes that are not UTF-8.
package printable

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Name is a name as it is, or as strconv.Quote writes it where it could be mistaken: if it is empty, has characters that are not
// printable, blanks at an end, a double quote, or one of the characters in special.
func Name(name, special string) string {
	if name == "" || strings.ContainsAny(name, special+`"`) || strings.TrimSpace(name) != name || Line(name) != name {
		return strconv.Quote(name)
	}
	return name
}

// Line is a text with what is not printable written as in a Go string: \n, \x1b, \u202e.
func Line(text string) string {
	return escape(text, "", func(character string) string {
		quoted := strconv.Quote(character)
		return quoted[1 : len(quoted)-1]
	})
}

// Row is a row of a table for a tabwriter: each cell as Line writes it, a tab between two, and a line break at the end.
func Row(cells ...string) string {
	for i := range cells {
		cells[i] = Line(cells[i])
	}
	return strings.Join(cells, "\t") + "\n"
}

// JSON is JSON, or any other text, with what is not printable written as in a JSON string: \u001b. Line breaks and tabs stay. JSON
// says the same then, since it has such characters in strings only.
func JSON(text string) string {
	return escape(text, "\n\t", func(character string) (escaped string) {
		for _, unit := range utf16.Encode([]rune(character)) {
			escaped += fmt.Sprintf(`\u%04x`, unit)
		}
		return escaped
	})
}

// Writer writes to w what is written to it, as JSON gives it: the last line of defence of a terminal. No character may be split over
// two writes.
func Writer(w io.Writer) io.Writer { return writer{w} }

type writer struct{ io.Writer }

func (w writer) Write(p []byte) (int, error) {
	if _, err := io.WriteString(w.Writer, JSON(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// escape puts what by gives in the place of each character that is neither printable nor one of allowed, and of each byte that is not
// UTF-8.
func escape(text, allowed string, by func(character string) string) string {
	var b strings.Builder
	done := 0
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if invalid := r == utf8.RuneError && size == 1; invalid || !unicode.IsPrint(r) && !strings.ContainsRune(allowed, r) {
			b.WriteString(text[done:i])
			b.WriteString(by(text[i : i+size]))
			done = i + size
		}
		i += size
	}
	if done == 0 {
		return text
	}
	b.WriteString(text[done:])
	return b.String()
}
