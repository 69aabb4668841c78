// Command s3 is a small Concourse resource type for the e2e tests: a stand-in for
// concourse/s3-resource where no image registry can be reached. It reads the same source and answers the
// same versions: {"path": KEY} for regexp, {"version_id": ID} for versioned_file.
//
// It is one program under three names: /opt/resource/check, in and out.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() {
	if err := run(context.Background(), filepath.Base(os.Args[0]), os.Args[1:], os.Stdin, os.Stdout); err != nil {
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

// source is the part of s3-resource's source that the tests use. Endpoint may come with or without its
// scheme; disable_ssl decides for one without.
type source struct {
	Bucket          string `json:"bucket"`
	Endpoint        string `json:"endpoint"`
	AccessKeyID     string `json:"access_key_id"`
	SecretAccessKey string `json:"secret_access_key"`
	RegionName      string `json:"region_name"`
	DisableSSL      bool   `json:"disable_ssl"`
	Regexp          string `json:"regexp"`
	VersionedFile   string `json:"versioned_file"`
}

type version struct {
	Path      string `json:"path,omitempty"`
	VersionID string `json:"version_id,omitempty"`
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
func run(ctx context.Context, name string, args []string, stdin io.Reader, stdout io.Writer) error {
	var req request
	if err := json.NewDecoder(stdin).Decode(&req); err != nil {
		return fmt.Errorf("reading the request: %w", err)
	}
	if req.Source.Bucket == "" {
		return fmt.Errorf("source has no bucket")
	}
	if (req.Source.Regexp == "") == (req.Source.VersionedFile == "") {
		return fmt.Errorf("source needs one of regexp and versioned_file")
	}
	answer, err := dispatch(ctx, name, args, req)
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(answer)
}

func dispatch(ctx context.Context, name string, args []string, req request) (any, error) {
	switch {
	case name == "check" && req.Source.VersionedFile != "":
		return checkVersionedFile(ctx, req)
	case name == "check":
		return checkRegexp(ctx, req)
	case name == "in" && len(args) == 1 && req.Version != nil:
		return in(ctx, req, args[0])
	case name == "in":
		return nil, fmt.Errorf("in needs a directory and a version")
	case name == "out":
		return nil, fmt.Errorf("this resource type does not upload")
	default:
		return nil, fmt.Errorf("unknown program %q, want check, in or out", name)
	}
}
