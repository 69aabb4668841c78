package resource

import (
	"slices"
	"strconv"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// pullRequestFilter is the filter of https://github.com/telia-oss/github-pr-resource and of the resources made from it. Paths,
// labels, reviews and the title are left out: the resource asks GitHub's API for them.
type pullRequestFilter struct {
	Repository string   `json:"repository"`
	V3Endpoint string   `json:"v3_endpoint,omitempty"`
	BaseBranch string   `json:"base_branch,omitempty"`
	States     []string `json:"states,omitempty"`
	// Number chooses one pull request. Only numbered kinds read it from a source.
	Number string `json:"number,omitempty"`

	watched
	kind *prKind
}

// prKind holds the differences between the resources that follow pull requests.
type prKind struct {
	name string
	// numbered says that a source may choose one pull request by its number.
	numbered bool
	// leaving says that what leaves the set of pull requests makes a version too.
	leaving bool
	// wakes are the texts of comments that make a version, in lower case.
	wakes []string
	// basePushed says that a forced push to a pull request's base makes a version.
	basePushed bool
}

func pullRequests(k prKind) resourceType {
	return resourceType{k.name, []string{"repository"}, func() filter { return &pullRequestFilter{kind: &k} }}
}

func (f *pullRequestFilter) fill(r *reader) {
	f.Repository = r.text("repository")
	if f.V3Endpoint = apiEndpoint(r.text("v3_endpoint")); f.V3Endpoint == "" {
		f.V3Endpoint = apiEndpoint(r.text("hosting_endpoint"))
	}
	f.BaseBranch, f.States = r.text("base_branch"), r.texts("states")
	if !f.kind.numbered {
		return
	}
	if f.Number = r.text("number"); f.Number != "" {
		f.BaseBranch, f.States = "", nil // they do not choose a single pull request
	}
}

func (f *pullRequestFilter) index() (err error) {
	f.keys, err = forgeKeys("repository", f.Repository, f.V3Endpoint)
	return err
}

// Decide follows https://github.com/telia-oss/github-pr-resource/blob/master/check.go,
// https://github.com/digitalocean/github-pr-resource/blob/master/pullrequest/filter.go, and pr/check.go and prlist/check.go of
// https://github.com/aoldershaw/github-pr-resource.
func (f *pullRequestFilter) Decide(e event.Event, b *Budget) Decision {
	if _, ok := e.(event.Push); ok && f.kind.basePushed {
		return decide(f.kind.name, &f.watched, e, b, f.pushToBase)
	}
	return decide(f.kind.name, &f.watched, e, b, f.changed)
}

// pushToBase decides on a push to what may be a pull request's base. Only a forced one counts, and the commits of those are
// never known to be complete.
func (f *pullRequestFilter) pushToBase(p event.Push) Decision {
	branch, isBranch := p.Branch()
	switch {
	case !isBranch || p.Deleted || p.CommitsPartial == "":
		return unconcerned(f.kind.name, p)
	case f.BaseBranch != "" && f.BaseBranch != branch && !HasVar(f.BaseBranch):
		return Skip(pullRequestBaseBranch, "%s, the base_branch is %s", p, f.BaseBranch)
	}
	return Check(uncertainForced, "%s, which may be a forced push to a base (%s)", p, p.CommitsPartial)
}

func (f *pullRequestFilter) changed(p event.PullRequest) Decision {
	return pullRequestSet{f.kind, "base_branch", f.BaseBranch, f.States, f.Number}.changed(p)
}

// pullRequestSet is which pull requests a source wants, whatever its fields are called.
type pullRequestSet struct {
	kind *prKind
	// baseField is the source's name for base, the branch that they go into; any, if that is "".
	baseField, base string
	states          []string
	// number chooses one of them, if it is not "".
	number string
}

func (s pullRequestSet) changed(p event.PullRequest) Decision {
	rule := pullRequestChanged
	if p.Action == "comment" {
		rule = pullRequestComment
		if !s.wakes(p.Comment) {
			return Skip(rule, "%s: a comment makes no version", p)
		}
	}
	if s.number != "" {
		return s.one(p)
	}
	states, leaves := strings.Join(s.states, " "), s.kind.leaving && p.BaseChanged
	switch {
	case s.base != "" && p.Base != "" && p.Base != s.base && !HasVar(s.base) && !leaves:
		return Skip(pullRequestBaseBranch, "%s into %s, the %s is %s", p, p.Base, s.baseField, s.base)
	case !s.kind.leaving && !s.mayHaveState(p.State):
		return Skip(pullRequestState, "%s, which is %s, not one of states", p, p.State)
	case s.base != "" && p.Base == "" && !HasVar(s.base), !s.kind.leaving && p.State == "":
		return Check(uncertainPullRequest, "%s (its base or its state is not known)", p)
	case s.kind.leaving:
		states = ""
	}
	return checkUnlessVar(rule, p.String(), s.baseField, s.base, "states", states)
}

// pushed decides on a push to what may be the base of a pull request, where only those count that can be merged.
func (s pullRequestSet) pushed(p event.Push) Decision {
	branch, isBranch := p.Branch()
	switch {
	case !isBranch || p.Deleted:
		return unconcerned(s.kind.name, p)
	case s.base != "" && s.base != branch && !HasVar(s.base):
		return Skip(pullRequestBaseBranch, "%s, the %s is %s", p, s.baseField, s.base)
	}
	return Check(uncertainMergeable, "%s, after which another pull request may be mergeable", p)
}

func (s pullRequestSet) wakes(comment string) bool {
	comment = strings.ToLower(comment)
	return slices.ContainsFunc(s.kind.wakes, func(text string) bool { return strings.Contains(comment, text) })
}

// one decides on a pull request where the source chooses one by its number.
func (s pullRequestSet) one(p event.PullRequest) Decision {
	if n, err := strconv.Atoi(s.number); err == nil && n != p.Number {
		return Skip(pullRequestNumber, "%s, the number is %s", p, s.number)
	}
	return checkUnlessVar(pullRequestNumber, p.String(), "number", s.number)
}

// mayHaveState reports whether states, which mean open where there are none, hold the state.
func (s pullRequestSet) mayHaveState(state string) bool {
	if state == "" {
		return true
	}
	if len(s.states) == 0 {
		return strings.EqualFold(state, "open")
	}
	return slices.ContainsFunc(s.states, func(s string) bool { return HasVar(s) || strings.EqualFold(s, state) })
}
