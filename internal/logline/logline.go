// Package logline makes the logger of the endpoints. Whatever a delivery or an error holds, a line of the log is one JSON object of
// limited length and of printable characters, so that no sender fills the log or steers the terminal of who reads it, and what collects
// it cuts no line in the middle.
package logline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"unicode/utf8"

	"github.com/dpb587/concourse-resource-endpoints/internal/printable"
)

const (
	// most is the length of a line, with its newline, in bytes.
	most = 8 << 10
	// mostName is the length of a name in a line that is cut.
	mostName = 128
	ellipsis = `"…"`
)

// New makes a logger that writes lines of JSON.
func New(w io.Writer, level slog.Leveler) *slog.Logger {
	return slog.New(slog.NewJSONHandler(limited{w}, &slog.HandlerOptions{Level: level}))
}

// limited writes lines. A slog.JSONHandler makes one Write of each.
type limited struct{ io.Writer }

func (l limited) Write(line []byte) (int, error) {
	out := []byte(printable.JSON(string(line)))
	if len(out) > most {
		out = shorten(out)
	}
	if _, err := l.Writer.Write(out); err != nil {
		return 0, err
	}
	return len(line), nil
}

// field is a member of a JSON object, as it is written there.
type field struct{ name, value []byte }

// shorten cuts the longest values of a line until it is short enough, and adds its length in a field cut.
func shorten(line []byte) []byte {
	fields, err := read(line)
	if err != nil { // never: the line is a handler's
		fields = []field{{[]byte(`"msg"`), quote(line)}}
	}
	for i, f := range fields {
		fields[i] = field{cut(f.name, mostName), cut(f.value, most)}
	}
	mark := fmt.Appendf(nil, `"the line had %d bytes"`, len(line))
	for share := most; ; share = share * 3 / 4 {
		if share < len(ellipsis) { // so many fields that some are left out
			fields, share = fields[:len(fields)*3/4], most/4
		}
		if out := write(fields, share, mark); len(out) <= most {
			return out
		}
	}
}

// write makes a line of the fields, with at most share bytes of each value.
func write(fields []field, share int, mark []byte) []byte {
	out := []byte{'{'}
	for _, f := range append(slices.Clip(fields), field{[]byte(`"cut"`), mark}) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(append(out, f.name...), ':'), cut(f.value, share)...)
	}
	return append(out, '}', '\n')
}

func read(line []byte) (fields []field, err error) {
	d := json.NewDecoder(bytes.NewReader(line))
	if _, err = d.Token(); err != nil { // the brace
		return nil, err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		text, _ := name.(string)
		fields = append(fields, field{quote([]byte(text)), value})
	}
	return fields, nil
}

func quote(text []byte) []byte {
	quoted, err := json.Marshal(string(text))
	if err != nil { // never, for a string
		return []byte(ellipsis)
	}
	return quoted
}

// cut makes a JSON value of at most n bytes: a string loses its end, a list its last elements, and an object becomes a string.
func cut(value []byte, n int) []byte {
	switch {
	case len(value) <= n:
		return value
	case value[0] == '"':
		return cutText(value, n)
	case value[0] == '[':
		return cutList(value, n)
	case value[0] == '{':
		return cutText(quote(value), n)
	}
	return []byte(ellipsis)
}

// cutText cuts a JSON string between two characters.
func cutText(text []byte, n int) []byte {
	end := 1
	for {
		var size int
		switch {
		case text[end] == '\\' && text[end+1] == 'u':
			size = len(`\u0000`)
		case text[end] == '\\':
			size = 2
		default:
			_, size = utf8.DecodeRune(text[end:])
		}
		if end+size+len(`…"`) > n {
			return append(text[:end:end], `…"`...)
		}
		end += size
	}
}

// cutList keeps the first elements of a JSON list. A first text that is too long is cut, too.
func cutList(list []byte, n int) []byte {
	var elements []json.RawMessage
	if json.Unmarshal(list, &elements) != nil {
		return []byte(ellipsis)
	}
	out := []byte{'['}
	for _, e := range elements {
		room := n - len(out) - len(`,"…"]`)
		if len(e) > room {
			if len(out) == 1 && e[0] == '"' && room >= len(ellipsis) {
				out = append(append(out, cutText(e, room)...), ',')
			}
			break
		}
		out = append(append(out, e...), ',')
	}
	return append(append(out, ellipsis...), ']')
}
