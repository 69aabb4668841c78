//go:build linux

package image_test

import (
	"archive/zip"
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/e2e/image"
	"github.com/dpb587/concourse-resource-endpoints/e2e/stack"
)

const root = "../.."

// built are the images, and the folders that they are unpacked in.
var built struct {
	images image.Images
	trees  map[string]string
}

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

// runTests builds the images once. If they can't be built here, the tests are skipped, except in CI.
func runTests(m *testing.M) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	say := func(line string) { fmt.Fprintln(os.Stderr, line) }
	if err := stack.Prepare(ctx, "..", say); err != nil {
		say(err.Error())
		return 1
	}
	if err := image.CanBuild(); err != nil {
		say("skipping the images' tests: " + err.Error())
		if os.Getenv("CI") == "true" {
			return 1
		}
		return 0
	}
	dir, err := os.MkdirTemp("", "image-")
	if err == nil {
		defer func() { _ = os.RemoveAll(dir) }()
		err = build(ctx, dir, say)
	}
	if err != nil {
		say(err.Error())
		return 1
	}
	return m.Run()
}

func build(ctx context.Context, dir string, say func(string)) error {
	path, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	if built.images, err = image.Build(ctx, path, say); err != nil {
		return err
	}
	built.trees = map[string]string{}
	for target, i := range built.images {
		built.trees[target] = filepath.Join(dir, target)
		if err := i.Unpack(ctx, built.trees[target]); err != nil {
			return err
		}
	}
	return nil
}

// run runs a program of an image as the image's configuration says, with only the environment that the image sets.
func run(t *testing.T, target, stdin string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	config := built.images[target].Config
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdin = "/", config.Env, strings.NewReader(stdin)
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: built.trees[target]}
	if config.User == "65532:65532" {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: 65532, Gid: 65532}
	}
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	var ended *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &ended) {
		t.Fatalf("running %s in the image %s: %v", args[0], target, err)
	}
	return out.String(), log.String(), cmd.ProcessState.ExitCode()
}

func TestPrograms(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		target, stdin  string
		args           []string
		status         int
		stdout, stderr string
	}{
		{target: "resource-type", args: []string{"/usr/local/bin/syncer", "--help"}, stdout: "Usage: syncer"},
		{target: "resource-type", args: []string{"/bin/sh", "-c", "syncer schema"}, stdout: "json-schema.org"},
		{target: "server", args: []string{"/usr/local/bin/server", "--help"}, stdout: "Usage: server"},
		{target: "server", args: []string{"/usr/local/bin/server"}, status: 1, stderr: "no config is given"},
	} {
		t.Run(strings.Join(tc.args, " "), func(t *testing.T) {
			t.Parallel()
			stdout, stderr, status := run(t, tc.target, tc.stdin, tc.args...)
			if status != tc.status || !strings.Contains(stdout, tc.stdout) || !strings.Contains(stderr, tc.stderr) {
				t.Errorf("status %d, stdout %q, stderr %q", status, stdout, stderr)
			}
		})
	}
}

// TestResourceRefusesABadSource: under each of its names, the resource type says on stderr what is wrong, prints nothing to stdout,
// and fails.
func TestResourceRefusesABadSource(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"/opt/resource/check"}, {"/opt/resource/in", "/tmp"}, {"/opt/resource/out", "/tmp"}} {
		stdout, stderr, status := run(t, "resource-type", `{"source":{"no-such-key":1},"version":{"digest":"x"}}`, args...)
		if status != 1 || stdout != "" || !strings.Contains(stderr, "no-such-key") {
			t.Errorf("%s: status %d, stdout %q, stderr %q", args[0], status, stdout, stderr)
		}
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]struct {
		user, entrypoint, cmd string
	}{
		// A get, a put or a task writes to folders that belong to root.
		"resource-type": {user: "root", cmd: "/usr/local/bin/syncer --help"},
		"server":        {user: "65532:65532", entrypoint: "/usr/local/bin/server"},
	} {
		config := built.images[target].Config
		if config.User != want.user || strings.Join(config.Entrypoint, " ") != want.entrypoint || strings.Join(config.Cmd, " ") != want.cmd {
			t.Errorf("%s: got %+v", target, config)
		}
		for label, value := range map[string]string{
			"title": "concourse-resource-endpoints", "licenses": "MIT", "version": image.Version,
			"source": "https://github.com/dpb587/concourse-resource-endpoints",
		} {
			if got := config.Labels["org.opencontainers.image."+label]; got != value {
				t.Errorf("%s: the label %s is %q, want %q", target, label, got, value)
			}
		}
		if revision := config.Labels["org.opencontainers.image.revision"]; revision == "" {
			t.Errorf("%s: no label says the revision", target)
		}
	}
}

func TestCertificateAuthorities(t *testing.T) {
	t.Parallel()
	for target, tree := range built.trees {
		pem, err := os.ReadFile(filepath.Join(tree, "etc/ssl/certs/ca-certificates.crt"))
		if err != nil || !bytes.Contains(pem, []byte("BEGIN CERTIFICATE")) {
			t.Errorf("%s: no certificate authorities: %v", target, err)
		}
	}
}

// TestNotices: the images and the functions' folder come with the licenses of what is in them.
func TestNotices(t *testing.T) {
	t.Parallel()
	const dir, notices = "usr/local/share/licenses/concourse-resource-endpoints/", "THIRD-PARTY-NOTICES.txt"
	for _, path := range []string{
		filepath.Join(built.trees["resource-type"], dir, notices), filepath.Join(built.trees["server"], dir, notices),
		filepath.Join(built.trees["resource-type"], "opt/lambda", notices),
	} {
		text, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(text, []byte("\ngithub.com/aws/aws-sdk-go-v2 v")) {
			t.Errorf("%s does not name the AWS SDK: %v", path, err)
		}
	}
}

// TestServerImageHasNoMore: the server's image has neither the resource type nor the zips.
func TestServerImageHasNoMore(t *testing.T) {
	t.Parallel()
	if entries, err := os.ReadDir(filepath.Join(built.trees["server"], "opt")); err == nil {
		t.Errorf("/opt holds %v", entries)
	}
}

// TestFunctions: each zip holds one program, executable, static, and for the architecture in the zip's name. It has the same bytes
// as a zip that is made without a container.
func TestFunctions(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pack(t, "lambda", "--output", dir)
	machines := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}
	for _, function := range []string{"webhook", "notification"} {
		for arch, machine := range machines {
			name := function + "-" + arch + ".zip"
			content, err := os.ReadFile(filepath.Join(built.trees["resource-type"], "opt/lambda", name))
			if err != nil {
				t.Fatal(err)
			}
			if err := functionZip(content, machine); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if here, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(here, content) {
				t.Errorf("%s made here has other bytes: %v", name, err)
			}
		}
	}
}

// functionZip says what is wrong with a function's zip.
func functionZip(content []byte, machine elf.Machine) error {
	zipped, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return err
	}
	if len(zipped.File) != 1 || zipped.File[0].Name != "bootstrap" || zipped.File[0].Mode() != 0o755 {
		return errors.New("it does not hold bootstrap, executable, and nothing else")
	}
	file, err := zipped.File[0].Open()
	if err != nil {
		return err
	}
	program, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	return static(program, machine)
}

// static says why a program is not a static one for the machine; nil if it is.
func static(program []byte, machine elf.Machine) error {
	file, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		return err
	}
	if file.Machine != machine {
		return fmt.Errorf("it is for %s, not for %s", file.Machine, machine)
	}
	if slices.ContainsFunc(file.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		return errors.New("it needs a dynamic linker")
	}
	return nil
}

// pack runs build/pack, which needs no container engine.
func pack(t *testing.T, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"run", "./build/pack"}, args...)...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, out)
	}
}
