package resource

import "github.com/dpb587/concourse-resource-endpoints/internal/event"

// poolFilter is the filter of https://github.com/concourse/pool-resource: one folder of a branch.
type poolFilter struct {
	URI    string `json:"uri"`
	Branch string `json:"branch,omitempty"`
	Pool   string `json:"pool"`

	watched
	branchPath
}

func (f *poolFilter) fill(r *reader) {
	f.URI, f.Branch, f.Pool = publicURL(r.text("uri")), r.text("branch"), r.text("pool")
}

func (f *poolFilter) index() (err error) {
	f.URI = publicURL(f.URI)
	if f.keys, err = repositoryKeys("uri", f.URI); err == nil && f.Pool == "" && f.OverLimit == "" {
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

// Decide follows https://github.com/concourse/pool-resource/blob/master/assets/check.
func (f *poolFilter) Decide(e event.Event, b *Budget) Decision {
	return decide("pool", &f.watched, e, b, func(p event.Push) Decision { return f.push(p, f.Branch, f.Pool, b) })
}
