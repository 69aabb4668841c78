package logline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/printable"
)

// logged is the one line that a call makes. It fails if that is too long, or not JSON.
func logged(t *testing.T, call func(*slog.Logger)) (line string, fields map[string]any) {
	t.Helper()
	var b bytes.Buffer
	call(New(&b, slog.LevelInfo))
	line = b.String()
	if len(line) > 8<<10 || strings.Count(line, "\n") != 1 || !strings.HasSuffix(line, "\n") {
		t.Errorf("%d bytes, %d lines: %s", len(line), strings.Count(line, "\n"), line)
	}
	if err := json.Unmarshal([]byte(line), &fields); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	return line, fields
}

// Whatever is long is cut, and what is short stays.
func TestLinesAreCut(t *testing.T) {
	t.Parallel()
	events := make([]string, 5000)
	for i := range events {
		events[i] = fmt.Sprintf("push of refs/heads/main to https://git.example.com/o/r%d", i)
	}
	many := make([]any, 0, 4000)
	for i := range 2000 {
		many = append(many, fmt.Sprint("attribute", i), "value")
	}
	for name, attrs := range map[string][]any{
		"5,000 events":       {"events", events},
		"error of megabytes": {"error", errors.New(strings.Repeat("x", 3<<20))},
		"escapes":            {"error", strings.Repeat("\x1b\"\\\n\u2028", 5000)},
		"long characters":    {"error", strings.Repeat("é𝄞", 5000)},
		"no UTF-8":           {"error", strings.Repeat("\xff", 9000)},
		"group":              {slog.Group("g", "a", strings.Repeat("x", 9000), "b", events)},
		"list of lists":      {"list", [][]string{events, events}},
		"first is long":      {"list", []string{strings.Repeat("x", 9000), "y"}},
		"name":               {strings.Repeat("n", 9000), "value"},
		"many attributes":    many,
		"all of it":          append([]any{"events", events, "stack", strings.Repeat("x", 1<<20), "error", strings.Repeat("y", 1<<20)}, many...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, fields := logged(t, func(l *slog.Logger) { l.With("status", 401).Info("delivery", attrs...) })
			if cut, _ := fields["cut"].(string); !strings.HasPrefix(cut, "the line had ") {
				t.Errorf("cut is %q", fields["cut"])
			}
			if fields["msg"] != "delivery" || fields["level"] != "INFO" || fields["time"] == "" || fields["status"] != 401.0 {
				t.Errorf("what is short is lost: %v", fields)
			}
		})
	}
}

// The line is filled, and keeps its order: a list begins with its first elements and a text with its first characters.
func TestWhatIsKept(t *testing.T) {
	t.Parallel()
	events := slices.Repeat([]string{"event"}, 5000)
	events[0] = "first"
	line, fields := logged(t, func(l *slog.Logger) { l.Info("m", "events", events, "error", "broken: "+strings.Repeat("é", 9000)) })
	list, _ := fields["events"].([]any)
	text, _ := fields["error"].(string)
	if len(list) < 200 || list[0] != "first" || list[1] != "event" || list[len(list)-1] != "…" {
		t.Errorf("%d events are kept: %.100v", len(list), list)
	}
	if len(text) < 1500 || !strings.HasPrefix(text, "broken: éé") || !strings.HasSuffix(text, "é…") {
		t.Errorf("%d bytes of the error are kept: %.100s", len(text), text)
	}
	if !strings.HasPrefix(line, `{"time":`) || strings.Index(line, `"events"`) > strings.Index(line, `"error"`) {
		t.Errorf("the order is another one: %s", line)
	}
}

// A line that is short enough is written as it is.
func TestShortLine(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if line := strings.Repeat("x", 8<<10); true {
		if n, err := (limited{&b}).Write([]byte(line)); n != len(line) || err != nil || b.String() != line {
			t.Errorf("wrote %d, %v", n, err)
		}
	}
	_, fields := logged(t, func(l *slog.Logger) { l.Debug("unseen"); l.Info("m", "a", 1) })
	if _, cut := fields["cut"]; cut || fields["a"] != 1.0 {
		t.Errorf("fields %v", fields)
	}
}

// A line that is no JSON, as no handler writes it, becomes one that is.
func TestLineThatIsNoJSON(t *testing.T) {
	t.Parallel()
	for _, line := range []string{strings.Repeat("\xff{", 9000), `{"a":` + strings.Repeat("1", 9000), "{" + strings.Repeat("[", 9000)} {
		if out := shorten([]byte(line)); len(out) > most || !json.Valid(out) {
			t.Errorf("%.20s: %s", line, out)
		}
	}
}

// FuzzLine: a line is valid JSON of at most 8 KiB, and says so where it was cut.
func FuzzLine(f *testing.F) {
	f.Add("m", "k", "v", uint16(299), false)
	f.Add("m\x1b\n", "", "\xff\"\\", uint16(299), true)
	f.Add(strings.Repeat("é", 5000), "k", "\u2028𝄞", uint16(1), true)
	f.Fuzz(func(t *testing.T, message, key, value string, n uint16, group bool) {
		message, key, value = message[:min(len(message), 20_000)], key[:min(len(key), 1000)], value[:min(len(value), 100)]
		long := strings.Repeat(value, int(n)%300)
		attrs := []any{key, long, "list", slices.Repeat([]string{value}, int(n)%300), "raw", slices.Repeat([]any{map[string]string{key: value}}, int(n)%100)}
		var plain bytes.Buffer
		write := func(l *slog.Logger) {
			if group {
				l = l.WithGroup("g").With("with", long)
			}
			l.Info(message, attrs...) //nolint:sloglint // the message is what is fuzzed
		}
		write(slog.New(slog.NewJSONHandler(printable.Writer(&plain), nil)))
		_, fields := logged(t, write)
		if _, cut := fields["cut"]; cut != (plain.Len() > 8<<10) && key != "cut" {
			t.Fatalf("a line of %d bytes is said to be cut: %v", plain.Len(), cut)
		}
	})
}
