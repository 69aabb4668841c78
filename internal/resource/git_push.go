package resource

import (
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/pathspec"
)

// refName is a ref in words: main, tag v1, or the full name of another.
func refName(p event.Push) string {
	if branch, ok := p.Branch(); ok {
		return branch
	}
	if tag, ok := p.Tag(); ok {
		return "tag " + tag
	}
	return p.Ref
}

func deleted(p event.Push) Decision { return Skip(gitDeleted, "%s was deleted", refName(p)) }

func followsDefault(branch string) bool { return branch == "" || branch == "HEAD" }

// onBranch decides whether a push moved what a source's branch names, whatever its files. A tag of that name counts too,
// since git clone --branch takes both.
func onBranch(branch string, p event.Push) Decision {
	what, branch := "push to "+refName(p), strings.TrimSpace(branch)
	switch {
	case p.Deleted:
		return deleted(p)
	case HasVar(branch):
		return Check(uncertainVar, "%s (%s)", what, unresolved("branch", branch))
	case followsDefault(branch):
		return onDefaultBranch(p, what)
	case p.Ref != "refs/heads/"+branch && p.Ref != "refs/tags/"+branch && p.Ref != branch:
		return Skip(gitBranch, "%s, the branch is %s", what, branch)
	}
	return Check(gitBranch, "%s", what)
}

func onDefaultBranch(p event.Push, what string) Decision {
	name, ok := p.Branch()
	switch head := p.Repository.DefaultBranch; {
	case !ok:
		return Skip(gitBranch, "%s, the resource follows the default branch", what)
	case head == "":
		return Check(uncertainDefaultBranch, "%s (the default branch is not known)", what)
	case name != head:
		return Skip(gitBranch, "%s, the default branch is %s", what, head)
	}
	return Check(gitBranch, "%s", what)
}

// touches decides on the files of a push, after ref decided on its ref.
func touches(p event.Push, files *pathspec.Set, ref Decision, b *Budget) Decision {
	switch {
	case !ref.Check, files.All():
		return ref
	case files.TooLarge():
		return Check(uncertainLimit, "%s may touch what paths covers (%s)", ref.Reason, files.Uncertain())
	case files.Uncertain() != "":
		return Check(unsure(files.Uncertain()), "%s may touch what paths covers (%s)", ref.Reason, files.Uncertain())
	case files.Err() != nil:
		return Skip(never, refusedPaths)
	}
	n, without, rule, steps := 0, false, gitPaths, b.steps()
	for _, c := range p.Commits {
		without = without || len(c.Files) == 0
		for _, file := range c.Files {
			n++
			switch pattern, ok := files.MatchWithin(file, steps); {
			case *steps < 0:
				return OutOfBudget(p)
			case ok && pattern != "":
				return Check(ref.then(gitPaths), "%s touches %s, which paths %s covers", ref.Reason, file, pattern)
			case ok:
				return Check(ref.then(gitIgnorePaths), "%s touches %s, which ignore_paths does not cover", ref.Reason, file)
			case pattern != "":
				rule = gitIgnorePaths
			}
		}
	}
	switch {
	case p.CommitsPartial != "":
		return Check(uncertainCommits, "%s: the commit list is incomplete (%s): any file may have changed", ref.Reason, p.CommitsPartial)
	case p.FilesPartial != "":
		return Check(uncertainFiles, "%s: the file list is incomplete (%s): any file may have changed", ref.Reason, p.FilesPartial)
	case n == 0 || without:
		return Check(uncertainFiles, "%s: a commit without files, or none at all, is listed: any file may have changed", ref.Reason)
	}
	return Skip(rule, "%s: none of the %d changed files is covered by paths and not by ignore_paths", ref.Reason, n)
}

// branchPath decides for resources that read one file or folder of a branch and know no [ci skip].
type branchPath struct {
	once  sync.Once
	files *pathspec.Set
}

func (f *branchPath) push(p event.Push, branch, name string, b *Budget) Decision {
	f.once.Do(func() { f.files = onePath(name) })
	return touches(p, f.files, onBranch(branch, p), b)
}

// onePath covers one file or folder by its name alone. A ((var)) in it may be anything; the root covers everything.
func onePath(name string) *pathspec.Set {
	if HasVar(name) {
		return pathspec.Compile([]string{variable.FindString(name)}, nil)
	}
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	if name == "" {
		return pathspec.Compile(nil, nil)
	}
	return pathspec.Compile([]string{"':(top,literal)" + strings.ReplaceAll(name, "'", `'\''`) + "'"}, nil)
}

// skipCI are the texts that assets/check greps for, line by line. grep's \s takes more kinds of white space, depending on its
// version; these are those that all take, so as to skip less.
var skipCI = []string{"[ci skip]", "[ci\tskip]", "[skip ci]", "[skip\tci]"}

// allSkipCI reports whether every listed commit asks not to be built, as far as the budget lets it know.
func allSkipCI(p event.Push, b *Budget) bool {
	for _, c := range p.Commits {
		asks := func(text string) bool { return strings.Contains(c.Message, text) }
		if !b.take(1+len(c.Message)/8) || !slices.ContainsFunc(skipCI, asks) {
			return false
		}
	}
	return len(p.Commits) > 0
}

// decideOnBranch is decide on the pushes to a repository, and on its own changes, for a resource that follows one branch.
func decideOnBranch(typeName string, w *watched, e event.Event, b *Budget, branch string, push func(event.Push) Decision) Decision {
	if _, ok := e.(event.RepositoryChanged); ok {
		return decide(typeName, w, e, b, (&gitFilter{Branch: branch}).changed)
	}
	return decide(typeName, w, e, b, push)
}
