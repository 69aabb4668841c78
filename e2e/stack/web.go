package stack

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// keys are the files of the keys that web and worker know each other by.
type keys struct {
	session, host, worker string
}

// generateKeys makes the keys in dir. A public key lies beside its private one, with the ending .pub.
func generateKeys(ctx context.Context, dir string) (keys, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return keys{}, fmt.Errorf("making a folder for keys: %w", err)
	}
	concourse, err := Program("concourse")
	if err != nil {
		return keys{}, err
	}
	k := keys{
		session: filepath.Join(dir, "session_signing_key"),
		host:    filepath.Join(dir, "tsa_host_key"),
		worker:  filepath.Join(dir, "worker_key"),
	}
	for file, kind := range map[string]string{k.session: "rsa", k.host: "ssh", k.worker: "ssh"} {
		if _, err := output(exec.CommandContext(ctx, concourse, "generate-key", "-t", kind, "-f", file)); err != nil {
			return keys{}, fmt.Errorf("generating a key: %w", err)
		}
	}
	return k, nil
}

// webAddress is where Concourse web listens, and its external URL.
type webAddress struct {
	ip                      string
	port, tsaPort           int
	debugPort, tsaDebugPort int
	externalURL             string
	enter                   func(*exec.Cmd) *exec.Cmd // puts the command into the network namespace; nil: as it is
}

// KillWeb kills Concourse web, as an outage does.
func (s *Stack) KillWeb() { s.web.stop(syscall.SIGKILL, time.Second) }

// RestartWeb starts Concourse web again after KillWeb.
func (s *Stack) RestartWeb(ctx context.Context) error { return s.startWeb(ctx, s.webAt) }

// startWeb starts Concourse web on the given database and waits until its API answers.
func (s *Stack) startWeb(ctx context.Context, at webAddress) error {
	s.webAt = at
	concourse, err := Program("concourse")
	if err != nil {
		return err
	}
	cmd := exec.Command(concourse, s.webArgs(at)...)
	if at.enter != nil {
		cmd = at.enter(cmd)
	}
	cmd.Dir, cmd.Env = s.dir, environ("HOME="+s.dir)
	s.web, err = start("concourse web", s.LogFile("web"), cmd)
	if err != nil {
		return err
	}
	return s.web.await(ctx, time.Minute, func(ctx context.Context) error {
		return answers(ctx, s.URL+"/api/v1/info")
	})
}

func (s *Stack) webArgs(at webAddress) []string {
	args := []string{
		"web", "--log-level", "info", "--cluster-name", "e2e",
		"--external-url", at.externalURL, "--peer-address", "127.0.0.1",
		"--bind-ip", at.ip, "--bind-port", fmt.Sprint(at.port),
		"--debug-bind-ip", "127.0.0.1", "--debug-bind-port", fmt.Sprint(at.debugPort),
		"--postgres-socket", s.postgres.dir, "--postgres-user", "postgres", "--postgres-database", "postgres",
		"--session-signing-key", s.keys.session,
		"--tsa-bind-ip", "127.0.0.1", "--tsa-bind-port", fmt.Sprint(at.tsaPort), "--tsa-peer-address", "127.0.0.1",
		"--tsa-debug-bind-ip", "127.0.0.1", "--tsa-debug-bind-port", fmt.Sprint(at.tsaDebugPort),
		"--tsa-host-key", s.keys.host, "--tsa-authorized-keys", s.keys.worker + ".pub",
		"--main-team-local-user", AdminUser,
		"--enable-pipeline-instances",
	}
	users := map[string]string{AdminUser: AdminPassword}
	maps.Copy(users, s.options.LocalUsers)
	for name, password := range users {
		args = append(args, "--add-local-user", name+":"+password)
	}
	for id, secret := range s.options.Clients {
		args = append(args, "--add-client", id+":"+secret)
	}
	if s.options.GlobalResources {
		args = append(args, "--enable-global-resources")
	}
	if every := s.options.CheckInterval; every > 0 {
		args = append(args, "--resource-checking-interval", every.String(),
			"--resource-with-webhook-checking-interval", every.String(),
			"--resource-type-checking-interval", every.String())
	}
	return append(args, s.options.WebFlags...)
}

// local speaks to servers on this machine, past any proxy of the environment.
var local = &http.Client{
	Timeout:   10 * time.Second,
	Transport: &http.Transport{Proxy: nil},
}

// answers is nil when a GET of the URL answers 200.
func answers(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("making a request: %w", err)
	}
	resp, err := local.Do(req)
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s answered %s", strings.TrimSuffix(url, "/"), resp.Status)
	}
	return nil
}
