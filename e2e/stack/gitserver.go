package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/cgi"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// GitServer serves bare repositories to fetch from and to push to, without a password, over git's smart HTTP
// protocol: the real `git http-backend` behind net/http/cgi.
type GitServer struct {
	URL string // http://ADDRESS:PORT; a repository's is URL/NAME.git

	dir    string
	server *http.Server
	once   sync.Once
}

// StartGitServer serves the folder dir, which is made if need be, on a free port of address. With
// Stack.HostAddress as the address, containers reach it too. It ends with ctx or Close.
func StartGitServer(ctx context.Context, dir, address string) (*GitServer, error) {
	git, err := exec.LookPath("git")
	if err != nil {
		return nil, fmt.Errorf("looking for git: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("making the git server's folder: %w", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		return nil, fmt.Errorf("listening for git: %w", err)
	}
	backend := &cgi.Handler{
		Path: git,
		Args: []string{"http-backend"},
		Env:  []string{"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_NOSYSTEM=1", "HOME=" + dir},
	}
	g := &GitServer{
		URL:    "http://" + listener.Addr().String(),
		dir:    dir,
		server: &http.Server{Handler: backend, ReadHeaderTimeout: 10 * time.Second},
	}
	go func() { _ = g.server.Serve(listener) }()
	context.AfterFunc(ctx, g.Close)
	return g, nil
}

// Close ends the server; the repositories stay. It may be called twice, and on nil.
func (g *GitServer) Close() {
	if g == nil {
		return
	}
	g.once.Do(func() { _ = g.server.Close() })
}

// RepoURL is where to fetch a repository. name may have slashes, as in "acme/site".
func (g *GitServer) RepoURL(name string) string { return g.URL + "/" + name + ".git" }

// CreateRepo makes an empty bare repository whose default branch is main.
func (g *GitServer) CreateRepo(ctx context.Context, name string) error {
	path := filepath.Join(g.dir, filepath.FromSlash(name)+".git")
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("making the repository %s: %w", name, os.ErrExist)
	}
	if _, err := git(ctx, g.dir, "init", "--quiet", "--bare", "--initial-branch=main", path); err != nil {
		return fmt.Errorf("making the repository %s: %w", name, err)
	}
	if _, err := git(ctx, path, "config", "http.receivepack", "true"); err != nil {
		return fmt.Errorf("making the repository %s: %w", name, err)
	}
	return nil
}

// git runs git in dir with a fixed author and with no configuration but the repository's; it returns its
// standard output without the last line's end.
func git(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	cmd.Env = environ(
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME="+author, "GIT_AUTHOR_EMAIL="+authorEmail,
		"GIT_COMMITTER_NAME="+author, "GIT_COMMITTER_EMAIL="+authorEmail,
	)
	out, err := output(cmd)
	if err != nil {
		return "", fmt.Errorf("git %s: %w", args[0], err)
	}
	return strings.TrimSuffix(out, "\n"), nil
}

// Who makes the commits.
const (
	author      = "Ada Example"
	authorEmail = "ada@example.com"
)

// errNoChange is Push's error for a commit that changes nothing.
var errNoChange = errors.New("the commit changes nothing")
