package resource

import (
	"errors"
	"regexp"
	"strings"
	"sync"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/pathspec"
)

// boshReleaseFilter is the filter of https://github.com/dpb587/bosh-release-resource: the list of final releases in a git repository, or
// all commits of a branch.
type boshReleaseFilter struct {
	URI         string `json:"uri"`
	Branch      string `json:"branch,omitempty"`
	DevReleases toggle `json:"dev_releases,omitempty"`

	watched
	once  sync.Once
	files *pathspec.Set
}

func (f *boshReleaseFilter) fill(r *reader) {
	f.URI, f.Branch, f.DevReleases = publicURL(r.text("uri")), r.text("branch"), r.toggle("dev_releases")
}

func (f *boshReleaseFilter) index() (err error) {
	f.URI = publicURL(f.URI)
	f.keys, err = repositoryKeys("uri", f.URI)
	return err
}

// Decide follows check/main.go and boshrelease/release.go there: the final releases are in releases/NAME/index.yml, where the name may be
// the one in config/final.yml.
func (f *boshReleaseFilter) Decide(e event.Event, b *Budget) Decision {
	return decideOnBranch("bosh-release", &f.watched, e, b, f.Branch, func(p event.Push) Decision {
		ref := onBranch(f.Branch, p)
		if f.DevReleases.may(true, false) {
			return ref
		}
		f.once.Do(func() { f.files = pathspec.Compile([]string{"releases", "config"}, nil) })
		return touches(p, f.files, ref, b)
	})
}

// decideOnBranch is decide on the pushes to a repository, and on its own changes, for a resource that follows one branch.
func decideOnBranch(typeName string, w *watched, e event.Event, b *Budget, branch string, push func(event.Push) Decision) Decision {
	if _, ok := e.(event.RepositoryChanged); ok {
		return decide(typeName, w, e, b, (&gitFilter{Branch: branch}).changed)
	}
	return decide(typeName, w, e, b, push)
}

// metalinkFilter is the filter of https://github.com/dpb587/metalink-repository-resource: a folder of a git repository or of a bucket.
// Its fields are the parts of the source's uri: git+ssh://git@HOST:OWNER/NAME.git//FOLDER#BRANCH, or s3://HOST/BUCKET/PREFIX.
type metalinkFilter struct {
	URI      string `json:"uri,omitempty"`
	Branch   string `json:"branch,omitempty"`
	Folder   string `json:"folder,omitempty"`
	Bucket   string `json:"bucket,omitempty"`
	Prefix   string `json:"prefix,omitempty"`
	Endpoint string `json:"endpoint,omitempty"`

	watched
	branchPath
}

func (f *metalinkFilter) fill(r *reader) {
	hidden, restore := hideVars(strings.TrimSpace(r.text("uri")))
	scheme, rest, _ := strings.Cut(hidden, "://")
	switch {
	case scheme == "s3":
		host, path, _ := strings.Cut(rest[strings.LastIndexByte(rest, '@')+1:], "/")
		bucket, prefix, _ := strings.Cut(path, "/")
		f.Bucket, f.Prefix = restore(bucket), restore(prefix)
		f.Endpoint = googleEndpoint(&reader{source: Source{"endpoint": restore(host)}})
	case scheme == "git" || strings.HasPrefix(scheme, "git+"):
		repository, folder, branch := metalinkParts(rest)
		f.URI = publicURL(restore(cloneURL(strings.TrimPrefix(scheme, "git+"), repository)))
		f.Branch, f.Folder = restore(branch), restore(withoutWildcards(folder))
	case hidden == "":
		r.errs = append(r.errs, errMissing("uri"))
	case HasVar(restore(scheme)):
		r.errs = append(r.errs, errUnresolved("uri"))
	default:
		r.fail("uri is neither a git repository nor a bucket of S3: others tell nobody of a new file, so go on polling")
	}
}

// metalinkParts splits what follows the scheme of a git repository. A password may hold # and //, as one wrote it.
func metalinkParts(rest string) (repository, folder, branch string) {
	if i := strings.LastIndexByte(rest, '#'); i >= 0 && !strings.Contains(rest[i:], "@") {
		rest, branch = rest[:i], rest[i+1:]
	}
	host := strings.LastIndexByte(rest, '@') + 1
	repository, folder, _ = strings.Cut(rest[host:], "//")
	return rest[:host] + repository, folder, branch
}

// cloneURL is what the resource clones (repository/source/git/factory.go of https://github.com/dpb587/metalink): after git+ssh comes the
// form of scp, HOST:PATH.
func cloneURL(scheme, rest string) string {
	authority, _, _ := strings.Cut(rest, "/")
	if _, port, ok := strings.Cut(authority[strings.LastIndexByte(authority, '@')+1:], ":"); scheme == "ssh" && ok && !allDigits.MatchString(port) {
		return rest
	}
	return scheme + "://" + rest
}

var allDigits = regexp.MustCompile(`^[0-9]*$`)

// withoutWildcards is the longest folder that a pattern of names lies in.
func withoutWildcards(pattern string) string {
	i := strings.IndexAny(pattern, `*?[\`)
	if i < 0 {
		return pattern
	}
	return pattern[:max(0, strings.LastIndexByte(pattern[:i], '/'))]
}

func (f *metalinkFilter) index() (err error) {
	f.URI = publicURL(f.URI)
	switch {
	case f.Bucket != "":
		f.keys, err = bucketKeys(f.Bucket)
	default:
		f.keys, err = repositoryKeys("the repository in uri", f.URI)
	}
	return err
}

// Decide follows check/main.go there, and repository/source of https://github.com/dpb587/metalink: every file below the folder counts.
func (f *metalinkFilter) Decide(e event.Event, b *Budget) Decision {
	if f.Bucket != "" {
		return decide("metalink-repository", &f.watched, e, b, f.object)
	}
	return decideOnBranch("metalink-repository", &f.watched, e, b, f.Branch, func(p event.Push) Decision { return f.push(p, f.Branch, f.Folder, b) })
}

func (f *metalinkFilter) object(o event.ObjectCreated) Decision {
	switch {
	case !inStore(event.S3, f.Endpoint, o):
		return otherStore(o)
	case !strings.HasPrefix(o.Key, f.Prefix) && !HasVar(f.Prefix):
		return Skip(objectKey, "%s, which is not below %s", o, f.Prefix)
	}
	return checkUnlessVar(objectKey, o.String(), "the path in uri", f.Prefix)
}

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
	f.Branches, f.IgnoreBranches = r.text("branches"), r.text("ignore_branches")
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

// branchExpression compiles an expression; nil where there is none, or where it can't be told what grep makes of it.
func branchExpression(field, text string) (compiled *program, over error) {
	translated, ok := fromERE(":" + text + "$")
	if text == "" || HasVar(text) || !ok {
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
	matches := f.branches == nil || f.branches.match(":"+branch, b)
	ignored := f.ignored != nil && f.ignored.match(":"+branch, b)
	switch {
	case !b.take(0):
		return OutOfBudget(p)
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
