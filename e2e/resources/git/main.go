// Command git is a small Concourse resource type for the e2e tests: a stand-in for
// concourse/git-resource where no image registry can be reached. It reads the same source (uri, branch,
// paths, ignore_paths, disable_ci_skip), answers the same versions, and asks the real git for both.
//
// It is one program under three names: /opt/resource/check, in and out.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() {
	if err := run(filepath.Base(os.Args[0]), os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// request is what Concourse writes to each of the programs; version is absent at the first check.
// See https://concourse-ci.org/implementing-resource-types.html.
type request struct {
	Source  source   `json:"source"`
	Version *version `json:"version"`
}

// source is the part of git-resource's source that the tests use.
type source struct {
	URI           string   `json:"uri"`
	Branch        string   `json:"branch"`
	Paths         []string `json:"paths"`
	IgnorePaths   []string `json:"ignore_paths"`
	DisableCISkip bool     `json:"disable_ci_skip"`
}

type version struct {
	Ref string `json:"ref"`
}

// response is what `in` answers.
type response struct {
	Version  version    `json:"version"`
	Metadata []metadata `json:"metadata"`
}

type metadata struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// run answers one request as the program called name.
func run(name string, args []string, stdin io.Reader, stdout io.Writer) error {
	var req request
	if err := json.NewDecoder(stdin).Decode(&req); err != nil {
		return fmt.Errorf("reading the request: %w", err)
	}
	if req.Source.URI == "" {
		return fmt.Errorf("source has no uri")
	}
	answer, err := dispatch(name, args, req)
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(answer)
}

func dispatch(name string, args []string, req request) (any, error) {
	switch {
	case name == "check":
		return check(req)
	case name == "in" && len(args) == 1 && req.Version != nil:
		return in(req, args[0])
	case name == "in":
		return nil, fmt.Errorf("in needs a directory and a version")
	case name == "out":
		return nil, fmt.Errorf("this resource type does not push")
	default:
		return nil, fmt.Errorf("unknown program %q, want check, in or out", name)
	}
}
