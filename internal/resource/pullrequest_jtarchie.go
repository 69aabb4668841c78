package resource

import "github.com/dpb587/concourse-resource-endpoints/internal/event"

// jtarchieFilter is the filter of https://github.com/jtarchie/github-pullrequest-resource. It leaves out what the resource asks
// GitHub's API for: paths, labels, reviews, the author and the last commit's message.
type jtarchieFilter struct {
	Repo        string `json:"repo"`
	APIEndpoint string `json:"api_endpoint,omitempty"`
	Base        string `json:"base,omitempty"`
	// OnlyMergeable says that a push to the base may bring up a pull request.
	OnlyMergeable toggle `json:"only_mergeable,omitempty"`

	watched
}

func (f *jtarchieFilter) fill(r *reader) {
	f.Repo, f.APIEndpoint, f.Base = r.text("repo"), apiEndpoint(r.text("api_endpoint")), r.text("base")
	f.OnlyMergeable = r.toggle("only_mergeable")
}

func (f *jtarchieFilter) index() (err error) {
	f.keys, err = forgeKeys("repo", f.Repo, f.APIEndpoint)
	return err
}

var jtarchieKind = &prKind{name: "jtarchie-pull-request"}

// Decide follows assets/lib/repository.rb and assets/lib/filters there: the versions are the heads of the open pull requests.
func (f *jtarchieFilter) Decide(e event.Event, b *Budget) Decision {
	wanted := pullRequestSet{kind: jtarchieKind, baseField: "base", base: f.Base}
	if _, ok := e.(event.Push); ok && f.OnlyMergeable.may(true, false) {
		return decide(jtarchieKind.name, &f.watched, e, b, wanted.pushed)
	}
	return decide(jtarchieKind.name, &f.watched, e, b, wanted.changed)
}
