package providers_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providers"
)

func TestRecognise(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		headers map[string]string
		want    string
	}{
		{"GitHub", map[string]string{"X-GitHub-Event": "push", "X-Hub-Signature-256": "sha256="}, "github"},
		{"Gitea sends GitHub's too", map[string]string{"X-Gitea-Event": "push", "X-Gogs-Event": "push", "X-GitHub-Event": "push"}, "gitea"},
		{"Forgejo sends all", map[string]string{
			"X-Forgejo-Event": "push", "X-Gitea-Event": "push", "X-Gogs-Event": "push", "X-GitHub-Event": "push",
		}, "gitea"},
		{"Gogs", map[string]string{"X-Gogs-Event": "push"}, "gitea"},
		{"GitLab", map[string]string{"X-Gitlab-Event": "System Hook"}, "gitlab"},
		{"Bitbucket Cloud", map[string]string{"X-Event-Key": "repo:push", "X-Request-UUID": "1"}, "bitbucket"},
		{"Bitbucket Server", map[string]string{"X-Event-Key": "repo:refs_changed", "X-Request-Id": "1"}, "bitbucket"},
		{"Azure DevOps", map[string]string{"User-Agent": "VSServices/19.219.33714.1"}, "azure-devops"},
		{"Pub/Sub", map[string]string{"User-Agent": "CloudPubSub-Google"}, "pubsub"},
		{"JFrog", map[string]string{"X-JFrog-Event-Auth": "x"}, "jfrog"},
		{"generic", map[string]string{"X-Signature-256": "sha256="}, "generic"},
		{"an empty header", map[string]string{"X-GitHub-Event": ""}, ""},
		{"a signature alone", map[string]string{"X-Hub-Signature-256": "sha256="}, ""},
		{"nobody", map[string]string{"User-Agent": "curl/8.5.0"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := make(http.Header)
			for name, value := range tt.headers {
				h.Set(name, value)
			}
			got := ""
			if p, ok := providers.Recognise(h); ok {
				got = p.Name()
			}
			if got != tt.want {
				t.Errorf("recognised %q, want %q", got, tt.want)
			}
		})
	}
}

func TestByName(t *testing.T) {
	t.Parallel()
	want := []string{
		"gitea", "github", "gitlab", "bitbucket", "jfrog", "azure-devops", "pubsub", "dockerhub", "quay", "harbor", "acr", "generic",
	}
	if diff := cmp.Diff(want, providers.Names()); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	for _, name := range want {
		if p, ok := providers.ByName(name); !ok || p.Name() != name {
			t.Errorf("ByName(%q) = %v, %v", name, p, ok)
		}
	}
	if p, ok := providers.ByName("svn"); ok {
		t.Errorf("ByName found %v", p)
	}
}
