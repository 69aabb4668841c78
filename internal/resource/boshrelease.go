package resource

import (
	"sync"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/pathspec"
)

// boshReleaseFilter is the filter of https://github.com/dpb587/bosh-release-resource: the list of final releases in a git repository, or
// all commits of a branch.
type boshReleaseFilter struct {
	URI         string `json:"uri"`
	Branch      string `json:"branch,omitempty"`
	DevReleases toggle `json:"dev_releases,omitempty"`

	watched
	once  sync.Once
	files *pathspec.Set
}

func (f *boshReleaseFilter) fill(r *reader) {
	f.URI, f.Branch, f.DevReleases = publicURL(r.text("uri")), r.text("branch"), r.toggle("dev_releases")
}

func (f *boshReleaseFilter) index() (err error) {
	f.URI = publicURL(f.URI)
	f.keys, err = repositoryKeys("uri", f.URI)
	return err
}

// Decide follows check/main.go and boshrelease/release.go there: the final releases are in releases/NAME/index.yml, where the name may be
// the one in config/final.yml.
func (f *boshReleaseFilter) Decide(e event.Event, b *Budget) Decision {
	return decideOnBranch("bosh-release", &f.watched, e, b, f.Branch, func(p event.Push) Decision {
		ref := onBranch(f.Branch, p)
		if f.DevReleases.may(true, false) {
			return ref
		}
		f.once.Do(func() { f.files = pathspec.Compile([]string{"releases", "config"}, nil) })
		return touches(p, f.files, ref, b)
	})
}
