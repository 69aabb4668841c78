package resource_test

import (
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

func release(action string, draft, prerelease bool) event.Release {
	return event.Release{Repository: app, Tag: "v1", Action: action, Draft: draft, Prerelease: prerelease}
}

func TestRelease(t *testing.T) {
	t.Parallel()
	const of = `{"owner":"Acme","repository":"App"`
	enterprise := release("published", false, false)
	enterprise.Repository.URLs = []string{"https://github.example.com/acme/app"}
	decide(t, "github-release", []row{
		{"published", of + `}`, release("published", false, false), true, "release.published", "release v1 (published)"},
		{"user", `{"user":"acme","repository":"app"}`, release("published", false, false), true, "release.published", ""},
		{"user wins", `{"owner":"another","user":"acme","repository":"app"}`, release("published", false, false), true, "release.published", ""},
		{"another repository", `{"owner":"acme","repository":"web"}`, release("published", false, false), false, "other.repository", "another repository"},
		{"prerelease", of + `}`, release("published", false, true), false, "release.prerelease", "is a prerelease"},
		{"prerelease wanted", of + `,"pre_release":true}`, release("published", false, true), true, "release.published", ""},
		{"prereleases only, a release", of + `,"pre_release":true,"release":false}`, release("published", false, false), false, "release.prerelease", "is not a prerelease"},
		{"neither, a prerelease", of + `,"release":false}`, release("published", false, true), true, "release.published", ""},
		{"pre_release unresolved", of + `,"pre_release":"((p))"}`, release("published", false, true), true, "uncertain.var", ""},
		{"release unresolved", of + `,"release":"((r))"}`, release("published", false, true), true, "uncertain.var", ""},
		{"draft", of + `}`, release("created", true, false), false, "release.draft", "is a draft"},
		{"drafts wanted", of + `,"drafts":true}`, release("created", true, false), true, "release.published", ""},
		{"drafts only", of + `,"drafts":"true"}`, release("published", false, false), true, "release.changed", "which the source no longer wants: that may bring up an older release"},
		{"drafts only, created", of + `,"drafts":true}`, release("created", false, false), false, "release.draft", "is not a draft"},
		{"drafts only, released", of + `,"drafts":true}`, release("released", false, false), true, "release.changed", "no longer wants"},
		{"draft that became a prerelease", of + `,"drafts":true}`, release("prereleased", false, true), true, "release.changed", "no longer wants"},
		{"prereleases only, promoted", of + `,"pre_release":true,"release":false}`, release("released", false, false), true, "release.changed", "no longer wants"},
		{"prereleases unresolved, promoted", of + `,"pre_release":"((p))","release":false}`, release("released", false, false), true, "uncertain.var", ""},
		{"became a prerelease", of + `}`, release("prereleased", false, true), true, "release.changed", "no longer wants"},
		{"created as a prerelease", of + `}`, release("created", false, true), false, "release.prerelease", "is a prerelease"},
		{"drafts unresolved", of + `,"drafts":"((d))"}`, release("published", false, false), true, "uncertain.var", ""},
		{"edited", of + `}`, release("edited", false, true), true, "release.changed", "may bring up an older release"},
		{"deleted", of + `}`, release("deleted", true, true), true, "release.changed", "may bring up an older release"},
		{"owner unresolved", `{"owner":"((o))","repository":"app"}`, release("published", false, false), true, "release.published", ""},
		{"GitHub Enterprise", of + `,"github_api_url":"https://github.example.com/api/v3/"}`, enterprise, true, "release.published", ""},
		{"GitHub Enterprise unresolved", of + `,"github_api_url":"((api))"}`, enterprise, true, "release.published", ""},
		{"GitHub, by its API", of + `,"github_api_url":"https://api.github.com"}`, release("published", false, false), true, "release.published", ""},
		{"not GitHub Enterprise", of + `}`, enterprise, false, "other.repository", "another repository"},
		{"made public", of + `}`, event.RepositoryChanged{Repository: app, What: "visibility"}, true, "git.repository_changed", "change of the visibility"},
		{"a push", of + `}`, push("refs/tags/v1", "a"), false, "other.kind", "makes no version of a github-release"},
	})
}

func pull(change func(*event.PullRequest)) event.PullRequest {
	p := event.PullRequest{Repository: app, Number: 7, Action: "synchronize", Base: "main", State: "open"}
	change(&p)
	return p
}

func TestPullRequest(t *testing.T) {
	t.Parallel()
	const of = `{"repository":"Acme/app"`
	plain := pull(func(*event.PullRequest) {})
	closed := pull(func(p *event.PullRequest) { p.Action, p.State = "closed", "closed" })
	merged := pull(func(p *event.PullRequest) { p.Action, p.State = "closed", "merged" })
	unknown := pull(func(p *event.PullRequest) { p.State, p.Base = "", "" })
	comment := pull(func(p *event.PullRequest) { p.Action, p.Comment = "comment", "please [build ci]" })
	enterprise := pull(func(p *event.PullRequest) { p.Repository.URLs = []string{"https://ghe.example.com/acme/app"} })
	decide(t, "pull-request", []row{
		{"new commits", of + `}`, plain, true, "pull_request.changed", "pull request 7 (synchronize) of github.com/acme/app"},
		{"base_branch", of + `,"base_branch":"main"}`, plain, true, "pull_request.changed", ""},
		{"another base", of + `,"base_branch":"dev"}`, plain, false, "pull_request.base_branch", "into main, the base_branch is dev"},
		{"base_branch unresolved", of + `,"base_branch":"((b))"}`, plain, true, "uncertain.var", ""},
		{"base not told", of + `,"base_branch":"dev"}`, unknown, true, "uncertain.pull_request", ""},
		{"closed", of + `}`, closed, false, "pull_request.state", "which is closed, not one of states"},
		{"closed wanted", of + `,"states":["OPEN","CLOSED"]}`, closed, true, "pull_request.changed", ""},
		{"merged is not closed", of + `,"states":["CLOSED"]}`, merged, false, "pull_request.state", "which is merged"},
		{"states unresolved", of + `,"states":"((states))"}`, merged, true, "uncertain.var", ""},
		{"states empty", of + `,"states":[]}`, merged, false, "pull_request.state", ""},
		{"labels, paths and reviews do not matter", of + `,"labels":["x"],"paths":["y"],"required_review_approvals":2,"ignore_drafts":true}`, plain, true, "pull_request.changed", ""},
		{"comment", of + `}`, comment, false, "pull_request.comment", "a comment makes no version"},
		{"another repository", `{"repository":"acme/web"}`, plain, false, "other.repository", "another repository"},
		{"enterprise", `{"repository":"Acme/app","v3_endpoint":"https://ghe.example.com/api/v3"}`, enterprise, true, "pull_request.changed", ""},
		{"not enterprise", of + `}`, enterprise, false, "other.repository", "another repository"},
		{"a push", of + `}`, push("refs/heads/main", "a"), false, "other.kind", "makes no version of a pull-request"},
	})
}

func TestPullRequestDescendants(t *testing.T) {
	t.Parallel()
	comment := func(text string) event.PullRequest {
		return pull(func(p *event.PullRequest) { p.Action, p.Comment = "comment", text })
	}
	forced := push("refs/heads/main", "a")
	forced.CommitsPartial = "force push"
	t.Run("digitalocean", func(t *testing.T) {
		t.Parallel()
		decide(t, "digitalocean-pull-request", []row{
			{"build ci", `{"repository":"acme/app"}`, comment("Please [Build CI]."), true, "pull_request.comment", ""},
			{"ci build", `{"repository":"acme/app"}`, comment("[ci build]"), true, "pull_request.comment", ""},
			{"another comment", `{"repository":"acme/app"}`, comment("build ci"), false, "pull_request.comment", "a comment makes no version"},
			{"another base", `{"repository":"acme/app","base_branch":"dev"}`, comment("[build ci]"), false, "pull_request.base_branch", "the base_branch is dev"},
			{"forced push to a base", `{"repository":"acme/app"}`, forced, true, "uncertain.forced", "force push"},
			{"forced push to no base", `{"repository":"acme/app","base_branch":"dev"}`, forced, false, "pull_request.base_branch", "the base_branch is dev"},
			{"push", `{"repository":"acme/app"}`, push("refs/heads/main", "a"), false, "other.kind", "makes no version"},
		})
	})
	closed := pull(func(p *event.PullRequest) { p.Action, p.State = "closed", "closed" })
	rebased := pull(func(p *event.PullRequest) { p.Action, p.Base, p.BaseChanged = "edited", "dev", true })
	list := []row{
		{"list, closed", `{"repository":"acme/app"}`, closed, true, "pull_request.changed", ""},
		{"list, another base", `{"repository":"acme/app","base_branch":"next"}`, closed, false, "pull_request.base_branch", "the base_branch is next"},
		{"list, base changed", `{"repository":"acme/app","base_branch":"main"}`, rebased, true, "pull_request.changed", ""},
		{"list, comment", `{"repository":"acme/app"}`, comment("[build ci]"), false, "pull_request.comment", ""},
	}
	t.Run("prlist", func(t *testing.T) {
		t.Parallel()
		decide(t, "prlist", append(list, row{"number has no say", `{"repository":"acme/app","number":8}`, closed, true, "pull_request.changed", ""}))
	})
	t.Run("pr", func(t *testing.T) {
		t.Parallel()
		decide(t, "pr", append(list, []row{
			{"number", `{"repository":"acme/app","number":7}`, closed, true, "pull_request.number", ""},
			{"number as text", `{"repository":"acme/app","number":"7"}`, closed, true, "pull_request.number", ""},
			{"another number", `{"repository":"acme/app","number":8}`, closed, false, "pull_request.number", "the number is 8"},
			{"number unresolved", `{"repository":"acme/app","number":"((n))"}`, closed, true, "uncertain.var", "number is ((n))"},
			{"number, base_branch has no say", `{"repository":"acme/app","number":7,"base_branch":"dev"}`, closed, true, "pull_request.number", ""},
		}...))
	})
}

func TestJtarchiePullRequest(t *testing.T) {
	t.Parallel()
	const of = `{"repo":"Acme/app","access_token":"t"`
	plain := pull(func(*event.PullRequest) {})
	closed := pull(func(p *event.PullRequest) { p.Action, p.State = "closed", "closed" })
	gone := push("refs/heads/main")
	gone.Deleted = true
	decide(t, "jtarchie-pull-request", []row{
		{"new commits", of + `}`, plain, true, "pull_request.changed", "pull request 7"},
		{"base", of + `,"base":"main"}`, plain, true, "pull_request.changed", ""},
		{"another base", of + `,"base":"dev"}`, plain, false, "pull_request.base_branch", "into main, the base is dev"},
		{"base unresolved", of + `,"base":"((b))"}`, plain, true, "uncertain.var", "base is ((b))"},
		{"closed", of + `}`, closed, false, "pull_request.state", ""},
		{"enterprise", `{"repo":"Acme/app","api_endpoint":"https://ghe.example.com/api/v3/"}`, plain, false, "other.repository", ""},
		{"a push", of + `}`, push("refs/heads/main", "a"), false, "other.kind", ""},
		{"a push, only mergeable", of + `,"only_mergeable":true,"base":"main"}`, push("refs/heads/main", "a"), true, "uncertain.mergeable", "may be mergeable"},
		{"a push to another base, only mergeable", of + `,"only_mergeable":true,"base":"dev"}`, push("refs/heads/main", "a"), false, "pull_request.base_branch", ""},
		{"a push of a tag, only mergeable", of + `,"only_mergeable":true}`, push("refs/tags/v1", "a"), false, "other.kind", ""},
		{"a deletion, only mergeable", of + `,"only_mergeable":true}`, gone, false, "other.kind", ""},
	})
}

func TestPixelAir(t *testing.T) {
	t.Parallel()
	of := func(rest string) string { return `{"repository":"acme/app","access_token":"t",` + rest + `}` }
	plain := pull(func(*event.PullRequest) {})
	closed := pull(func(p *event.PullRequest) { p.Action, p.State = "closed", "closed" })
	rebased := pull(func(p *event.PullRequest) { p.Action, p.Base, p.BaseChanged = "edited", "dev", true })
	decide(t, "pixelair-github", []row{
		{"heads", of(`"kind":"commits-from-prs"`), plain, true, "pull_request.changed", ""},
		{"heads, another base", of(`"kind":"commits-from-prs","target_branch":"dev"`), plain, false, "pull_request.base_branch", "the target_branch is dev"},
		{"heads, closed", of(`"kind":"commits-from-prs"`), closed, false, "pull_request.state", ""},
		{"heads, closed wanted", of(`"kind":"commits-from-prs","states":["CLOSED"]`), closed, true, "pull_request.changed", ""},
		{"heads, a push", of(`"kind":"commits-from-prs"`), push("refs/heads/main", "a"), false, "other.kind", "makes no version of a pixelair-github"},
		{"list, closed", of(`"kind":"PRs"`), closed, true, "pull_request.changed", ""},
		{"list, states have no say", of(`"kind":"prs","states":["MERGED"]`), closed, true, "pull_request.changed", ""},
		{"list, base changed", of(`"kind":"prs","target_branch":"main"`), rebased, true, "pull_request.changed", ""},
		{"one", of(`"kind":"pr","number":7`), plain, true, "pull_request.number", ""},
		{"one, another", of(`"kind":"pr","number":"8"`), plain, false, "pull_request.number", "the number is 8"},
		{"one, unresolved", of(`"kind":"pr","number":"((n))"`), closed, true, "uncertain.var", "number is ((n))"},
		{"kind unresolved", of(`"kind":"((k))","number":8`), closed, true, "uncertain.var", "kind is ((k))"},
		{"enterprise", of(`"kind":"prs","host_endpoint":"https://ghe.example.com"`), plain, false, "other.repository", ""},
	})
}

func TestMergeRequest(t *testing.T) {
	t.Parallel()
	const of = `{"uri":"https://gitlab.example.com/acme/app.git","private_token":"t"`
	at := func(change func(*event.PullRequest)) event.PullRequest {
		return pull(func(p *event.PullRequest) {
			p.Repository = event.Repository{URLs: []string{"https://gitlab.example.com/acme/app.git"}}
			change(p)
		})
	}
	plain := at(func(*event.PullRequest) {})
	merged := at(func(p *event.PullRequest) { p.Action, p.State = "merge", "merged" })
	retargeted := at(func(p *event.PullRequest) { p.BaseChanged = true })
	comment := func(text string) event.PullRequest {
		return at(func(p *event.PullRequest) { p.Action, p.Comment = "comment", text })
	}
	moved := push("refs/heads/main", "a")
	moved.Repository = plain.Repository
	decide(t, "gitlab-merge-request", []row{
		{"new commits", of + `}`, plain, true, "pull_request.changed", ""},
		{"by ssh", `{"uri":"git@gitlab.example.com:acme/app.git"}`, plain, true, "pull_request.changed", ""},
		{"target_branch", of + `,"target_branch":"main"}`, plain, true, "pull_request.changed", ""},
		{"another target", of + `,"target_branch":"dev"}`, plain, false, "pull_request.base_branch", "the target_branch is dev"},
		{"merged, which lets another onto the first page", of + `}`, merged, true, "pull_request.changed", ""},
		{"moved to another target, which does the same", of + `,"target_branch":"dev"}`, retargeted, true, "pull_request.changed", ""},
		{"merged into another target", of + `,"target_branch":"dev"}`, merged, false, "pull_request.base_branch", ""},
		{"trigger ci", of + `}`, comment("please [trigger ci]"), true, "pull_request.comment", ""},
		{"another comment", of + `}`, comment("hm"), false, "pull_request.comment", ""},
		{"comments skipped", of + `,"skip_trigger_comment":true}`, comment("[trigger ci]"), false, "pull_request.comment", ""},
		{"comments perhaps skipped", of + `,"skip_trigger_comment":"((s))"}`, comment("[trigger ci]"), true, "pull_request.comment", ""},
		{"a push", of + `}`, moved, false, "other.kind", ""},
		{"a push, only mergeable", of + `,"skip_not_mergeable":true}`, moved, true, "uncertain.mergeable", ""},
		{"another project", `{"uri":"https://gitlab.example.com/acme/web.git"}`, plain, false, "other.repository", ""},
	})
}
