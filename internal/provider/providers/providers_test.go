package providers_test

import (
	"net/http"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providers"
	"github.com/dpb587/concourse-resource-endpoints/internal/receiver"
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
		{"a registry", map[string]string{"Content-Type": "application/vnd.docker.distribution.events.v1+json"}, "registry"},
		{"zot", map[string]string{"Ce-Type": "zotregistry.image.updated", "Content-Type": "application/json"}, "zot"},
		{"Event Grid", map[string]string{"Aeg-Event-Type": "Notification"}, "event-grid"},
		{"Event Grid's handshake", map[string]string{"WebHook-Request-Origin": "eventgrid.azure.net"}, "event-grid"},
		{"SNS", map[string]string{"X-Amz-Sns-Message-Type": "Notification", "User-Agent": "Amazon Simple Notification Service Agent"}, "sns"},
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
			if p := receiver.Recognise(providers.All(), &provider.Request{Path: "/", Header: h}); p != nil {
				got = p.Name
			}
			if got != tt.want {
				t.Errorf("recognised %q, want %q", got, tt.want)
			}
		})
	}
}

func TestByPath(t *testing.T) {
	t.Parallel()
	want := []string{
		"gitea", "github", "gitlab", "bitbucket", "jfrog", "sns", "registry", "zot", "event-grid", "azure-devops", "pubsub", "dockerhub", "quay", "harbor", "acr",
		"s3", "generic",
	}
	for i, p := range providers.All() {
		if i >= len(want) || p.Name != want[i] {
			t.Errorf("provider %d is %s", i, p.Name)
		}
		if p.Refuse == nil || p.Verify == nil || p.Parse == nil {
			t.Errorf("provider %s has no Refuse, Verify or Parse", p.Name)
		}
	}
	for _, name := range want {
		if p := receiver.Recognise(providers.All(), &provider.Request{Path: "/" + name}); p == nil || p.Name != name {
			t.Errorf("/%s is served by %v", name, p)
		}
	}
	if p := receiver.Recognise(providers.All(), &provider.Request{Path: "/svn"}); p != nil {
		t.Errorf("/svn is served by %s", p.Name)
	}
}
