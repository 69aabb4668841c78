package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// check lists the versions since the given one, oldest first and the given one included; without one, or
// when the branch no longer holds it (a force push), the latest only. As git-resource does.
func check(req request) ([]version, error) {
	dir, err := os.MkdirTemp("", "check-")
	if err != nil {
		return nil, fmt.Errorf("making a directory: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := clone(req.Source, dir, "--bare"); err != nil {
		return nil, err
	}
	known := holds(dir, req.Version)
	args := []string{"rev-list", "--first-parent"}
	if known {
		args = append(args, "--reverse", req.Version.Ref+"..HEAD")
	} else {
		args = append(args, "--max-count=1", "HEAD")
	}
	if !req.Source.DisableCISkip {
		args = append(args, "--invert-grep", `--grep=\[ci\sskip\]`, `--grep=\[skip\sci\]`)
	}
	args = append(args, "--")
	args = append(args, pathspecs(req.Source)...)
	out, err := git(dir, args...)
	if err != nil {
		return nil, err
	}
	versions := []version{}
	if known {
		versions = append(versions, *req.Version)
	}
	for ref := range strings.FieldsSeq(out) {
		versions = append(versions, version{Ref: ref})
	}
	return versions, nil
}

// holds is whether the branch has the version in its history.
func holds(dir string, v *version) bool {
	if v == nil {
		return false
	}
	_, err := git(dir, "merge-base", "--is-ancestor", v.Ref, "HEAD")
	return err == nil
}

// pathspecs are git-resource's: the paths, else everything, and each ignored path behind ":!".
func pathspecs(src source) []string {
	specs := src.Paths
	if len(specs) == 0 {
		specs = []string{"."}
	}
	for _, path := range src.IgnorePaths {
		specs = append(specs, ":!"+path)
	}
	return specs
}

// in checks the version out into dir, leaving the clone's .git there as git-resource does.
func in(req request, dir string) (response, error) {
	if err := clone(req.Source, dir, "--no-checkout"); err != nil {
		return response{}, err
	}
	ref := req.Version.Ref
	if _, err := git(dir, "checkout", "--quiet", ref); err != nil {
		return response{}, err
	}
	author, err := git(dir, "log", "-1", "--format=%an", ref)
	if err != nil {
		return response{}, err
	}
	message, err := git(dir, "log", "-1", "--format=%B", ref)
	if err != nil {
		return response{}, err
	}
	return response{Version: *req.Version, Metadata: []metadata{
		{Name: "commit", Value: ref},
		{Name: "author", Value: strings.TrimSpace(author)},
		{Name: "message", Value: strings.TrimSpace(message)},
	}}, nil
}

// clone clones the source's branch, the remote's default one where none is named.
func clone(src source, dir string, flags ...string) error {
	args := append([]string{"clone", "--quiet", "--single-branch"}, flags...)
	if src.Branch != "" {
		args = append(args, "--branch", src.Branch)
	}
	_, err := git(filepath.Dir(dir), append(args, src.URI, dir)...)
	return err
}

// git runs git in dir and returns its standard output; its standard error is the error's text.
func git(dir string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_TERMINAL_PROMPT=0", "HOME="+os.TempDir())
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}
