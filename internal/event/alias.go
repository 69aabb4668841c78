package event

import (
	"slices"
	"strings"
)

// Aliases are further names of repositories, by the key of each of their names.
type Aliases map[Key][]string

// NewAliases takes pairs of URLs that lead to one repository, such as its name before it was renamed and its name now.
func NewAliases(pairs map[string]string) Aliases {
	a := make(Aliases, 2*len(pairs))
	for one, other := range pairs {
		a.add(one, other)
		a.add(other, one)
	}
	return a
}

func (a Aliases) add(url, alias string) {
	key := RepositoryKey(url)
	a[key] = append(a[key], alias)
	if key, ok := key.OnAnyHost(); ok {
		a[key] = append(a[key], alias)
		// Bitbucket Server, whose events say no host, has another path by SSH than by HTTP.
		if path, ok := RepositoryKey(alias).OnAnyHost(); ok {
			host, _, _ := strings.Cut(RepositoryKey(alias).Name, "/")
			a[key] = append(a[key], "https://"+host+"/scm/"+path.Name, "ssh://"+host+"/"+path.Name)
		}
	}
}

// Of is the event with every name of its repository. Other events stay as they are.
func (a Aliases) Of(e Event) Event {
	if len(a) == 0 {
		return e
	}
	switch e := e.(type) {
	case Push:
		e.Repository = a.repository(e.Repository)
		return e
	case RepositoryChanged:
		e.Repository = a.repository(e.Repository)
		return e
	case Release:
		e.Repository = a.repository(e.Repository)
		return e
	case PullRequest:
		e.Repository = a.repository(e.Repository)
		return e
	case Status:
		e.Repository = a.repository(e.Repository)
		return e
	}
	return e
}

func (a Aliases) repository(r Repository) Repository {
	r.URLs = slices.Clone(r.URLs)
	for _, key := range r.Keys() {
		r.URLs = append(r.URLs, a[key]...)
	}
	return r
}
