package resource

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// statusFilter is the filter of https://github.com/dpb587/github-status-resource: the status that one context has at the head of a
// branch.
type statusFilter struct {
	Repository string `json:"repository"`
	Endpoint   string `json:"endpoint,omitempty"`
	// Branch is master where it is not set. It may name a tag, a commit, or a pull request (pull/7/head).
	Branch string `json:"branch,omitempty"`
	// Context is "default" where it is not set.
	Context string `json:"context,omitempty"`

	watched
}

func (f *statusFilter) fill(r *reader) {
	f.Repository, f.Endpoint = r.text("repository"), apiEndpoint(r.text("endpoint"))
	f.Branch, f.Context = r.text("branch"), r.text("context")
}

func (f *statusFilter) index() (err error) {
	f.keys, err = forgeKeys("repository", f.Repository, f.Endpoint)
	return err
}

func (f *statusFilter) branch() string {
	if f.Branch == "" {
		return "master"
	}
	return strings.TrimPrefix(f.Branch, "refs/heads/")
}

// Decide follows bin/check there. A version is a commit and its status, so that a branch may also have another one by moving to a commit
// that had its status before.
func (f *statusFilter) Decide(e event.Event, b *Budget) Decision {
	switch e.(type) {
	case event.Push:
		return decide("github-status", &f.watched, e, b, f.pushed)
	case event.PullRequest:
		return decide("github-status", &f.watched, e, b, f.moved)
	}
	return decide("github-status", &f.watched, e, b, f.set)
}

// pushed decides on a push. GitHub also takes heads/BRANCH and tags/TAG
// (https://docs.github.com/en/rest/commits/statuses#get-the-combined-status-for-a-specific-reference).
func (f *statusFilter) pushed(p event.Push) Decision {
	if d := onBranch(f.branch(), p); d.Check || f.Branch == "" {
		return d
	}
	return onBranch("refs/"+f.Branch, p)
}

func (f *statusFilter) set(s event.Status) Decision {
	context, branch := f.Context, f.branch()
	if context == "" {
		context = "default"
	}
	switch {
	case !strings.EqualFold(context, s.Context) && !HasVar(context): // GitHub takes ci/A and ci/a for one
		return Skip(statusContext, "%s, the context is %s", s, context)
	case slices.Contains(s.Branches, branch):
		return checkUnlessVar(statusBranch, s.String()+", which is on branch "+branch, "context", context)
	case HasVar(branch):
		return checkUnlessVar(statusBranch, s.String(), "branch", branch)
	case s.BranchesPartial == "" && (f.Branch == "" || branch == s.Repository.DefaultBranch):
		return Skip(statusBranch, "%s, which is not on branch %s", s, branch)
	case s.BranchesPartial != "":
		return Check(uncertainStatus, "%s, which may be on branch %s (%s)", s, branch, s.BranchesPartial)
	}
	return Check(uncertainStatus, "%s, which is not on a branch %s, but that may be a tag or a commit", s, branch)
}

var pullRef = regexp.MustCompile(`^(?:refs/)?pull/([0-9]+)/`)

// moved decides on a change of a pull request, whose head may be the commit that the source follows.
func (f *statusFilter) moved(p event.PullRequest) Decision {
	match := pullRef.FindStringSubmatch(f.Branch)
	switch {
	case HasVar(f.Branch):
		return Check(uncertainVar, "%s (%s)", p, unresolved("branch", f.Branch))
	case match == nil || p.Action == "comment":
		return unconcerned("github-status", p)
	case match[1] != strconv.Itoa(p.Number):
		return Skip(pullRequestNumber, "%s, the branch is %s", p, f.Branch)
	}
	return Check(pullRequestNumber, "%s, the branch is %s", p, f.Branch)
}
