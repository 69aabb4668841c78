package stack

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"sync"
)

// lineWriter calls line for each complete line written to it.
type lineWriter struct {
	line func(string)

	mu   sync.Mutex
	rest []byte
}

func (w *lineWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rest = append(w.rest, p...)
	for {
		i := bytes.IndexByte(w.rest, '\n')
		if i < 0 {
			return len(p), nil
		}
		if w.line != nil {
			w.line(string(w.rest[:i]))
		}
		w.rest = w.rest[i+1:]
	}
}

// tail is the last lines of a log file, indented, for an error's text.
func tail(path string, lines int) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return fmt.Sprintf("  (no log: %v)", err)
	}
	all := strings.Split(strings.TrimRight(string(content), "\n"), "\n")
	if len(all) > lines {
		all = all[len(all)-lines:]
	}
	for i, line := range all {
		if len(line) > 500 {
			line = line[:500] + "..."
		}
		all[i] = "  " + line
	}
	return strings.Join(all, "\n")
}
