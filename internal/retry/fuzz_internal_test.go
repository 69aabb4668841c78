package retry

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// FuzzMessage: a message that can be read can be sent again, in parts that SQS takes and that have its names; one that can't be read
// becomes a dead one, which stays as it is.
func FuzzMessage(f *testing.F) {
	for _, body := range []string{
		`{"oldest":"2026-01-02T03:04:05Z","checks":[{"name":"main/app/source","deliveries":["d"],"rule":"git.push","reason":"r"}]}`,
		`{"oldest":"9999-12-31T23:59:59-23:59","checks":[{"name":"a"},{"name":"` + strings.Repeat("x", 300<<10) + `"}]}`,
		`{"oldest":"2026-01-02T03:04:05Z","checks":[],"died":"2026-01-02T03:04:05Z","error":"e","unreadable":"x"}`,
		`{}`, `[]`, "\uFFFE",
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		m, err := parse(body)
		if err != nil {
			dead := unreadable(body, time.Now(), err)
			if again := unreadable(dead, time.Now(), err); again != dead {
				t.Errorf("%q becomes %q", dead, again)
			}
			return
		}
		var names []string
		for _, p := range pack(m, maxEntries) {
			part, err := parse(p.body)
			if err != nil || len(p.body) > maxBytes {
				t.Fatalf("a part of %d bytes: %v", len(p.body), err)
			}
			for _, c := range part.Checks {
				names = append(names, c.Name)
			}
		}
		want := slices.DeleteFunc(slices.Clone(m.Checks), func(c Check) bool { return len(c.Name) > maxBytes/8 })
		for _, c := range want {
			if len(body) < maxBytes/8 && !slices.Contains(names, c.Name) {
				t.Errorf("%q is lost", c.Name)
			}
		}
	})
}
