package resource

import (
	"regexp"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/pathspec"
)

func otherRepository(e event.Event) Decision { return Skip("%s, which is another repository", e) }

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

func followsDefault(branch string) bool { return branch == "" || branch == "HEAD" }

// onBranch decides whether a push moved what a source's branch names, whatever its files. A tag of that name is meant
// too, since git clone --branch takes both.
func onBranch(branch string, p event.Push) Decision {
	what := "push to " + refName(p)
	if why := unresolved("branch", branch); why != "" {
		return Check("%s (%s)", what, why)
	}
	if !followsDefault(branch) {
		if p.Ref == "refs/heads/"+branch || p.Ref == "refs/tags/"+branch || p.Ref == branch {
			return Check("%s", what)
		}
		return Skip("%s, the branch is %s", what, branch)
	}
	name, ok := p.Branch()
	switch head := p.Repository.DefaultBranch; {
	case !ok:
		return Skip("%s, the resource follows the default branch", what)
	case head == "":
		return Check("%s (the default branch is not known)", what)
	case name != head:
		return Skip("%s, the default branch is %s", what, head)
	}
	return Check("%s", what)
}

// touches decides on the files of a push whose ref concerns the resource.
func touches(p event.Push, files *pathspec.Set, what string) Decision {
	switch {
	case files.All():
		return Check("%s", what)
	case files.Uncertain() != "":
		return Check("%s may touch what paths covers (%s)", what, files.Uncertain())
	case files.Err() != nil:
		return Skip("paths or ignore_paths: bash or git refuses them, so there is never a version")
	}
	n, without := 0, false
	for _, c := range p.Commits {
		without = without || len(c.Files) == 0
		for _, file := range c.Files {
			n++
			if pattern, ok := files.Match(file); ok && pattern != "" {
				return Check("%s touches %s, which paths %s covers", what, file, pattern)
			} else if ok {
				return Check("%s touches %s, which ignore_paths does not cover", what, file)
			}
		}
	}
	switch {
	case p.CommitsPartial != "":
		return Check("%s: the commit list is incomplete (%s): any file may have changed", what, p.CommitsPartial)
	case p.FilesPartial != "":
		return Check("%s: the file list is incomplete (%s): any file may have changed", what, p.FilesPartial)
	case n == 0 || without:
		return Check("%s: a commit without files, or none at all, is listed: any file may have changed", what)
	}
	return Skip("%s: none of the %d changed files is covered by paths and not by ignore_paths", what, n)
}

// skipCI is what assets/check greps for, a line at a time. Of the white space that grep's \s takes only that which every
// grep takes is meant: less to skip.
var skipCI = regexp.MustCompile(`\[ci[ \t]skip\]|\[skip[ \t]ci\]`)

// allSkipCI reports whether every commit of a complete list asks not to be built.
func allSkipCI(p event.Push) bool {
	for _, c := range p.Commits {
		if !skipCI.MatchString(c.Message) {
			return false
		}
	}
	return len(p.Commits) > 0 && p.CommitsPartial == ""
}
