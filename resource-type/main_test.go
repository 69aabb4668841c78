package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/secret/planted"
)

// folder holds the program with its three names, as /opt/resource does.
var folder string

func TestMain(m *testing.M) {
	status, err := buildAndRun(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

func buildAndRun(m *testing.M) (int, error) {
	var err error
	if folder, err = os.MkdirTemp("", "resource-type-"); err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	build := exec.Command("go", "build", "-o", filepath.Join(folder, "check"), ".")
	if out, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("building the program: %w\n%s", err, out)
	}
	for _, name := range []string{"in", "out", "other"} {
		if err := os.Symlink("check", filepath.Join(folder, name)); err != nil {
			return 0, err
		}
	}
	return m.Run(), nil
}

// object is a JSON object.
type object = map[string]any

// result is the result of running the program.
type result struct {
	stdout, stderr string
	failed         bool
}

// run runs the program with a name. It does not get this process's environment, so that it finds no settings of this user.
func run(t *testing.T, name string, request any, env []string, args ...string) result {
	t.Helper()
	stdin, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), filepath.Join(folder, name), args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(stdin), &stdout, &stderr
	cmd.Env = append([]string{"HOME=" + t.TempDir(), "TMPDIR=" + folder, "AWS_EC2_METADATA_DISABLED=true", "AWS_MAX_ATTEMPTS=1"}, env...)
	err = cmd.Run()
	r := result{stdout.String(), stderr.String(), err != nil}
	if planted.In(stdout.Bytes()) || planted.In(stderr.Bytes()) {
		t.Errorf("%s shows a secret:\n%s%s", name, r.stdout, r.stderr)
	}
	for _, dir := range args { // what a get or put writes
		if holding, err := planted.Holding(dir); len(holding) > 0 {
			t.Errorf("%s writes a secret into files: %q, %v", name, slices.Collect(maps.Values(holding)), err)
		}
	}
	if r.failed && (cmd.ProcessState.ExitCode() != 1 || r.stdout != "") {
		t.Errorf("%s failed with status %d and %q on stdout, want 1 and nothing", name, cmd.ProcessState.ExitCode(), r.stdout)
	}
	return r
}

// answer decodes the stdout of a run, which must not fail.
func answer[T any](t *testing.T, r result) T {
	t.Helper()
	var into T
	if r.failed {
		t.Fatalf("it failed: %s", r.stderr)
	}
	d := json.NewDecoder(strings.NewReader(r.stdout))
	d.DisallowUnknownFields()
	if err := d.Decode(&into); err != nil {
		t.Fatalf("the answer: %v\n%s", err, r.stdout)
	}
	return into
}

type version struct {
	Digest string `json:"digest"`
	After  string `json:"after"`
}

type response struct {
	Version  version `json:"version"`
	Metadata []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	} `json:"metadata"`
}

func (r response) metadata(name string) string {
	for _, m := range r.Metadata {
		if m.Name == name {
			return m.Value
		}
	}
	return "(none)"
}
