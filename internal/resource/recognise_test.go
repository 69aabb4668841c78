package resource_test

import (
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

func TestRecognise(t *testing.T) {
	t.Parallel()
	image := func(repository any) *resource.DeclaredType {
		return &resource.DeclaredType{Name: "x", Type: "registry-image", Source: resource.Source{"repository": repository, "tag": "dev"}}
	}
	aliases := map[string]string{"my-git": "git", "odd": "no-such-type", "git-ours": "git"}
	tests := []struct {
		name     string
		typeName string
		declared *resource.DeclaredType
		want     string // "" for not served
		reason   string
	}{
		{"base type", "git", nil, "git", "base type"},
		{"base type not served", "time", nil, "", "type time is not served"},
		{"not a base type", "pull-request", nil, "", "not served"},
		{"alias", "my-git", nil, "git", "alias of git"},
		{"alias wins over the image", "git-ours", image("acme/thing"), "git", "alias of git"},
		{"alias of nothing", "odd", nil, "", "not a known type"},
		{"git that is git", "git", image("concourse/git-resource"), "git", "concourse/git-resource"},
		{"git that is not git", "git", image("acme/git-multibranch"), "", "from the image acme/git-multibranch, which is not known; --type-alias git=TYPE"},
		{"another name", "pr", image("teliaoss/github-pr-resource"), "pull-request", ""},
		{"a registry before it", "pr", image("docker.io/teliaoss/github-pr-resource"), "pull-request", ""},
		{"a mirror before it", "g", image("mirror.example.com:5000/hub/concourse/git-resource"), "git", ""},
		{"a tag and a digest behind it", "g", image("index.docker.io/concourse/s3-resource:1.2@sha256:00"), "s3", ""},
		{"a mirror that is not known", "g", image("((mirror))/concourse/git-resource"), "git", ""},
		{"a name that is not known", "g", image("concourse/((name))"), "", "not resolved"},
		{"a fork by another", "g", image("acme/git-resource"), "", "not known"},
		{"aoldershaw", "p", image("aoldershaw/github-pr-resource"), "pr", ""},
		{"digitalocean", "p", image("digitalocean/github-pr-resource"), "digitalocean-pull-request", ""},
		{"gcs", "g", image("frodenas/gcs-resource"), "gcs", ""},
		{"no image", "g", &resource.DeclaredType{Type: "git", Source: resource.Source{"uri": "u"}}, "", "without an image repository"},
		{"an image of the wrong type", "g", image(7), "", "without an image repository"},
		{"credentials in the image", "g", image("https://u:hunter2@r.example.com/a/b"), "", "from the image a/b"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := resource.Recognise(test.typeName, test.declared, aliases)
			if (got.Type != nil) != (test.want != "") || got.Type != nil && got.Type.Name() != test.want {
				t.Errorf("got %v, want %q", got, test.want)
			}
			if got.Reason == "" || !strings.Contains(got.Reason, test.reason) || strings.Contains(got.Reason, "hunter2") {
				t.Errorf("reason %q, want %q", got.Reason, test.reason)
			}
		})
	}
}
