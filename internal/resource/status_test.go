package resource_test

import (
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

func TestStatus(t *testing.T) {
	t.Parallel()
	const of = `{"repository":"Acme/app","access_token":"t"`
	set := func(context string, branches ...string) event.Status {
		return event.Status{Repository: app, Commit: "1", Context: context, State: "success", Branches: branches}
	}
	many := set("ci/build", "x")
	many.BranchesPartial = "10 at most"
	moved := pull(func(*event.PullRequest) {})
	comment := pull(func(p *event.PullRequest) { p.Action = "comment" })
	gone := push("refs/heads/main")
	gone.Deleted = true
	decide(t, "github-status", []row{
		{"on the branch", of + `,"context":"ci/build","branch":"main"}`, set("ci/build", "topic", "main"), true, "status.branch", "status ci/build (success)"},
		{"on the branch by its full name", of + `,"branch":"refs/heads/main"}`, set("default", "main"), true, "status.branch", ""},
		{"default branch and context", of + `}`, set("default", "master"), true, "status.branch", "on branch master"},
		{"another context", of + `,"branch":"main"}`, set("ci/build", "main"), false, "status.context", "the context is default"},
		{"the context's case", of + `,"context":"CI/build","branch":"main"}`, set("ci/build", "main"), true, "status.branch", ""},
		{"context unresolved", of + `,"context":"((c))","branch":"main"}`, set("ci/build", "main"), true, "uncertain.var", "context is ((c))"},
		{"not on the repository's default branch", of + `,"branch":"main"}`, set("default", "topic"), false, "status.branch", "not on branch main"},
		{"not on master", of + `}`, set("default", "topic"), false, "status.branch", "not on branch master"},
		{"perhaps a tag", of + `,"branch":"v1"}`, set("default", "topic"), true, "uncertain.status", "may be a tag or a commit"},
		{"of a pull request", of + `,"branch":"pull/7/head"}`, set("default"), true, "uncertain.status", ""},
		{"of many branches", of + `,"context":"ci/build","branch":"main"}`, many, true, "uncertain.status", "10 at most"},
		{"branch unresolved", of + `,"branch":"((b))"}`, set("default", "topic"), true, "uncertain.var", "branch is ((b))"},
		{"push to the branch", of + `,"branch":"main"}`, push("refs/heads/main", "a"), true, "git.branch", ""},
		{"push to master", of + `}`, push("refs/heads/master", "a"), true, "git.branch", ""},
		{"push to another branch", of + `}`, push("refs/heads/main", "a"), false, "git.branch", "the branch is master"},
		{"push to the branch by its longer name", of + `,"branch":"heads/main"}`, push("refs/heads/main", "a"), true, "git.branch", ""},
		{"push of the tag by its longer name", of + `,"branch":"tags/v1"}`, push("refs/tags/v1", "a"), true, "git.branch", ""},
		{"deletion", of + `,"branch":"main"}`, gone, false, "git.deleted", ""},
		{"the pull request moved", of + `,"branch":"pull/7/head"}`, moved, true, "pull_request.number", ""},
		{"another pull request moved", of + `,"branch":"refs/pull/70/head"}`, moved, false, "pull_request.number", ""},
		{"comment on the pull request", of + `,"branch":"pull/7/head"}`, comment, false, "other.kind", ""},
		{"a pull request, the branch unresolved", of + `,"branch":"pull/((n))/head"}`, moved, true, "uncertain.var", ""},
		{"a pull request, a branch", of + `,"branch":"main"}`, moved, false, "other.kind", ""},
		{"enterprise", `{"repository":"acme/app","endpoint":"https://ghe.example.com/api/v3"}`, set("default", "master"), false, "other.repository", ""},
		{"a release", of + `}`, event.Release{Repository: app, Tag: "v1"}, false, "other.kind", "makes no version of a github-status"},
	})
}
