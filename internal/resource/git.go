package resource

import (
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/pathspec"
)

// gitFilter is the filter of https://github.com/concourse/git-resource. commit_filter is left out: it can only make a check
// find nothing. So are version_depth, fetch_tags and whatever the get step uses.
type gitFilter struct {
	remote
	// Branch is a branch's name, or a tag's; without one the remote's default branch is followed.
	Branch        string   `json:"branch,omitempty"`
	Paths         []string `json:"paths,omitempty"`
	IgnorePaths   []string `json:"ignore_paths,omitempty"`
	TagFilter     string   `json:"tag_filter,omitempty"`
	TagRegex      string   `json:"tag_regex,omitempty"`
	TagBehaviour  string   `json:"tag_behaviour,omitempty"`
	DisableCISkip toggle   `json:"disable_ci_skip,omitempty"`
	// VersionType says what a version is: a commit where it is not set, else tags or branches, of which the next three choose.
	VersionType   string   `json:"version_type,omitempty"`
	TagFilters    []string `json:"tag_filters,omitempty"`
	BranchFilters []string `json:"branch_filters,omitempty"`
	BranchRegex   string   `json:"branch_regex,omitempty"`

	watched
	once  sync.Once
	files *pathspec.Set
	// names matches the tags, or the branches, that are or make versions.
	names nameMatcher
}

const (
	ancestors    = "match_tag_ancestors"
	refusedPaths = "paths or ignore_paths: bash or git refuses them, so there is never a version"
)

func (f *gitFilter) fill(r *reader) {
	f.remote.fill(r)
	if f.fillRefs(r); f.VersionType == versionTags || f.VersionType == versionBranches {
		return // the others decide nothing then
	}
	f.Branch = r.text("branch")
	f.Paths, f.IgnorePaths = pathList(r, "paths"), pathList(r, "ignore_paths")
	if b := r.text("tag_behaviour"); b != "match_tagged" {
		f.TagBehaviour = b
	}
	f.DisableCISkip = shellToggle(r, "disable_ci_skip")
}

// shellToggle is a field that a shell script compares with "true": whatever else it may be means false. A ((var)) may be true.
func shellToggle(r *reader, name string) toggle {
	text, _ := scalar(r.source[name])
	if text = strings.TrimRight(text, "\n"); text == "true" || HasVar(text) {
		return toggle(text)
	}
	return ""
}

// pathList is a list of pathspecs; nil where it restricts nothing. The resource reads false as null (jq's //).
func pathList(r *reader, name string) []string {
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
	f.Branch = strings.TrimSpace(f.Branch)
	f.keys, err = f.find()
	return err
}

func (f *gitFilter) prepare() {
	f.once.Do(func() {
		f.files = pathspec.Compile(f.Paths, f.IgnorePaths)
		f.names = f.newNameMatcher()
	})
}

func (f *gitFilter) compile() error {
	f.prepare()
	switch b := f.TagBehaviour; {
	case f.names.both != "":
		return errors.New(f.names.both + " can't both be set")
	case b != "" && b != ancestors && !HasVar(b):
		return errors.New("tag_behaviour is neither match_tagged nor match_tag_ancestors")
	case f.files.TooLarge():
		return tooLarge("paths and ignore_paths: " + f.files.Uncertain())
	case f.files.Err() != nil:
		return errors.New(refusedPaths)
	case f.names.tooLarge:
		return tooLarge(f.names.unsure)
	case f.names.broken:
		return errors.New(f.names.field + " is not a regular expression that grep -E takes")
	}
	return nil
}

// Decide follows https://github.com/concourse/git-resource/blob/master/assets/check.
func (f *gitFilter) Decide(e event.Event, b *Budget) Decision {
	if _, ok := e.(event.RepositoryChanged); ok {
		return f.certain(decide("git", &f.watched, e, b, f.changed))
	}
	return f.certain(decide("git", &f.watched, e, b, func(p event.Push) Decision { return f.push(p, b) }))
}

// patternBytes are the bytes of the patterns that a push has to be compared with.
func (f *gitFilter) patternBytes() int {
	n := len(f.TagFilter) + len(f.TagRegex) + len(f.BranchRegex)
	for _, filter := range slices.Concat(f.TagFilters, f.BranchFilters) {
		n += len(filter)
	}
	return n
}

func (f *gitFilter) changed(e event.RepositoryChanged) Decision {
	switch {
	case e.What == event.WikiPages:
		return Check(gitRepositoryChanged, "the wiki's %s changed, on a branch that is not known", e.What)
	case e.What != event.DefaultBranch:
		return Check(gitRepositoryChanged, "the %s changed: the uri may lead to another repository now", e.What)
	case f.VersionType == versionTags || f.VersionType == versionBranches:
		return Skip(gitDefaultBranch, "the %s changed, the versions are %s", e.What, f.VersionType)
	case followsDefault(f.Branch):
		return Check(gitDefaultBranch, "the %s changed, and the resource has no branch of its own", e.What)
	case HasVar(f.Branch):
		return Check(uncertainVar, "the %s changed, and %s", e.What, unresolved("branch", f.Branch))
	}
	return Skip(gitDefaultBranch, "the %s changed, the branch is %s", e.What, f.Branch)
}

func (f *gitFilter) push(p event.Push, b *Budget) Decision {
	if !b.take(stepsPerRegexpByte * f.patternBytes()) {
		return OutOfBudget(p)
	}
	f.prepare()
	switch {
	case f.VersionType != "":
		return f.pushForRefs(p, b)
	case len(f.TagFilters) > 0:
		return Check(uncertainFilter, "%s, which may count (tag_filters is set, but version_type is not tags)", pushed(p))
	case f.TagFilter != "" || f.TagRegex != "":
		return f.pushForTags(p, b)
	case f.byListing() && namesakeOf(f.Branch, p):
		return f.namesake(p)
	}
	return f.commits(p, onBranch(f.Branch, p), b)
}

// byListing reports whether assets/check may ask for the newest commit with git ls-remote URI BRANCH: that lists every ref whose
// last parts are the branch, and the first one counts. feature/main comes before main.
func (f *gitFilter) byListing() bool {
	return f.DisableCISkip != "" && !followsDefault(f.Branch) && len(f.IgnorePaths) == 0 && (f.files.All() || f.files.Uncertain() != "")
}

// namesakeOf reports whether a push is to another ref that git ls-remote lists for the branch.
func namesakeOf(branch string, p event.Push) bool {
	return !HasVar(branch) && strings.HasSuffix(p.Ref, "/"+branch) && p.Ref != "refs/heads/"+branch && p.Ref != "refs/tags/"+branch
}

// namesake decides on such a push. A deletion lets another ref be the first.
func (f *gitFilter) namesake(p event.Push) Decision {
	reason := pushed(p) + ", which git ls-remote lists for the branch " + f.Branch
	return checkUnlessVar(gitBranch, reason, "disable_ci_skip", string(f.DisableCISkip))
}

// pushForTags decides where the versions are tags: on the push of a tag, and on one to the branch that tags must be merged
// into.
func (f *gitFilter) pushForTags(p event.Push, b *Budget) Decision {
	tag, isTag := p.Tag()
	switch {
	case p.Deleted && isTag && f.TagBehaviour != ancestors: // without the tag that was the version, an older one is
		return f.names.decide(gitTag, pushed(p), tag, b)
	case p.Deleted:
		return deleted(p)
	case isTag:
		return f.pushOfTag(p, tag, b)
	case f.Branch == "":
		return Skip(gitTag, "push to %s, only tags count", refName(p))
	}
	ref := onBranch(f.Branch, p)
	if !ref.Check {
		return ref
	}
	ref = Check(uncertainMergedTag, "%s (which may merge a tag that counts)", ref.Reason)
	if f.byAncestors() {
		return ref
	}
	return f.commits(p, ref, b)
}

func (f *gitFilter) pushOfTag(p event.Push, tag string, b *Budget) Decision {
	d := f.names.decide(gitTag, "push to tag "+tag, tag, b)
	switch {
	case !d.Check && tag == f.Branch:
		d = Check(gitBranch, "push to tag %s, which branch names", tag)
	case !d.Check:
		return d
	}
	if f.byAncestors() {
		return checkUnlessVar(d.Rule, d.Reason, "tag_behaviour", f.TagBehaviour)
	}
	return f.commits(p, d, b)
}

// byAncestors reports whether the versions may be the commits that lead to a tag, so that the files of the tag's own push
// do not matter.
func (f *gitFilter) byAncestors() bool { return f.TagBehaviour == ancestors || HasVar(f.TagBehaviour) }

// commits decides on the messages and files of a push, after ref decided on its ref.
func (f *gitFilter) commits(p event.Push, ref Decision, b *Budget) Decision {
	if i := slices.IndexFunc(f.IgnorePaths, HasVar); i >= 0 && ref.Check {
		ref = checkUnlessVar(ref.Rule, ref.Reason, "ignore_paths", f.IgnorePaths[i])
	}
	if ref.Check && allSkipCI(p, b) {
		switch {
		case f.DisableCISkip != "":
			ref = checkUnlessVar(ref.Rule, ref.Reason, "disable_ci_skip", string(f.DisableCISkip))
		case p.CommitsPartial == "":
			return Skip(gitCISkip, "%s, but all its commits ask for [ci skip]", ref.Reason)
		default:
			ref = Check(ref.then(uncertainCommits), "%s (the listed commits ask for [ci skip], but there may be more: %s)",
				ref.Reason, p.CommitsPartial)
		}
	}
	return touches(p, f.files, ref, b)
}
