package resource

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// multiBranchFilter is the filter of https://github.com/cloudfoundry-community/git-multibranch-resource: the branches whose names
// match an expression, or one branch. It leaves out paths and [ci skip], which can only make a check find nothing.
type multiBranchFilter struct {
	URI    string `json:"uri"`
	Branch string `json:"branch,omitempty"`
	// Branches and IgnoreBranches are expressions of grep -E, for the end of ":NAME".
	Branches       string `json:"branches,omitempty"`
	IgnoreBranches string `json:"ignore_branches,omitempty"`

	watched
	once                 sync.Once
	branches, ignored    *program
	branchErr, ignoreErr error
}

func (f *multiBranchFilter) fill(r *reader) {
	f.URI, f.Branch = publicURL(r.text("uri")), r.text("branch")
	f.Branches, f.IgnoreBranches = strings.TrimRight(r.text("branches"), "\n"), strings.TrimRight(r.text("ignore_branches"), "\n")
}

func (f *multiBranchFilter) index() (err error) {
	f.URI = publicURL(f.URI)
	f.keys, err = repositoryKeys("uri", f.URI)
	return err
}

func (f *multiBranchFilter) prepare() {
	f.once.Do(func() {
		f.branches, f.branchErr = branchExpression("branches", f.Branches)
		f.ignored, f.ignoreErr = branchExpression("ignore_branches", f.IgnoreBranches)
	})
}

// inCommit reports whether an expression may match in the name of the commit, which stands before the branch's: what stands between two
// bars has neither the colon before it nor the end behind it. Literal text with a letter that is no hexadecimal digit can't.
func inCommit(text string) bool {
	alternatives := strings.Split(grouped.ReplaceAllString(text, "()"), "|")
	if len(alternatives) < 3 {
		return false
	}
	return slices.ContainsFunc(alternatives[1:len(alternatives)-1], func(a string) bool { return !noCommit.MatchString(a) })
}

var (
	grouped  = regexp.MustCompile(`\([^()]*\)`)
	noCommit = regexp.MustCompile(`^[\w/-]*[g-zG-Z_/-][\w/-]*$`)
)

// branchExpression compiles an expression; nil where there is none, or where it can't be told what grep makes of it.
func branchExpression(field, text string) (compiled *program, over error) {
	translated, ok := fromERE(":" + text + "$")
	if text == "" || HasVar(text) || !ok || strings.Contains(text, "\n") { // grep takes lines for several expressions
		return nil, nil
	}
	p, err := compileRegexp(field, translated)
	switch {
	case isTooLarge(err):
		return nil, err
	case err == nil:
		compiled = &p
	}
	return compiled, nil
}

func (f *multiBranchFilter) compile() error {
	f.prepare()
	if f.Branch != "" && f.Branches != "" {
		return errors.New("branch and branches can't both be set")
	}
	return errors.Join(f.branchErr, f.ignoreErr)
}

// Decide follows assets/check there.
func (f *multiBranchFilter) Decide(e event.Event, b *Budget) Decision {
	return decideOnBranch("git-multibranch", &f.watched, e, b, f.Branch, func(p event.Push) Decision { return f.push(p, b) })
}

func (f *multiBranchFilter) push(p event.Push, b *Budget) Decision {
	branch, isBranch := p.Branch()
	if f.Branches == "" || p.Deleted || !isBranch {
		return onBranch(f.Branch, p)
	}
	if !b.take(stepsPerRegexpByte * (len(f.Branches) + len(f.IgnoreBranches))) {
		return OutOfBudget(p)
	}
	f.prepare()
	foreign := strings.ContainsFunc(branch, notASCII) // what a dot or a class means there depends on grep's locale
	matches := f.branches == nil || f.branches.match(":"+branch, b) || foreign
	ignored := f.ignored != nil && f.ignored.match(":"+branch, b) && !foreign
	switch {
	case !b.take(0):
		return OutOfBudget(p)
	case !matches && inCommit(f.Branches):
		return Check(uncertainFilter, "push to %s, whose commit's name branches may match", refName(p))
	case !matches:
		return Skip(gitBranch, "push to %s, which branches does not match", refName(p))
	case ignored:
		return Skip(gitBranch, "push to %s, which ignore_branches matches", refName(p))
	case f.branchErr != nil || f.ignoreErr != nil:
		return Check(uncertainLimit, "push to %s: %v", refName(p), errors.Join(f.branchErr, f.ignoreErr))
	case f.branches == nil || f.ignored == nil && f.IgnoreBranches != "":
		return checkUnlessVar(uncertainFilter, "push to "+refName(p)+", which may be one of branches", "branches", f.Branches, "ignore_branches", f.IgnoreBranches)
	}
	return Check(gitBranch, "push to %s, which branches matches", refName(p))
}
