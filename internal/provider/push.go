package provider

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// Commit is a commit of a push as GitHub lists it, and GitLab and Gitea after it.
type Commit struct {
	ID       string   `json:"id"`
	Message  string   `json:"message"`
	Added    []string `json:"added"`
	Modified []string `json:"modified"`
	Removed  []string `json:"removed"`
}

// Commits are the commits with their files, and why the files may not be all: "" where they are. A commit without files
// is one whose files the sender left out, or an empty one; the payload does not tell the two apart.
func Commits(list []Commit) (commits []event.Commit, filesPartial string) {
	partial := func(format string, args ...any) {
		if filesPartial == "" {
			filesPartial = fmt.Sprintf(format, args...)
		}
	}
	for i, c := range list {
		files := make([]string, 0, len(c.Added)+len(c.Modified)+len(c.Removed))
		for _, names := range [][]string{c.Added, c.Modified, c.Removed} {
			for _, name := range names {
				// git's names are bytes; what is not UTF-8 does not survive JSON.
				if name == "" || strings.ContainsRune(name, utf8.RuneError) {
					partial("commit %d of the push has a file whose name can't be read", i+1)
					continue
				}
				files = append(files, name)
			}
		}
		if len(files) == 0 {
			files = nil
			partial("commit %d of the push lists no files", i+1)
		}
		commits = append(commits, event.Commit{ID: c.ID, Message: c.Message, Files: files})
	}
	return commits, filesPartial
}

// CommitsPartial says why the commits that a sender lists may not be all that the push brought; "" where they are. before is
// the ref's commit before, total the number that the sender tells, nil where it tells none.
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

// FullRef is the full name of a ref that the sender names by its type, "branch" or "tag", and its short name; "" for any
// other type and for no name.
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

// CheckRef reports, as a *MalformedError, a ref that is not a full name. The field is for the error.
func CheckRef(field, ref string) error {
	if ref == "" {
		return Malformed("%s is missing", field)
	}
	if !strings.HasPrefix(ref, "refs/") {
		return Malformed("%s is not a full ref as refs/heads/main is", field)
	}
	return nil
}

// Repository makes a repository of those of the URLs that are not empty; none that leads to a repository is a
// *MalformedError. The fields that the URLs came from are for the error.
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
