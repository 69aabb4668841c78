package event

import (
	"net/url"
	"slices"
	"strings"
)

// Repository is a git repository as its provider names it.
type Repository struct {
	// URLs are all that lead to it, best first: clone, ssh, git and html, but never an API's URL.
	URLs []string
	// AnyHost is the repository's path where nothing says on which host it is; else "".
	AnyHost string
	// DefaultBranch is the remote's; "" where the provider does not say.
	DefaultBranch string
}

// Keys are the canonical keys of the URLs, each once, and of AnyHost.
func (r Repository) Keys() []Key {
	keys := make([]Key, 0, len(r.URLs)+1)
	for _, u := range r.URLs {
		if k := RepositoryKey(u); k.Name != "" && !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	if path := cleanPath(r.AnyHost); path != "" {
		key, _ := Key{Space: SpaceRepository, Name: "any/" + strings.ToLower(path)}.OnAnyHost()
		keys = append(keys, key)
	}
	return keys
}

// String is the first URL's canonical name, which holds no credentials.
func (r Repository) String() string {
	if keys := r.Keys(); len(keys) > 0 {
		return keys[0].Name
	}
	return "an unnamed repository"
}

// RepositoryKey is the canonical key of the repository that a git URL leads to: host/path without scheme, user and
// password, port, .git and needless slashes. scp's form (git@host:o/r) equals ssh://git@host/o/r. Host and path are in lower
// case, since GitHub, GitLab, Bitbucket, Gitea and Azure DevOps ignore the case of names; CodeCommit's path keeps its case.
// The key's Name is "" where rawURL has no path. Of a path with an @ it has only what follows: see WithoutUser.
func RepositoryKey(rawURL string) Key {
	host, path := splitRepositoryURL(WithoutUser(strings.TrimSpace(rawURL)))
	host = canonicalHost(host)
	if !isCodeCommit(host) {
		path = strings.ToLower(path)
	}
	host, path = canonicalForgePath(host, cleanPath(path))
	if path == "" {
		return Key{Space: SpaceRepository}
	}
	return Key{Space: SpaceRepository, Name: host + "/" + path}
}

// WithoutUser is a git URL without what stands before the last @, and without query and fragment. Some write a password that holds /, ?
// or # as it is, so that the URL can't be read; and user:12/secret@host may as well be a host, a port and a path. Nothing that may be
// a password stays, then. Two URLs of a repository whose path really holds an @ still have the same key, since both lose what is before.
// The user git stays: it tells nothing.
func WithoutUser(rawURL string) string {
	scheme, rest, ok := strings.Cut(rawURL, "://")
	if !ok {
		return withoutUser(rawURL, "/:")
	}
	if !strings.HasPrefix(scheme, codeCommit) {
		scheme = scheme[strings.LastIndex("::"+scheme, "::"):] // http::https:// (gitremote-helpers(7))
	}
	if strings.ContainsAny(strings.TrimPrefix(scheme, codeCommit+"::"), "@:/ ") { // the start of a password that holds ://
		scheme = "https"
	}
	authority := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		authority = rest[:end]
	}
	if strings.Contains(authority, ":") || !strings.HasPrefix(rest[len(authority):], "/") { // maybe the start of a password
		rest = withoutUser(rest, "/")
	}
	if end := strings.IndexAny(rest, "?#"); end >= 0 {
		rest = rest[:end]
	}
	return scheme + "://" + withoutUser(rest, "/")
}

// withoutUser drops what stands before the last @. Where that is in the path, what is left is a path too, though it may have none of
// the separators after a host.
func withoutUser(text, separators string) string {
	end := strings.LastIndexByte(text, '@')
	if end < 0 || text[:end] == "git" {
		return text
	}
	rest := text[end+1:]
	if strings.Contains(text[:end], "/") && !strings.ContainsAny(rest, separators) {
		return "/" + rest
	}
	return rest
}

const codeCommit = "codecommit"

// splitRepositoryURL splits a URL, scp's [user@]host:path, or a bare host/path.
func splitRepositoryURL(raw string) (host, path string) {
	if scheme, rest, ok := strings.Cut(raw, "://"); ok {
		// git-remote-codecommit: codecommit::region://[profile@]name, or codecommit://[profile@]name.
		if region, ok := strings.CutPrefix(scheme, codeCommit+"::"); ok {
			return codeCommit, region + "/" + rest
		}
		if scheme == codeCommit {
			return codeCommit, rest
		}
		authority, path, _ := strings.Cut(rest, "/")
		if p, err := url.PathUnescape(path); err == nil && strings.Contains(p, "@") { // as if it was not escaped
			authority, path, _ = strings.Cut(withoutUser("/"+p, "/"), "/")
		} else if err == nil {
			path = p
		}
		return stripUserAndPort(authority), path
	}
	// git reads "a:b" as scp's form where no slash comes before the colon (git-clone(1), GIT URLS).
	if before, after, ok := strings.Cut(raw, ":"); ok && !strings.Contains(before, "/") {
		return stripUserAndPort(before), after
	}
	authority, path, _ := strings.Cut(raw, "/")
	return stripUserAndPort(authority), path
}

func stripUserAndPort(authority string) string {
	authority = authority[strings.LastIndexByte(authority, '@')+1:]
	if strings.HasPrefix(authority, "[") { // IPv6
		host, _, _ := strings.Cut(authority[1:], "]")
		return host
	}
	host, _, _ := strings.Cut(authority, ":")
	return host
}

func isCodeCommit(host string) bool {
	return host == codeCommit || strings.HasPrefix(host, "git-codecommit.") || strings.HasPrefix(host, "git-codecommit-fips.")
}

// publicCodeCommit is CodeCommit's public host for the name of one of its VPC endpoints, vpce-ID.git-codecommit.REGION.vpce.amazonaws.com
// (https://docs.aws.amazon.com/codecommit/latest/userguide/codecommit-and-interface-VPC.html;
// https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html, DNS names).
func publicCodeCommit(host string) string {
	id, rest, ok := strings.Cut(host, ".")
	if ok && strings.HasPrefix(id, "vpce-") && isCodeCommit(rest) && strings.Contains(rest, ".vpce.") {
		return rest
	}
	return host
}

func canonicalHost(host string) string {
	host = publicCodeCommit(strings.TrimSuffix(strings.ToLower(host), "."))
	switch host {
	case "ssh.github.com", "www.github.com":
		return "github.com"
	case "altssh.gitlab.com":
		return "gitlab.com"
	case "altssh.bitbucket.org":
		return "bitbucket.org"
	}
	return host
}

// cleanPath drops empty segments, slashes at both ends, and .git at the end.
func cleanPath(path string) string {
	segments := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	path = strings.Join(segments, "/")
	path = strings.TrimSuffix(path, ".git")
	return strings.Trim(path, "/")
}

// canonicalForgePath brings the URLs of Azure DevOps, and those of CodeCommit, to one form each.
func canonicalForgePath(host, path string) (string, string) {
	seg := azureGit(strings.Split(path, "/"))
	path = strings.Join(seg, "/")
	switch {
	case (host == "ssh.dev.azure.com" || host == "vs-ssh.visualstudio.com") && seg[0] == "v3":
		// v3/org/project/repo, escaped even in scp's form: My%20Project
		if seg = withoutRefLimit(seg, 3); len(seg) == 4 {
			for i, s := range seg {
				if plain, err := url.PathUnescape(s); err == nil {
					seg[i] = plain
				}
			}
			return "dev.azure.com", strings.Join([]string{seg[1], seg[2], "_git", seg[3]}, "/")
		}
	case host == "vs-ssh.visualstudio.com":
		// [DefaultCollection/]project/_ssh/repo, where the user is the org: WithoutUser dropped it, so no event has this key.
		return host, strings.TrimPrefix(path, "defaultcollection/")
	case strings.HasSuffix(host, ".visualstudio.com"):
		// org.visualstudio.com[/DefaultCollection]/project/_git/repo; a project's own repository leaves project out.
		org := strings.TrimSuffix(host, ".visualstudio.com")
		if seg[0] == "defaultcollection" {
			seg = seg[1:]
		}
		return canonicalForgePath("dev.azure.com", strings.Join(append([]string{org}, seg...), "/"))
	case host == "dev.azure.com":
		// org/_git/repo stands for org/repo/_git/repo
		if len(seg) == 3 && seg[1] == "_git" {
			return host, strings.Join([]string{seg[0], seg[2], "_git", seg[2]}, "/")
		}
	case isCodeCommit(host) && host != codeCommit:
		// git-codecommit.REGION.amazonaws.com/v1/repos/NAME
		region := strings.Split(host, ".")[1]
		if len(seg) == 3 && seg[0] == "v1" && seg[1] == "repos" {
			return codeCommit, region + "/" + seg[2]
		}
	}
	return host, path
}

// azureGit makes one form of those in which Azure DevOps and its server name a repository: project/_git/repo over HTTP and
// project/_ssh/repo over SSH, each with _full or _optimized before the repository, which say what refs are listed
// (https://learn.microsoft.com/en-us/devops/develop/git/limited-refs; AzureDevOpsUrlParser of https://github.com/dotnet/sourcelink).
func azureGit(seg []string) []string {
	for i, s := range seg {
		if s == "_git" || s == "_ssh" {
			seg[i] = "_git"
			return withoutRefLimit(seg, i+1)
		}
	}
	return seg
}

// withoutRefLimit drops _full or _optimized at a place of a path.
func withoutRefLimit(seg []string, at int) []string {
	if at < len(seg)-1 && (seg[at] == "_full" || seg[at] == "_optimized") {
		return append(seg[:at:at], seg[at+1:]...)
	}
	return seg
}
