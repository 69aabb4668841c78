package generic

import "testing"

func TestMatches(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pattern, text string
		want          bool
	}{
		{"repo:acme/shop", "repo:acme/shop", true},
		{"repo:acme/shop", "repo:acme/shop2", false},
		{"repo:acme/*", "repo:acme/", true},
		{"repo:acme/*", "repo:acme-evil/", false},
		{"repo:*:ref:main", "repo:a/b:ref:main", true},
		{"repo:*:ref:main", "repo:a/b:ref:main2", false},
		{"repo:*:ref:*:main", "repo:a:ref:x:main", true},
		{"repo:*:ref:*:main", "repo:a:ref:main", false},
		{"ab*ba", "aba", false}, // the two ends may not share a letter
		{"a**b", "ab", true},
		{"a*b*", "a.b.c", true},
		{"*b*c*d", "bcd", true},
		{"*b*c*d", "cbd", false},
		{"a.c", "abc", false}, // no regular expression
	} {
		if got := matches(tt.pattern, tt.text); got != tt.want {
			t.Errorf("%s matches %s: %t", tt.pattern, tt.text, got)
		}
	}
}
