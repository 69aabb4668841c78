package event

import "strings"

// Push is the move, creation or deletion of one ref of a git repository.
type Push struct {
	Repository Repository
	// Ref is the full name: refs/heads/main, refs/tags/v1.
	Ref string
	// Deleted says that the ref is gone, so that it has nothing new.
	Deleted bool
	// Commits are those that the provider lists, oldest first.
	Commits []Commit
	// CommitsPartial says why the push may have more commits than Commits; "" where that is known to be complete.
	CommitsPartial string
	// FilesPartial says why the commits may have more files than they list; "" where the lists are known to be complete.
	FilesPartial string
}

// Commit is one commit of a push.
type Commit struct {
	ID      string
	Message string
	// Files are the paths that the commit added, modified or removed, from the repository's root.
	Files []string
}

// Kind is "push".
func (Push) Kind() string { return "push" }

// Keys are the repository's.
func (p Push) Keys() []Key { return p.Repository.Keys() }

func (p Push) String() string {
	verb := "push to "
	if p.Deleted {
		verb = "deletion of "
	}
	return verb + p.Ref + " of " + p.Repository.String()
}

// Branch is the branch's name; ok is false for any other ref.
func (p Push) Branch() (name string, ok bool) { return strings.CutPrefix(p.Ref, "refs/heads/") }

// Tag is the tag's name; ok is false for any other ref.
func (p Push) Tag() (name string, ok bool) { return strings.CutPrefix(p.Ref, "refs/tags/") }

// What may have changed of a repository.
const (
	// DefaultBranch says that resources without a branch may follow another branch now.
	DefaultBranch = "default branch"
	// WikiPages says that a wiki's own repository has a new commit, on whichever branch it follows.
	WikiPages = "pages"
)

// RepositoryChanged says that a repository's default branch changed, or its name, owner or visibility, or a wiki's pages. After a
// change of name, owner or visibility, a URL may lead to another repository, or to one that could not be read before.
type RepositoryChanged struct {
	Repository Repository
	// What changed, in words: DefaultBranch, WikiPages, "name".
	What string
}

// Kind is "repository".
func (RepositoryChanged) Kind() string { return "repository" }

// Keys are the repository's.
func (r RepositoryChanged) Keys() []Key { return r.Repository.Keys() }

func (r RepositoryChanged) String() string {
	return "change of the " + r.What + " of " + r.Repository.String()
}
