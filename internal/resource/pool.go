package resource

import (
	"strings"
	"sync"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/pathspec"
)

// poolFilter is the filter of https://github.com/concourse/pool-resource: one folder of a branch, and no [ci skip].
type poolFilter struct {
	URI    string `json:"uri"`
	Branch string `json:"branch,omitempty"`
	Pool   string `json:"pool"`

	keys  Keys
	once  sync.Once
	files *pathspec.Set
}

func readPool(r *reader, f *poolFilter) {
	f.URI, f.Branch, f.Pool = publicURL(r.text("uri")), r.text("branch"), r.text("pool")
}

func (f *poolFilter) index() (err error) {
	f.URI = publicURL(f.URI)
	if f.keys, err = repositoryKeys("uri", f.URI); err == nil && f.Pool == "" {
		err = errMissing("pool")
	}
	return err
}

func (f *poolFilter) compile() error {
	if f.Branch == "" {
		return errMissing("branch")
	}
	return nil
}

// Keys is the repository's.
func (f *poolFilter) Keys() Keys { return f.keys }

// Decide follows semantics.md, pool.
func (f *poolFilter) Decide(e event.Event) Decision {
	p, ok := e.(event.Push)
	switch {
	case !ok:
		return unconcerned("pool", e)
	case !f.keys.Match(p):
		return otherRepository(p)
	case p.Deleted:
		return Skip("%s was deleted", refName(p))
	}
	on := onBranch(strings.TrimSpace(f.Branch), p)
	if !on.Check {
		return on
	}
	f.once.Do(func() { f.files = onePath(f.Pool) })
	return touches(p, f.files, on.Reason)
}
