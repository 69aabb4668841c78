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
	rule := pullRequestChanged
	if p.Action == "comment" {
		rule = pullRequestComment
		if !f.wakes(p.Comment) {
			return Skip(rule, "%s: a comment makes no version", p)
		}
	}
	if f.Number != "" {
		return f.one(p)
	}
	base, states := f.BaseBranch, strings.Join(f.States, " ")
	leaves := f.kind.leaving && p.BaseChanged
	switch {
	case base != "" && p.Base != "" && p.Base != base && !HasVar(base) && !leaves:
		return Skip(pullRequestBaseBranch, "%s into %s, the base_branch is %s", p, p.Base, base)
	case !f.kind.leaving && !f.mayHaveState(p.State):
		return Skip(pullRequestState, "%s, which is %s, not one of states", p, p.State)
	case base != "" && p.Base == "" && !HasVar(base), !f.kind.leaving && p.State == "":
		return Check(uncertainPullRequest, "%s (its base or its state is not known)", p)
	case f.kind.leaving:
		states = ""
	}
	return checkUnlessVar(rule, p.String(), "base_branch", base, "states", states)
}

func (f *pullRequestFilter) wakes(comment string) bool {
	comment = strings.ToLower(comment)
	return slices.ContainsFunc(f.kind.wakes, func(text string) bool { return strings.Contains(comment, text) })
}

// one decides on a pull request where the source chooses one by its number.
func (f *pullRequestFilter) one(p event.PullRequest) Decision {
	if n, err := strconv.Atoi(f.Number); err == nil && n != p.Number {
		return Skip(pullRequestNumber, "%s, the number is %s", p, f.Number)
	}
	return checkUnlessVar(pullRequestNumber, p.String(), "number", f.Number)
}

// mayHaveState reports whether states, which mean open where there are none, hold the state.
func (f *pullRequestFilter) mayHaveState(state string) bool {
	if state == "" {
		return true
	}
	if len(f.States) == 0 {
		return strings.EqualFold(state, "open")
	}
	return slices.ContainsFunc(f.States, func(s string) bool { return HasVar(s) || strings.EqualFold(s, state) })
}
