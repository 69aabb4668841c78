package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

type object = map[string]any

// scene is which resources there are: some of each repository. Those of one repository share a scope, or each has none.
type scene struct {
	repositories, resources int
	scoped                  bool
}

// uri is a repository's clone URL.
func uri(repository int) string {
	return fmt.Sprintf("https://github.com/soak/repo-%d.git", repository)
}

// bucket is the bucket of an S3 resource.
func bucket(n int) string { return fmt.Sprintf("soak-%d", n) }

// of are the names of a repository's resources.
func (s scene) of(repository int) []string {
	names := make([]string, s.resources)
	for i := range names {
		names[i] = fmt.Sprintf("main/pipeline-%d/resource-%d", repository, i)
	}
	return names
}

// lost counts the resources of a delivery's repository of which the ATC took no check, nor one of their scope, that began after
// the delivery was sent.
func (s scene) lost(a *atc, d delivery) (lost int) {
	names := s.of(d.repository)
	if s.scoped {
		if a.since(d.sent, names...) {
			return 0
		}
		return len(names)
	}
	for _, name := range names {
		if !a.since(d.sent, name) {
			lost++
		}
	}
	return lost
}

// config is the document of the git resources of all repositories. extra is the name of one more check, which makes the
// document another one; "" for none.
func (s scene) config(atcURL, extra string) []byte {
	checks := []any{}
	for repository := range s.repositories {
		for i := range s.resources {
			check := object{
				"check": fmt.Sprintf("pipeline-%d/resource-%d", repository, i), "type": "git",
				"filter": object{"uri": uri(repository), "branch": "main"},
			}
			if s.scoped {
				check["scope"] = fmt.Sprintf("scope-%d", repository)
			}
			checks = append(checks, check)
		}
	}
	if extra != "" {
		checks = append(checks, object{"check": "extra/" + extra, "type": "git", "filter": object{"uri": uri(-1)}})
	}
	return document(atcURL, checks)
}

// buckets is the document of S3 resources, one of each bucket.
func buckets(atcURL string, n int) []byte {
	checks := make([]any, n)
	for i := range n {
		checks[i] = object{
			"check": fmt.Sprintf("pipeline-%d/resource-0", i), "type": "s3", "filter": object{"bucket": bucket(i), "regexp": "app-(.*).tgz"},
		}
	}
	return document(atcURL, checks)
}

func document(atcURL string, checks []any) []byte {
	raw, err := json.Marshal(object{"version": 1, "atc": object{"url": atcURL}, "checks": checks})
	if err != nil { // never: it holds nothing but strings
		panic(err)
	}
	return raw
}

// replace writes a file as a whole, as the syncer does.
func replace(path string, content []byte) error {
	next := filepath.Join(filepath.Dir(path), "next")
	if err := os.WriteFile(next, content, 0o600); err != nil {
		return fmt.Errorf("writing the config: %w", err)
	}
	if err := os.Rename(next, path); err != nil {
		return fmt.Errorf("writing the config: %w", err)
	}
	return nil
}
