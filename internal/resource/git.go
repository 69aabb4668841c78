package resource

import (
	"errors"
	"strings"
	"sync"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/pathspec"
)

// gitFilter is the filter of https://github.com/concourse/git-resource, whose assets/check the rules follow. commit_filter
// is left out: it may only make a check find nothing. So are version_depth, fetch_tags and whatever the get step uses.
type gitFilter struct {
	URI string `json:"uri"`
	// Aliases are further URLs of the same repository: the one that insteadOf rewrote, or a name that it had before.
	Aliases []string `json:"aliases,omitempty"`
	// Branch is a branch's name, or a tag's; without one the remote's default branch is followed.
	Branch        string   `json:"branch,omitempty"`
	Paths         []string `json:"paths,omitempty"`
	IgnorePaths   []string `json:"ignore_paths,omitempty"`
	TagFilter     string   `json:"tag_filter,omitempty"`
	TagRegex      string   `json:"tag_regex,omitempty"`
	TagBehaviour  string   `json:"tag_behaviour,omitempty"`
	DisableCISkip toggle   `json:"disable_ci_skip,omitempty"`

	keys  Keys
	once  sync.Once
	files *pathspec.Set
	tags  tagMatcher
}

const ancestors = "match_tag_ancestors"

func readGit(r *reader, f *gitFilter) {
	uri := strings.TrimSpace(r.text("uri"))
	f.URI = publicURL(rewritten(r, uri))
	if original := publicURL(uri); event.RepositoryKey(original) != event.RepositoryKey(f.URI) {
		f.Aliases = []string{original}
	}
	f.Branch = r.text("branch")
	f.Paths, f.IgnorePaths = gitPaths(r, "paths"), gitPaths(r, "ignore_paths")
	f.TagFilter, f.TagRegex = r.text("tag_filter"), r.text("tag_regex")
	if b := r.text("tag_behaviour"); b != "match_tagged" {
		f.TagBehaviour = b
	}
	f.DisableCISkip = r.toggle("disable_ci_skip")
	if f.DisableCISkip == "false" {
		f.DisableCISkip = ""
	}
}

// gitPaths is a list of pathspecs. jq's // takes false for null.
func gitPaths(r *reader, name string) []string {
	if r.source[name] == false {
		return nil
	}
	list := r.texts(name)
	for _, path := range list {
		if strings.TrimSpace(path) != "" {
			return list
		}
	}
	return nil
}

func (f *gitFilter) index() (err error) {
	f.URI = publicURL(f.URI)
	f.Branch = strings.TrimSpace(f.Branch)
	for i, alias := range f.Aliases {
		f.Aliases[i] = publicURL(alias)
	}
	f.keys, err = repositoryKeys("uri", f.URI, f.Aliases...)
	return err
}

func (f *gitFilter) prepare() {
	f.once.Do(func() {
		f.files = pathspec.Compile(f.Paths, f.IgnorePaths)
		f.tags = newTagMatcher(f.TagFilter, f.TagRegex)
	})
}

func (f *gitFilter) compile() error {
	f.prepare()
	switch b := f.TagBehaviour; {
	case f.TagFilter != "" && f.TagRegex != "":
		return errors.New("tag_filter and tag_regex can't both be set")
	case b != "" && b != ancestors && !HasVar(b):
		return errors.New("tag_behaviour is neither match_tagged nor match_tag_ancestors")
	case f.files.Err() != nil:
		return errors.New("paths or ignore_paths: bash or git refuses them, so there is never a version")
	case f.tags.broken:
		return errors.New("tag_regex is not a regular expression that grep -E takes")
	}
	return nil
}

// Keys are the repository's.
func (f *gitFilter) Keys() Keys { return f.keys }

// Decide follows semantics.md, git.
func (f *gitFilter) Decide(e event.Event) Decision {
	switch e := e.(type) {
	case event.Push:
		if !f.keys.Match(e) {
			return otherRepository(e)
		}
		return f.push(e)
	case event.RepositoryChanged:
		if !f.keys.Match(e) {
			return otherRepository(e)
		}
		return f.changed(e)
	}
	return unconcerned("git", e)
}

func (f *gitFilter) changed(e event.RepositoryChanged) Decision {
	switch {
	case e.What != event.DefaultBranch:
		return Check("the %s changed: the uri may lead elsewhere now", e.What)
	case followsDefault(f.Branch):
		return Check("the %s changed, and the resource has no branch of its own", e.What)
	case HasVar(f.Branch):
		return Check("the %s changed, and %s", e.What, unresolved("branch", f.Branch))
	}
	return Skip("the %s changed, the branch is %s", e.What, f.Branch)
}

func (f *gitFilter) push(p event.Push) Decision {
	if p.Deleted {
		return Skip("%s was deleted", refName(p))
	}
	f.prepare()
	if f.TagFilter != "" || f.TagRegex != "" {
		return f.pushForTags(p)
	}
	on := onBranch(f.Branch, p)
	if !on.Check {
		return on
	}
	return f.commits(p, on.Reason)
}

// pushForTags decides where the versions are tags: a matching tag's push, or one to the branch that tags must be merged into.
func (f *gitFilter) pushForTags(p event.Push) Decision {
	tag, isTag := p.Tag()
	switch {
	case isTag:
		return f.pushOfTag(p, tag)
	case f.Branch == "":
		return Skip("push to %s, only tags count", refName(p))
	}
	on := onBranch(f.Branch, p)
	switch {
	case !on.Check:
		return on
	case f.byAncestors():
		return Check("%s, which may merge a tag that counts", on.Reason)
	}
	return f.commits(p, on.Reason+", which may merge a tag that counts,")
}

func (f *gitFilter) pushOfTag(p event.Push, tag string) Decision {
	d := f.tags.decide(tag)
	switch {
	case !d.Check && tag == f.Branch:
		d = Check("push to tag %s, which branch names", tag)
	case !d.Check:
		return d
	}
	if f.byAncestors() || len(p.Commits) == 0 {
		return d
	}
	return f.commits(p, d.Reason)
}

// byAncestors reports whether the versions may be what leads to a tag rather than the tag, so that a push's own files do
// not matter.
func (f *gitFilter) byAncestors() bool { return f.TagBehaviour == ancestors || HasVar(f.TagBehaviour) }

// commits decides on the files and messages of a push that concerns the resource by its ref. what says so: "push to main".
func (f *gitFilter) commits(p event.Push, what string) Decision {
	if f.DisableCISkip == "" && allSkipCI(p) {
		return Skip("%s, but all its commits ask for [ci skip]", what)
	}
	return touches(p, f.files, what)
}
