package stack

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// NoCommit is the object name that stands for "no such ref" in a push: before a branch is made, or after
// it is deleted. See githooks(5), pre-receive.
const NoCommit = "0000000000000000000000000000000000000000"

// Edit is a commit to be made.
type Edit struct {
	Message string            // empty: "edit"
	Write   map[string]string // path to content
	Remove  []string          // paths
}

// Commit is a commit that was made, in the words of GitHub's push event. The lists are in git's order.
type Commit struct {
	ID                       string // 40 hex digits
	Message                  string
	Author, AuthorEmail      string
	Time                     time.Time
	Added, Removed, Modified []string // paths
}

// Pushed is what a push did to one branch.
type Pushed struct {
	Repo   string // as given to CreateRepo
	URL    string // of the repository on the git server
	Branch string
	Ref    string // refs/heads/BRANCH
	Before string // the branch's commit before, or NoCommit
	After  string // the branch's commit after
	Forced bool
	// Commits are the new ones, oldest first.
	Commits []Commit
}

// Push makes commits on a branch and pushes them at once, with the real git over the server's HTTP. A branch that
// does not exist begins at the default branch, or at nothing in an empty repository.
func (g *GitServer) Push(ctx context.Context, repo, branch string, edits ...Edit) (Pushed, error) {
	return g.push(ctx, repo, branch, "", edits)
}

// ForcePush makes commits on top of base, a commit of the branch's past, and forces the branch there. Without
// edits the branch just goes back to base.
func (g *GitServer) ForcePush(ctx context.Context, repo, branch, base string, edits ...Edit) (Pushed, error) {
	return g.push(ctx, repo, branch, base, edits)
}

func (g *GitServer) push(ctx context.Context, repo, branch, base string, edits []Edit) (Pushed, error) {
	pushed := Pushed{
		Repo: repo, URL: g.RepoURL(repo), Branch: branch, Ref: "refs/heads/" + branch, Before: NoCommit, Forced: base != "",
	}
	fail := func(err error) (Pushed, error) {
		return Pushed{}, fmt.Errorf("pushing to %s of %s: %w", branch, repo, err)
	}
	work, err := os.MkdirTemp("", "cre-push-")
	if err != nil {
		return fail(err)
	}
	defer func() { _ = os.RemoveAll(work) }()
	if _, err := git(ctx, work, "clone", "--quiet", pushed.URL, "."); err != nil {
		return fail(err)
	}
	if before, err := git(ctx, work, "rev-parse", "--verify", "--quiet", "refs/remotes/origin/"+branch); err == nil {
		pushed.Before = before
	}
	if err := checkout(ctx, work, branch, base, pushed.Before); err != nil {
		return fail(err)
	}
	for _, edit := range edits {
		made, err := commit(ctx, work, edit)
		if err != nil {
			return fail(err)
		}
		pushed.Commits = append(pushed.Commits, made)
	}
	if _, err := git(ctx, work, "push", "--quiet", "--force", "origin", "HEAD:"+pushed.Ref); err != nil {
		return fail(err)
	}
	if pushed.After, err = git(ctx, work, "rev-parse", "HEAD"); err != nil {
		return fail(err)
	}
	return pushed, nil
}

// checkout checks out the commit that the first new commit will follow.
func checkout(ctx context.Context, work, branch, base, before string) error {
	switch {
	case base != "":
		_, err := git(ctx, work, "checkout", "--quiet", "-B", branch, base)
		return err
	case before != NoCommit:
		_, err := git(ctx, work, "checkout", "--quiet", "-B", branch, before)
		return err
	}
	_, err := git(ctx, work, "symbolic-ref", "HEAD", "refs/heads/"+branch)
	if err != nil {
		return err
	}
	if _, err := git(ctx, work, "rev-parse", "--verify", "--quiet", "refs/remotes/origin/main"); err != nil {
		return nil //nolint:nilerr // an empty repository
	}
	_, err = git(ctx, work, "reset", "--quiet", "--hard", "refs/remotes/origin/main")
	return err
}

// commit makes one commit, and asks git what it changed.
func commit(ctx context.Context, work string, edit Edit) (Commit, error) {
	if err := apply(ctx, work, edit); err != nil {
		return Commit{}, err
	}
	if status, err := git(ctx, work, "status", "--porcelain"); err != nil || status == "" {
		if err == nil {
			err = errNoChange
		}
		return Commit{}, err
	}
	message := edit.Message
	if message == "" {
		message = "edit"
	}
	if _, err := git(ctx, work, "commit", "--quiet", "--message", message); err != nil {
		return Commit{}, err
	}
	return read(ctx, work, message)
}

func apply(ctx context.Context, work string, edit Edit) error {
	for name, content := range edit.Write {
		path := filepath.Join(work, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("writing %s: %w", name, err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			return fmt.Errorf("writing %s: %w", name, err)
		}
	}
	for _, name := range edit.Remove {
		if err := os.Remove(filepath.Join(work, filepath.FromSlash(name))); err != nil {
			return fmt.Errorf("removing %s: %w", name, err)
		}
	}
	_, err := git(ctx, work, "add", "--all")
	return err
}

// read describes the commit at HEAD.
func read(ctx context.Context, work, message string) (Commit, error) {
	head, err := git(ctx, work, "show", "--no-patch", "--format=%H %cI", "HEAD")
	if err != nil {
		return Commit{}, err
	}
	id, at, _ := strings.Cut(head, " ")
	made := Commit{ID: id, Message: message, Author: author, AuthorEmail: authorEmail}
	if made.Time, err = time.Parse(time.RFC3339, at); err != nil {
		return Commit{}, fmt.Errorf("reading the commit's time: %w", err)
	}
	// -z: "A", "path", "M", "path", ... each ended by NUL, paths unquoted; --root for the first commit.
	changes, err := git(ctx, work, "diff-tree", "--root", "--no-commit-id", "--name-status", "--no-renames", "-r", "-z", "HEAD")
	if err != nil {
		return Commit{}, err
	}
	fields := strings.Split(changes, "\x00")
	for i := 0; i+1 < len(fields); i += 2 {
		switch fields[i] {
		case "A":
			made.Added = append(made.Added, fields[i+1])
		case "D":
			made.Removed = append(made.Removed, fields[i+1])
		default:
			made.Modified = append(made.Modified, fields[i+1])
		}
	}
	return made, nil
}
