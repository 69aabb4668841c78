package config

import (
	"net/url"
	"strings"
)

// SameURL reports whether two URLs are the external URL of one Concourse: how the scheme and host are written, a default port and a
// slash at the end make no difference.
func SameURL(a, b string) bool {
	one, err := ParseURL(a)
	if err != nil {
		return false
	}
	other, err := ParseURL(b)
	return err == nil && one.Scheme == other.Scheme && // url.Parse gives it in lower case
		lower(one.Hostname()) == lower(other.Hostname()) && port(one) == port(other) &&
		strings.TrimRight(one.EscapedPath(), "/") == strings.TrimRight(other.EscapedPath(), "/")
}

// lower changes ASCII's letters only. Unicode has more that are the same but for the case, such as \u017f and s, and net/http does not send
// those as the same host.
func lower(host string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, host)
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return map[string]string{"http": "80", "https": "443"}[u.Scheme]
}
