package providers_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

type object = map[string]any

// resources has one resource for each provider: its type, and a filter that only this provider's delivery passes.
var resources = map[string]struct {
	kind   string
	filter object
}{
	"github":           {"git", object{"uri": "git@github.com:octo/app.git", "branch": "main", "paths": []string{"src"}}},
	"gitea":            {"git", object{"uri": "https://git.example.com/ann/app", "branch": "main", "paths": []string{"*.txt"}}},
	"gitlab":           {"git", object{"uri": "git@gitlab.example.com:g/app.git", "branch": "main"}},
	"bitbucket":        {"git", object{"uri": "git@bitbucket.org:team/app.git", "branch": "main"}},
	"bitbucket-server": {"git", object{"uri": "ssh://git@bb.example.com:7999/proj/app.git", "branch": "main"}},
	"azure-devops":     {"git", object{"uri": "https://dev.azure.com/org/My%20Proj/_git/app", "branch": "main"}},
	"generic":          {"git", object{"uri": "https://git.example.com/o/r.git", "branch": "main", "paths": []string{"a"}}},
	"codecommit":       {"git", object{"uri": "https://git-codecommit.us-east-2.amazonaws.com/v1/repos/my-repo", "branch": "main"}},
	"jfrog":            {"registry-image", object{"repository": "art.example.com/docker-local/team/app", "tag": "1.2"}},
	"pubsub":           {"registry-image", object{"repository": "us-docker.pkg.dev/p/r/app", "tag": "1.2"}},
	"dockerhub":        {"registry-image", object{"repository": "ann/app", "tag": "1.2"}},
	"quay":             {"registry-image", object{"repository": "quay.io/ann/app"}},
	"harbor":           {"registry-image", object{"repository": "harbor.example.com/lib/app", "tag": "1.2"}},
	"registry":         {"registry-image", object{"repository": "registry.example.com:5000/test/lib", "tag": "1.2"}},
	"zot":              {"registry-image", object{"repository": "zot.example.com/space/my-image", "tag": "latest"}},
	"event-grid":       {"registry-image", object{"repository": "demo.azurecr.io/team/hello", "tag": "v1"}},
	"acr":              {"registry-image", object{"repository": "reg.azurecr.io/team/app", "tag": "v1"}},
	"ecr":              {"registry-image", object{"repository": "team/app", "aws_region": "us-west-2"}},
	"s3-server":        {"s3", object{"bucket": "example", "versioned_file": "a+b.tgz"}},
	"s3":               {"s3", object{"bucket": "example", "regexp": "dir/Happy (.*).tgz"}},
	"s3-eventbridge":   {"s3", object{"bucket": "example", "versioned_file": "dir/a+b%2B.tgz"}},
}

// resource is the full name of a provider's resource.
func resource(provider string) string { return "main/watch/" + provider }

// document is a config with the named resources, or with all.
func document(t *testing.T, atc string, names ...string) []byte {
	t.Helper()
	checks := []any{}
	for name, r := range resources {
		if len(names) == 0 || slices.Contains(names, name) {
			checks = append(checks, object{"check": "watch/" + name, "type": r.kind, "filter": r.filter})
		}
	}
	raw, err := json.Marshal(object{"version": 1, "atc": object{"url": atc}, "checks": checks})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// file makes a file with the content.
func file(t *testing.T, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
