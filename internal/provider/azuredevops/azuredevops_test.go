package azuredevops_test

import (
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/azuredevops"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providertest"
)

const id = "11111111-2222-3333-4444-555555555555"

func TestParse(t *testing.T) {
	t.Parallel()
	repo := event.Repository{
		URLs: []string{
			"https://org@dev.azure.com/org/My%20Proj/_git/app", "git@ssh.dev.azure.com:v3/org/My%20Proj/app",
			"https://dev.azure.com/org/My%20Proj/_git/app",
		},
		DefaultBranch: "main",
	}
	pr := event.PullRequest{Repository: repo, Number: 12, Base: "main"}
	updated, merged, comment := pr, pr, pr
	updated.Action, updated.State, updated.Draft, updated.BaseChanged = "updated", "open", true, true
	merged.Action, merged.State = "merged", "merged"
	comment.Action, comment.State, comment.Draft, comment.Comment = "comment", "closed", true, "hm"
	delivery := func(id, name string, events ...event.Event) provider.Delivery {
		return provider.Delivery{ID: id, Name: name, Events: events}
	}
	const hint = "; does the hook send all resource details?"
	providertest.Parse(t, azuredevops.Provider, []providertest.ParseCase{
		{Name: "push of two refs", File: "push.json", Want: delivery(
			id, "git.push",
			event.Push{
				Repository: repo, Ref: "refs/heads/main",
				CommitsPartial: "Azure DevOps lists no commits by ref", FilesPartial: "Azure DevOps lists no files",
			},
			event.Push{Repository: repo, Ref: "refs/heads/gone", Deleted: true},
		)},
		{Name: "pull request updated", File: "pullrequest_updated.json", Want: delivery("1", "git.pullrequest.updated", updated)},
		{Name: "pull request merged", File: "pullrequest_merged.json", Want: delivery("1", "git.pullrequest.merged", merged)},
		{
			Name: "comment on a pull request", File: "pullrequest_comment.json",
			Want: delivery("1", "ms.vss-code.git-pullrequest-comment-event", comment),
		},
		{
			Name: "of no use", File: "build.json",
			Want: provider.Delivery{ID: "1", Name: "build.complete", Ignored: "build.complete event ignored"},
		},
		{
			Name: "id that is not one", Body: `{"id":"a\nb","eventType":"build.complete"}`,
			Want: provider.Delivery{Name: "build.complete", Ignored: "build.complete event ignored"},
		},
		{Name: "no resource details", File: "push_none.json", Malformed: "resource.refUpdates is missing or empty" + hint},
		{
			Name: "no repository", Body: `{"eventType":"git.push","resource":{"refUpdates":[{"name":"refs/heads/main"}]}}`,
			Malformed: "no repository URL in resource.repository.remoteUrl" + hint,
		},
		{
			Name: "ref update null", Body: `{"eventType":"git.push","resource":{"refUpdates":[null],"repository":{"remoteUrl":"https://h/o/p/_git/r"}}}`,
			Malformed: "resource.refUpdates[0].name is missing",
		},
		{Name: "no pull request", Body: `{"eventType":"git.pullrequest.created"}`, Malformed: "resource is missing"},
		{
			Name: "comment without pull request", Body: `{"eventType":"ms.vss-code.git-pullrequest-comment-event"}`,
			Malformed: "resource.pullRequest is missing",
		},
		{Name: "no event type", Body: `{}`, Malformed: "eventType is not the name of an event"},
	})
}

func TestVerify(t *testing.T) {
	t.Parallel()
	req := func(authorization string) *provider.Request {
		return providertest.Request(providertest.Headers{"Authorization": authorization}, []byte(`{}`))
	}
	const none = "no basic authentication in the Authorization header"
	providertest.Verify(t, azuredevops.Provider, []string{"new", "old"}, []providertest.VerifyCase{
		{Name: "password", Request: req("Basic aG9vazpuZXc=")},             // hook:new
		{Name: "second password, no user", Request: req("Basic Om9sZA==")}, // :old
		{
			Name: "wrong password", Request: req("Basic aG9vazp4"), // hook:x
			Unauthorized: "the password of the basic authentication is not right",
		},
		{
			Name: "password as the user", Request: req("Basic bmV3Og=="), // new:
			Unauthorized: "the password of the basic authentication is not right",
		},
		{Name: "bearer token", Request: req("Bearer new"), Unauthorized: none},
		{Name: "not base64", Request: req("Basic %"), Unauthorized: none},
		{Name: "nothing", Request: req(""), Unauthorized: none},
	})
}

func FuzzParse(f *testing.F) { providertest.Fuzz(f, azuredevops.Provider) }
