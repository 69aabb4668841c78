package concourse

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// redactor takes the secrets that a client knows out of text that others made: the client's own words hold none. It is not
// changed once the client is made.
type redactor struct{ secrets []string }

func (r *redactor) add(secrets ...string) {
	for _, s := range secrets {
		r.secrets = append(r.secrets, forms(s)...)
	}
}

// clean puts [redacted] where the text holds a secret, a known one or one of those given, as it is or escaped.
func (r *redactor) clean(text string, more ...string) string {
	all := slices.Clone(r.secrets)
	for _, s := range more {
		all = append(all, forms(s)...)
	}
	// The longest first, so that no part of one is left behind by another.
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	for _, s := range all {
		text = strings.ReplaceAll(text, s, "[redacted]")
	}
	return text
}

// forms are the ways in which a secret may be written. What follows the scheme of an authorization is a secret by itself.
func forms(secret string) []string {
	if secret == "" {
		return nil
	}
	quoted := strconv.Quote(secret)
	list := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), quoted[1 : len(quoted)-1]}
	if scheme, rest, ok := strings.Cut(secret, " "); ok && rest != "" && (scheme == "Bearer" || scheme == "Basic") {
		list = append(list, rest)
	}
	slices.Sort(list)
	return slices.Compact(list)
}
