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
		strings.EqualFold(one.Hostname(), other.Hostname()) && port(one) == port(other) &&
		strings.TrimRight(one.EscapedPath(), "/") == strings.TrimRight(other.EscapedPath(), "/")
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return map[string]string{"http": "80", "https": "443"}[u.Scheme]
}
