package stack

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// The user that owns the team main, and the name of the fly target that is logged in as that user.
const (
	AdminUser     = "admin"
	AdminPassword = "admin"
	Target        = "demo"
)

// Fly runs the real fly with the stack's flyrc, as `fly -t demo ARGS...`, and returns its standard output.
// Its standard error is the error's text.
func (s *Stack) Fly(ctx context.Context, args ...string) (string, error) {
	cmd, err := s.FlyCommand(ctx, args...)
	if err != nil {
		return "", err
	}
	return output(cmd)
}

// FlyCommand is the command that Fly runs, not yet started, for a caller that wants its output line by line.
func (s *Stack) FlyCommand(ctx context.Context, args ...string) (*exec.Cmd, error) {
	fly, err := Program("fly")
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, fly, append([]string{"-t", Target}, args...)...)
	cmd.Env = environ("FLY_HOME="+s.FlyHome, "HOME="+s.FlyHome)
	return cmd, nil
}

// login makes the target in a flyrc of the stack's own.
func (s *Stack) login(ctx context.Context) error {
	s.FlyHome = filepath.Join(s.dir, "fly")
	if err := os.MkdirAll(s.FlyHome, 0o700); err != nil {
		return fmt.Errorf("making fly's folder: %w", err)
	}
	_, err := s.Fly(ctx, "login", "--concourse-url", s.URL, "--username", AdminUser, "--password", AdminPassword, "--team-name", "main")
	if err != nil {
		return fmt.Errorf("logging in to Concourse: %w", err)
	}
	return nil
}
