package resource

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

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
		f.Bucket, f.Prefix = restore(bucket), restore(unescaped(prefix))
		f.Endpoint = googleEndpoint(&reader{source: Source{"endpoint": restore(host)}})
	case scheme == "git" || strings.HasPrefix(scheme, "git+"):
		repository, folder, branch := metalinkParts(rest)
		f.URI = publicURL(restore(cloneURL(strings.TrimPrefix(scheme, "git+"), repository)))
		f.Branch, f.Folder = restore(unescaped(branch)), restore(withoutWildcards(unescaped(folder)))
	case hidden == "":
		r.errs = append(r.errs, errMissing("uri"))
	case HasVar(restore(scheme)):
		r.errs = append(r.errs, errUnresolved("uri"))
	default:
		r.fail("uri is neither a git repository nor a bucket of S3: others tell nobody of a new file, so go on polling")
	}
}

// unescaped is a part of a URL as the resource reads it: release%2F1 is release/1.
func unescaped(part string) string {
	if text, err := url.PathUnescape(part); err == nil {
		return text
	}
	return part
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
