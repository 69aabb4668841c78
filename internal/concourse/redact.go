package concourse

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// redactor takes a client's secrets out of text that others wrote, such as net/http's errors.
type redactor struct {
	mu      sync.RWMutex
	secrets []string
}

func (r *redactor) add(secrets ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range secrets {
		r.secrets = append(r.secrets, forms(s)...)
	}
}

// clean puts [redacted] in the place of every secret in the text: the known ones and those given, as they are or escaped.
func (r *redactor) clean(text string, more ...string) string {
	r.mu.RLock()
	all := slices.Clone(r.secrets)
	r.mu.RUnlock()
	for _, s := range more {
		all = append(all, forms(s)...)
	}
	slices.Sort(all)
	// All are looked for in the text as it was: one may be a part of another, or of what stands in its place.
	hide := make([]bool, len(text))
	for _, s := range slices.Compact(all) {
		for from := 0; ; from++ {
			i := strings.Index(text[from:], s)
			if i < 0 {
				break
			}
			from += i
			for j := range len(s) {
				hide[from+j] = true
			}
		}
	}
	var b strings.Builder
	for i := range len(text) {
		switch {
		case !hide[i]:
			b.WriteByte(text[i])
		case i == 0 || !hide[i-1]:
			b.WriteString("[redacted]")
		}
	}
	return b.String()
}

// forms are the ways in which a secret may be written: as it is, escaped and, if it is an authorization, without its scheme.
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
