package provider

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// Commit is a commit of a push in GitHub's form, which GitLab and Gitea follow.
type Commit struct {
	ID       string   `json:"id"`
	Message  string   `json:"message"`
	Added    []string `json:"added"`
	Modified []string `json:"modified"`
	Removed  []string `json:"removed"`
}

// Commits are the commits with their files, and why files may be missing: "" where none are. A commit without files may be
// an empty one, or one whose files the provider left out; the payload does not tell which.
func Commits(list []Commit) (commits []event.Commit, filesPartial string) {
	partial := func(format string, args ...any) {
		if filesPartial == "" {
			filesPartial = fmt.Sprintf(format, args...)
		}
	}
	for i, c := range list {
		var files []string
		for _, name := range slices.Concat(c.Added, c.Modified, c.Removed) {
			// A name in git is bytes, and those that are not UTF-8 are lost in JSON.
			if name == "" || strings.ContainsRune(name, utf8.RuneError) {
				partial("commit %d of the push has a file whose name can't be read", i+1)
				continue
			}
			files = append(files, name)
		}
		if len(files) == 0 {
			partial("commit %d of the push lists no files", i+1)
		}
		commits = append(commits, event.Commit{ID: c.ID, Message: c.Message, Files: files})
	}
	return commits, filesPartial
}

// CommitsPartial says why the push may have brought more commits than it lists; "" where it lists all. before is the ref's
// commit before the push; total is the number of commits that the provider gives, nil where it gives none.
func CommitsPartial(before string, listed int, total *int) string {
	switch {
	case IsZeroID(before):
		return "the push created the ref"
	case listed == 0:
		return "the push lists no commits"
	case total == nil:
		return "the push does not say how many commits it brought"
	case *total != listed:
		return fmt.Sprintf("the push lists %d of its %d commits", listed, *total)
	}
	return ""
}

// IsZeroID reports whether a git object id is the one that stands for none.
func IsZeroID(id string) bool { return id != "" && strings.Trim(id, "0") == "" }

// FullRef is the full name of a ref that is given by its type, "branch" or "tag", and its short name; "" for any other type
// and for no name.
func FullRef(refType, name string) string {
	switch {
	case name == "":
		return ""
	case strings.HasPrefix(name, "refs/"):
		return name
	case refType == "branch":
		return "refs/heads/" + name
	case refType == "tag":
		return "refs/tags/" + name
	}
	return ""
}

// CheckRef refuses a ref that is not a full name with a *MalformedError that names the field.
func CheckRef(field, ref string) error {
	if ref == "" {
		return Malformed("%s is missing", field)
	}
	if !strings.HasPrefix(ref, "refs/") {
		return Malformed("%s is not a full ref, such as refs/heads/main", field)
	}
	return nil
}

// Repository makes a repository of the URLs that are not empty. Where none of them is a repository's, it is a
// *MalformedError that names the fields.
func Repository(fields, defaultBranch string, urls ...string) (event.Repository, error) {
	r := event.Repository{DefaultBranch: defaultBranch}
	for _, u := range urls {
		if strings.TrimSpace(u) != "" {
			r.URLs = append(r.URLs, u)
		}
	}
	if len(r.Keys()) == 0 {
		return event.Repository{}, Malformed("no repository URL in %s", fields)
	}
	return r, nil
}

// RepositoryOnAnyHost makes a repository of its path where nothing says its host. Where that is no path, it is a *MalformedError that
// names the fields.
func RepositoryOnAnyHost(fields, path string) (event.Repository, error) {
	r := event.Repository{AnyHost: path}
	if len(r.Keys()) == 0 {
		return event.Repository{}, Malformed("no repository in %s", fields)
	}
	return r, nil
}
