package concourse

import (
	"strings"
	"testing"
)

func TestRedactorCleans(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		secrets []string
		text    string
		want    string
	}{
		"a part of another":       {[]string{"planted", "planted-long"}, "a planted-long b planted", "a [redacted] b [redacted]"},
		"over the start of one":   {[]string{"a p", "planted"}, "a planted b", "[redacted] b"},
		"over the end of one":     {[]string{"planted", "d b", "longer than both"}, "a planted b", "a [redacted]"},
		"side by side":            {[]string{"planted"}, "plantedplanted", "[redacted]"},
		"over itself":             {[]string{"aba"}, "x ababa y", "x [redacted] y"},
		"a part of the own words": {[]string{"e", "d", "redacted"}, "end", "[redacted]n[redacted]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r redactor
			r.add(test.secrets...)
			if got := r.clean(test.text); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// Whoever writes the config chooses the values of headers, and each is a secret. The text doubled with each that stands in [redacted].
func TestRedactorKeepsTheTextSmall(t *testing.T) {
	t.Parallel()
	var r redactor
	for range 20 {
		r.add("e")
	}
	if got := r.clean(strings.Repeat("e ", 10)); len(got) > 200 {
		t.Errorf("the text has %d bytes", len(got))
	}
}
