package resource

import (
	"slices"
	"strconv"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// pullRequestFilter is the filter of https://github.com/telia-oss/github-pr-resource and its descendants. Paths, labels,
// reviews and the title are left out: the resource asks GitHub's API for them.
type pullRequestFilter struct {
	Repository string   `json:"repository"`
	V3Endpoint string   `json:"v3_endpoint,omitempty"`
	BaseBranch string   `json:"base_branch,omitempty"`
	States     []string `json:"states,omitempty"`
	// Number is of one pull request, in aoldershaw's descendant; without it that resource's versions are lists.
	Number string `json:"number,omitempty"`

	keys Keys
	rule *prRule
}

// prRule is in what the descendants differ. A nil one is the original's.
type prRule struct {
	name string
	// leaving says that what leaves the set of pull requests makes a version too.
	leaving bool
	// wakes are the texts of comments that make a version, in lower case.
	wakes []string
	// basePushed says that a forced push to a pull request's base makes a version.
	basePushed bool
}

var (
	teliaRule = prRule{name: "pull-request"}
	// https://github.com/digitalocean/github-pr-resource: pullrequest/filter.go
	digitalOceanRule = prRule{name: "digitalocean-pull-request", wakes: []string{"[build ci]", "[ci build]"}, basePushed: true}
	oneRule          = prRule{name: "pr", leaving: true}
	listRule         = prRule{name: "prlist", leaving: true}
)

type (
	teliaFilter        struct{ pullRequestFilter }
	digitalOceanFilter struct{ pullRequestFilter }
	oneFilter          struct{ pullRequestFilter }
	listFilter         struct{ pullRequestFilter }
)

func (f *teliaFilter) index() error        { return f.indexBy(&teliaRule) }
func (f *digitalOceanFilter) index() error { return f.indexBy(&digitalOceanRule) }
func (f *oneFilter) index() error          { return f.indexBy(&oneRule) }
func (f *listFilter) index() error         { return f.indexBy(&listRule) }

func readTelia(r *reader, f *teliaFilter)               { f.read(r) }
func readDigitalOcean(r *reader, f *digitalOceanFilter) { f.read(r) }
func readList(r *reader, f *listFilter)                 { f.read(r) }

func readOne(r *reader, f *oneFilter) {
	f.read(r)
	if f.Number = r.text("number"); f.Number != "" {
		f.BaseBranch, f.States = "", nil // a single pull request is not chosen by them
	}
}

func (f *pullRequestFilter) read(r *reader) {
	f.Repository = r.text("repository")
	if f.V3Endpoint = apiEndpoint(r.text("v3_endpoint")); f.V3Endpoint == "" {
		f.V3Endpoint = apiEndpoint(r.text("hosting_endpoint"))
	}
	f.BaseBranch = r.text("base_branch")
	f.States = r.texts("states")
}

func (f *pullRequestFilter) indexBy(rule *prRule) (err error) {
	f.rule = rule
	f.keys, err = forgeKeys("repository", f.Repository, f.V3Endpoint)
	return err
}

func (f *pullRequestFilter) compile() error { return nil }

// Keys is the repository's.
func (f *pullRequestFilter) Keys() Keys { return f.keys }

// Decide follows semantics.md, pull requests.
func (f *pullRequestFilter) Decide(e event.Event) Decision {
	if push, ok := e.(event.Push); ok && f.rule.basePushed {
		return f.pushToBase(push)
	}
	p, ok := e.(event.PullRequest)
	switch {
	case !ok:
		return unconcerned(f.rule.name, e)
	case !f.keys.Match(p):
		return otherRepository(p)
	case p.Action == "comment" && !f.wakes(p.Comment):
		return Skip("%s: a comment makes no version", p)
	case f.Number != "":
		return f.one(p)
	}
	return f.some(p)
}

func (f *pullRequestFilter) wakes(comment string) bool {
	comment = strings.ToLower(comment)
	return slices.ContainsFunc(f.rule.wakes, func(text string) bool { return strings.Contains(comment, text) })
}

// pushToBase decides on a push to what may be a pull request's base. Only a forced one counts, whose commits are never
// known to be complete.
func (f *pullRequestFilter) pushToBase(p event.Push) Decision {
	branch, isBranch := p.Branch()
	switch {
	case !f.keys.Match(p):
		return otherRepository(p)
	case !isBranch || p.Deleted || p.CommitsPartial == "":
		return unconcerned(f.rule.name, p)
	case f.BaseBranch != "" && f.BaseBranch != branch && !HasVar(f.BaseBranch):
		return Skip("%s, the base_branch is %s", p, f.BaseBranch)
	}
	return Check("%s, which may be a forced push to a base (%s)", p, p.CommitsPartial)
}

func (f *pullRequestFilter) one(p event.PullRequest) Decision {
	switch n, err := strconv.Atoi(f.Number); {
	case HasVar(f.Number):
		return Check("%s (%s)", p, unresolved("number", f.Number))
	case err == nil && n != p.Number:
		return Skip("%s, the number is %s", p, f.Number)
	}
	return Check("%s", p)
}

func (f *pullRequestFilter) some(p event.PullRequest) Decision {
	if why := unresolved("base_branch", f.BaseBranch); why != "" {
		p.Base = ""
	}
	leaves := f.rule.leaving && p.BaseChanged
	switch {
	case f.BaseBranch != "" && p.Base != "" && p.Base != f.BaseBranch && !leaves:
		return Skip("%s into %s, the base_branch is %s", p, p.Base, f.BaseBranch)
	case !f.rule.leaving && !f.mayHaveState(p.State):
		return Skip("%s, which is %s, not one of states", p, p.State)
	}
	return Check("%s", p)
}

// mayHaveState reports whether states, open by default, hold the state.
func (f *pullRequestFilter) mayHaveState(state string) bool {
	if state == "" {
		return true
	}
	if len(f.States) == 0 {
		return strings.EqualFold(state, "open")
	}
	return slices.ContainsFunc(f.States, func(s string) bool { return HasVar(s) || strings.EqualFold(s, state) })
}
