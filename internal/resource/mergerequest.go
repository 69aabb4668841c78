package resource

import "github.com/dpb587/concourse-resource-endpoints/internal/event"

// mergeRequestFilter is the filter of the two resources that follow GitLab's merge requests:
// https://github.com/samcontesse/gitlab-merge-request-resource, and https://github.com/swisscom/gitlab-merge-request-resource, which
// has none of the fields but uri. Labels, paths, drafts and the source branch are left out: the resource asks GitLab for them.
type mergeRequestFilter struct {
	URI          string `json:"uri"`
	TargetBranch string `json:"target_branch,omitempty"`
	// SkipTriggerComment says that a comment does not wake the resource.
	SkipTriggerComment toggle `json:"skip_trigger_comment,omitempty"`
	// SkipNotMergeable says that a push to the target branch may bring up a merge request.
	SkipNotMergeable toggle `json:"skip_not_mergeable,omitempty"`

	watched
}

func (f *mergeRequestFilter) fill(r *reader) {
	f.URI, f.TargetBranch = publicURL(r.text("uri")), r.text("target_branch")
	f.SkipTriggerComment, f.SkipNotMergeable = r.toggle("skip_trigger_comment"), r.toggle("skip_not_mergeable")
}

func (f *mergeRequestFilter) index() (err error) {
	f.URI = publicURL(f.URI)
	f.keys, err = repositoryKeys("uri", f.URI)
	return err
}

const mergeRequestType = "gitlab-merge-request"

// The resources read GitLab's first page only, which has 20 (https://docs.gitlab.com/api/rest/#pagination): what leaves it lets another
// in.
var (
	mergeRequests      = &prKind{name: mergeRequestType, leaving: true}
	wakingMergeRequest = &prKind{name: mergeRequestType, leaving: true, wakes: []string{"[trigger ci]"}}
)

// Decide follows pkg/check/command.go of the one and scripts/check of the other: the versions are the heads of the open merge
// requests.
func (f *mergeRequestFilter) Decide(e event.Event, b *Budget) Decision {
	wanted := pullRequestSet{kind: wakingMergeRequest, baseField: "target_branch", base: f.TargetBranch}
	if f.SkipTriggerComment == "true" {
		wanted.kind = mergeRequests
	}
	if _, ok := e.(event.Push); ok && f.SkipNotMergeable.may(true, false) {
		return decide(mergeRequestType, &f.watched, e, b, wanted.pushed)
	}
	return decide(mergeRequestType, &f.watched, e, b, wanted.changed)
}
