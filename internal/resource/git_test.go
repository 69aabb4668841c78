package resource_test

import (
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

const appMain = `{"uri":"https://github.com/acme/app","branch":"main"`

func TestGit(t *testing.T) {
	t.Parallel()
	partial := push("refs/heads/main", "src/a.go")
	partial.FilesPartial = "force push"
	partialCommits := push("refs/heads/main", "src/a.go")
	partialCommits.CommitsPartial = "20 of 31 commits"
	covered := push("refs/heads/main", "docs/a.md")
	covered.FilesPartial = "force push"
	deleted := push("refs/heads/main")
	deleted.Deleted = true
	unknownDefault := push("refs/heads/dev", "a")
	unknownDefault.Repository.DefaultBranch = ""
	elsewhere := push("refs/heads/main", "a")
	elsewhere.Repository = other
	azure := push("refs/heads/main", "a")
	azure.Repository.URLs = []string{"https://dev.azure.com/acme/Web/_git/App"}
	noCommits := event.Push{Repository: app, Ref: "refs/heads/main"}

	decide(t, "git", []row{
		{"branch", appMain + `}`, push("refs/heads/main", "a"), true, "git.branch", "push to main"},
		{"another branch", appMain + `}`, push("refs/heads/dev", "a"), false, "git.branch", "push to dev, the branch is main"},
		{"branch in another case", appMain + `}`, push("refs/heads/Main", "a"), false, "git.branch", "push to Main, the branch is main"},
		{"branch with a slash", `{"uri":"git@github.com:acme/app.git","branch":"release/1.x"}`, push("refs/heads/release/1.x", "a"), true, "git.branch", ""},
		{"branch is trimmed", `{"uri":"git@github.com:Acme/App","branch":" main "}`, push("refs/heads/main", "a"), true, "git.branch", ""},
		{"branch is a number", `{"uri":"git@github.com:acme/app","branch":1}`, push("refs/heads/1", "a"), true, "git.branch", ""},
		{"branch names a tag", `{"uri":"git@github.com:acme/app","branch":"v1"}`, push("refs/tags/v1", "a"), true, "git.branch", "push to tag v1"},
		{"branch names another tag", `{"uri":"git@github.com:acme/app","branch":"v1"}`, push("refs/tags/v2", "a"), false, "git.branch", "push to tag v2, the branch is v1"},
		{"another kind of ref", appMain + `}`, push("refs/pull/1/head", "a"), false, "git.branch", "push to refs/pull/1/head"},
		{"no branch, default", `{"uri":"https://github.com/acme/app"}`, push("refs/heads/main", "a"), true, "git.branch", "push to main"},
		{"no branch, another", `{"uri":"https://github.com/acme/app"}`, push("refs/heads/master", "a"), false, "git.branch", "the default branch is main"},
		{"no branch, a tag", `{"uri":"https://github.com/acme/app"}`, push("refs/tags/v1", "a"), false, "git.branch", "follows the default branch"},
		{"no branch, default unknown", `{"uri":"https://github.com/acme/app","branch":null}`, unknownDefault, true, "uncertain.default_branch", "the default branch is not known"},
		{"branch unresolved", `{"uri":"https://github.com/acme/app","branch":"((branch))"}`, push("refs/heads/dev", "a"), true, "uncertain.var", "branch is ((branch)), which was not resolved"},
		{"branch unresolved, paths covered", `{"uri":"https://github.com/acme/app","branch":"((branch))","paths":["docs"]}`, push("refs/heads/dev", "docs/a"), true, "uncertain.var", "touches docs/a"},
		{"branch unresolved, paths known", `{"uri":"https://github.com/acme/app","branch":"((branch))","paths":["docs"]}`, push("refs/heads/dev", "a"), false, "git.paths", "none of the 1 changed files"},
		{"another repository", appMain + `}`, elsewhere, false, "other.repository", "another repository"},
		{"deleted", appMain + `}`, deleted, false, "git.deleted", "main was deleted"},

		{"paths", appMain + `,"paths":["docs/*"]}`, push("refs/heads/main", "a", "docs/a.md"), true, "git.paths", "push to main touches docs/a.md, which paths docs/* covers"},
		{"not in paths", appMain + `,"paths":["docs/*"]}`, push("refs/heads/main", "a", "b", "c"), false, "git.paths", "none of the 3 changed files is covered by paths"},
		{"empty paths", appMain + `,"paths":[],"ignore_paths":[]}`, push("refs/heads/main", "a"), true, "git.branch", "push to main"},
		{"paths of an empty string", appMain + `,"paths":[""]}`, push("refs/heads/main", "a"), true, "git.branch", "push to main"},
		{"ignored", appMain + `,"ignore_paths":["*.md"]}`, push("refs/heads/main", "docs/a.md"), false, "git.ignore_paths", "none of the 1"},
		{"not ignored", appMain + `,"ignore_paths":["*.md"]}`, push("refs/heads/main", "docs/a.md", "b.go"), true, "git.ignore_paths", "touches b.go, which ignore_paths does not cover"},
		{"paths are a var", appMain + `,"paths":"((paths))"}`, push("refs/heads/main", "a"), true, "uncertain.var", "((paths))"},
		{"ignore_paths are a var", appMain + `,"ignore_paths":"((paths))"}`, push("refs/heads/main", "a"), true, "uncertain.var", "ignore_paths is ((paths))"},
		{"one of paths is a var", appMain + `,"paths":["docs","((dir))/x"]}`, push("refs/heads/main", "a"), true, "uncertain.var", "((dir))"},
		{"files partial", appMain + `,"paths":["docs"]}`, partial, true, "uncertain.files", "the file list is incomplete (force push): any file may have changed"},
		{"commits partial", appMain + `,"paths":["docs"]}`, partialCommits, true, "uncertain.commits", "the commit list is incomplete (20 of 31 commits)"},
		{"files partial, one covered", appMain + `,"paths":["docs"]}`, covered, true, "git.paths", "touches docs/a.md"},
		{"no commits listed", appMain + `,"paths":["docs"]}`, noCommits, true, "uncertain.files", "any file may have changed"},
		{"no files listed", appMain + `,"paths":["docs"]}`, push("refs/heads/main"), true, "uncertain.files", "any file may have changed"},

		{"Azure DevOps's older SSH", `{"uri":"ssh://acme@vs-ssh.visualstudio.com:22/DefaultCollection/Web/_ssh/_full/App","branch":"main"}`, azure, true, "git.branch", ""},
		{"Azure DevOps's older SSH, own repository", `{"uri":"ssh://acme@vs-ssh.visualstudio.com/_ssh/App","branch":"main"}`, azure, false, "other.repository", ""},
		{"password in the uri", `{"uri":"https://bot:hunter2@github.com/acme/app","branch":"main"}`, push("refs/heads/main", "a"), true, "git.branch", ""},
		{"var for the password", `{"uri":"https://((vault:ci/bot.user)):((vault:ci/bot.pass))@github.com/acme/app","branch":"main"}`, push("refs/heads/main", "a"), true, "git.branch", ""},
		{"var in the uri", `{"uri":"https://github.com/((org))/app","branch":"main"}`, push("refs/heads/main", "a"), true, "git.branch", ""},
		{"var for the host", `{"uri":"https://((host))/Acme/App.git","branch":"main"}`, push("refs/heads/main", "a"), true, "git.branch", ""},
		{"var for the start, with a port", `{"uri":"((base)):443/acme/app.git","branch":"main"}`, push("refs/heads/main", "a"), true, "git.branch", ""},
		{"var up to the name", `{"uri":"((base))app.git","branch":"main"}`, push("refs/heads/main", "a"), true, "git.branch", ""},
		{"var in another uri", `{"uri":"https://github.com/((org))/web","branch":"main"}`, push("refs/heads/main", "a"), false, "other.repository", "another repository"},
		{
			"insteadOf", `{"uri":"gh:acme/app","branch":"main","git_config":[{"name":"url.https://example.com/.insteadOf","value":"g"},
			 {"name":"URL.https://t@github.com/.insteadof","value":"gh:"}]}`, push("refs/heads/main", "a"), true, "git.branch", "",
		},
		{
			"insteadOf to a mirror", `{"uri":"https://github.com/acme/app","branch":"main",
			 "git_config":[{"name":"url.https://mirror.example.com/.insteadOf","value":"https://github.com/"}]}`, push("refs/heads/main", "a"), true, "git.branch", "",
		},
		{"git_config unresolved", `{"uri":"gh:acme/app","branch":"main","git_config":"((c))"}`, push("refs/heads/main", "a"), true, "uncertain.var", "git_config is ((c))"},
		{"git_config unresolved, another branch", `{"uri":"gh:acme/app","branch":"main","git_config":"((c))"}`, push("refs/heads/dev", "a"), false, "git.branch", "the branch is main"},
		{"an entry of git_config unresolved", `{"uri":"gh:acme/app","branch":"main","git_config":["((c))"]}`, push("refs/heads/main", "a"), true, "uncertain.var", "git_config is ((c))"},
		{
			"insteadOf of an unresolved prefix", `{"uri":"gh:acme/app","branch":"main","git_config":[{"name":"url.https://github.com/.insteadOf","value":"((p))"}]}`,
			push("refs/heads/main", "a"), true, "uncertain.var", "git_config is ((p))",
		},
		{
			"insteadOf by an unresolved base", `{"uri":"gh:acme/app","branch":"main","git_config":[{"name":"url.https://((host))/.insteadOf","value":"gh:"}]}`,
			push("refs/heads/main", "a"), true, "git.branch", "push to main",
		},
		{
			"a name of git_config unresolved", `{"uri":"gh:acme/app","branch":"main","git_config":[{"name":"((n))","value":"x"}]}`,
			push("refs/heads/main", "a"), true, "uncertain.var", "git_config is ((n))",
		},
		{
			"an unresolved name that is no insteadOf", `{"uri":"gh:acme/app","branch":"main","git_config":[{"name":"credential.((h)).helper","value":"((v))"}]}`,
			push("refs/heads/main", "a"), false, "other.repository", "",
		},
		{
			"pushInsteadOf", `{"uri":"https://github.com/acme/other","branch":"main",
			 "git_config":[{"name":"url.https://github.com/acme/app.pushInsteadOf","value":"https://github.com/acme/other"}]}`, push("refs/heads/main", "a"), false, "other.repository", "another repository",
		},
	})
}

func TestGitRepositoryChanged(t *testing.T) {
	t.Parallel()
	changed := event.RepositoryChanged{Repository: app, What: event.DefaultBranch}
	renamed := event.RepositoryChanged{Repository: app, What: "name"}
	decide(t, "git", []row{
		{"no branch", `{"uri":"https://github.com/acme/app"}`, changed, true, "git.default_branch", "the default branch changed, and the resource has no branch"},
		{"branch", appMain + `}`, changed, false, "git.default_branch", "the branch is main"},
		{"pages of a wiki", appMain + `,"paths":["docs"]}`, event.RepositoryChanged{Repository: app, What: event.WikiPages}, true, "git.repository_changed", "the wiki's pages changed"},
		{"branch of a name that was another's", appMain + `}`, renamed, true, "git.repository_changed", "the name changed"},
		{"unresolved branch", `{"uri":"https://github.com/acme/app","branch":"((b))"}`, changed, true, "uncertain.var", "((b))"},
		{"versions are tags", `{"uri":"https://github.com/acme/app","version_type":"tags"}`, changed, false, "git.default_branch", "the versions are tags"},
		{"another repository", `{"uri":"https://github.com/acme/third"}`, changed, false, "other.repository", "another repository"},
	})
}

func TestGitAliases(t *testing.T) {
	t.Parallel()
	f, err := lookup(t, "git").Parse([]byte(`{"uri":"https://github.com/acme/renamed","aliases":["https://github.com/acme/app"],"branch":"main"}`))
	if err != nil {
		t.Fatal(err)
	}
	if d := f.Decide(push("refs/heads/main", "a"), nil); !d.Check {
		t.Error(d.Reason)
	}
	if n := len(f.Keys().Exact); n != 2 {
		t.Errorf("%d keys, want 2", n)
	}
}

func messages(texts ...string) event.Push {
	p := event.Push{Repository: app, Ref: "refs/heads/main"}
	for _, text := range texts {
		p.Commits = append(p.Commits, event.Commit{Message: text, Files: []string{"a"}})
	}
	return p
}

func TestGitCISkip(t *testing.T) {
	t.Parallel()
	partial := messages("x [ci skip]")
	partial.CommitsPartial = "20 of 31 commits"
	filesPartial := messages("x [ci skip]")
	filesPartial.FilesPartial = "no file lists"
	decide(t, "git", []row{
		{"all skip", appMain + `}`, messages("x [ci skip]", "y\n\nbody [skip ci] z"), false, "git.ci_skip", "all its commits ask for [ci skip]"},
		{"one does not", appMain + `}`, messages("x [ci skip]", "y"), true, "git.branch", "push to main"},
		{"case counts", appMain + `}`, messages("x [CI SKIP]"), true, "git.branch", ""},
		{"other spellings", appMain + `}`, messages("x [ci-skip] [skip  ci] [ci skip"), true, "git.branch", ""},
		{"over two lines", appMain + `}`, messages("x [ci\nskip]"), true, "git.branch", ""},
		{"incomplete list", appMain + `}`, partial, true, "uncertain.commits", "there may be more: 20 of 31 commits"},
		{"files do not matter", appMain + `}`, filesPartial, false, "git.ci_skip", "[ci skip]"},
		{"disabled", appMain + `,"disable_ci_skip":true}`, messages("x [ci skip]"), true, "git.branch", ""},
		{"disabled as text", appMain + `,"disable_ci_skip":"true"}`, messages("x [ci skip]"), true, "git.branch", ""},
		{"perhaps disabled", appMain + `,"disable_ci_skip":"((skip))"}`, messages("x [ci skip]"), true, "uncertain.var", ""},
		{"disabled with a line end", appMain + `,"disable_ci_skip":"true\n"}`, messages("x [ci skip]"), true, "git.branch", ""},
		{"not disabled by yes", appMain + `,"disable_ci_skip":"yes"}`, messages("x [ci skip]"), false, "git.ci_skip", "[ci skip]"},
		{"not disabled by a list", appMain + `,"disable_ci_skip":[true]}`, messages("x [ci skip]"), false, "git.ci_skip", "[ci skip]"},
		{"not disabled", appMain + `,"disable_ci_skip":false}`, messages("x [ci skip]"), false, "git.ci_skip", "[ci skip]"},
	})
}

func TestGitTags(t *testing.T) {
	t.Parallel()
	const v1 = `{"uri":"https://github.com/acme/app","tag_filter":"v1.*"`
	const onMain = v1 + `,"branch":"main"`
	deleted := push("refs/tags/v1.0")
	deleted.Deleted = true
	created := event.Push{Repository: app, Ref: "refs/tags/v1.0"}
	skipped := messages("[ci skip]")
	skipped.Ref = "refs/tags/v1.0"
	decide(t, "git", []row{
		{"tag", v1 + `}`, created, true, "git.tag", "push to tag v1.0, which tag_filter v1.* matches"},
		{"tag with a slash", v1 + `}`, push("refs/tags/v1.0/rc", "a"), true, "git.tag", ""},
		{"another tag", v1 + `}`, push("refs/tags/v2.0", "a"), false, "git.tag", "which tag_filter v1.* does not match"},
		{"deleted tag, which brings up an older one", v1 + `}`, deleted, true, "git.tag", "deletion of tag v1.0, which tag_filter v1.* matches"},
		{"another deleted tag", `{"uri":"https://github.com/acme/app","tag_filter":"v2.*"}`, deleted, false, "git.tag", "does not match"},
		{"deleted tag outside of paths", v1 + `,"paths":["docs"]}`, deleted, true, "git.tag", ""},
		{"deleted tag, by ancestors", v1 + `,"tag_behaviour":"match_tag_ancestors"}`, deleted, false, "git.deleted", "tag v1.0 was deleted"},
		{"branch push, no branch set", v1 + `}`, push("refs/heads/main", "a"), false, "git.tag", "only tags count"},
		{"branch push", onMain + `}`, push("refs/heads/main", "a"), true, "uncertain.merged_tag", "push to main (which may merge a tag that counts)"},
		{"branch push elsewhere", onMain + `}`, push("refs/heads/dev", "a"), false, "git.branch", "the branch is main"},
		{"branch push outside of paths", onMain + `,"paths":["docs"]}`, push("refs/heads/main", "a"), false, "git.paths", "none of the 1"},
		{"branch push outside of paths, by ancestors", onMain + `,"paths":["docs"],"tag_behaviour":"match_tag_ancestors"}`, push("refs/heads/main", "a"), true, "uncertain.merged_tag", ""},
		{"tag, branch set", onMain + `}`, created, true, "git.tag", "tag_filter v1.* matches"},
		{"branch is a tag", v1 + `,"branch":"stable"}`, push("refs/tags/stable", "a"), true, "git.branch", "which branch names"},
		{"tag outside of paths", v1 + `,"paths":["docs"]}`, push("refs/tags/v1.0", "a"), false, "git.paths", "none of the 1"},
		{"tag without commits", v1 + `,"paths":["docs"]}`, created, true, "uncertain.files", "tag_filter v1.* matches"},
		{"tag outside of paths, by ancestors", v1 + `,"paths":["docs"],"tag_behaviour":"match_tag_ancestors"}`, push("refs/tags/v1.0", "a"), true, "git.tag", ""},
		{"tag_behaviour unresolved", v1 + `,"paths":["docs"],"tag_behaviour":"((b))"}`, push("refs/tags/v1.0", "a"), true, "uncertain.var", "tag_behaviour is ((b))"},
		{"tag that skips", v1 + `}`, skipped, false, "git.ci_skip", "[ci skip]"},
		{"filter unresolved", `{"uri":"https://github.com/acme/app","tag_filter":"((f))*"}`, created, true, "uncertain.var", "tag_filter is ((f))*, which was not resolved"},
		{"filter is a number", `{"uri":"https://github.com/acme/app","tag_filter":1.5}`, push("refs/tags/1.5", "a"), true, "git.tag", ""},
		{"literal filter", `{"uri":"https://github.com/acme/app","tag_filter":"v1"}`, push("refs/tags/v1/x", "a"), false, "git.tag", ""},
		{"filter that the shell expands", `{"uri":"https://github.com/acme/app","tag_filter":"$HOME*"}`, created, true, "uncertain.filter", "may count"},

		{"regex", `{"uri":"https://github.com/acme/app","tag_regex":"v[0-9]+\\.[0-9]+"}`, created, true, "git.tag", "which tag_regex"},
		{"regex matches whole lines", `{"uri":"https://github.com/acme/app","tag_regex":"v[0-9]+"}`, created, false, "git.tag", "does not match"},
		{"regex with alternatives", `{"uri":"https://github.com/acme/app","tag_regex":"v1|v1.0-rc"}`, push("refs/tags/v1.0", "a"), false, "git.tag", "does not match"},
		{"regex not translated", `{"uri":"https://github.com/acme/app","tag_regex":"v(1)\\.\\1"}`, created, true, "uncertain.filter", "not modelled"},
		{"regex of Perl", `{"uri":"https://github.com/acme/app","tag_regex":"v\\d+"}`, created, true, "uncertain.filter", "not modelled"},
		{"regex unresolved", `{"uri":"https://github.com/acme/app","tag_regex":"((re))"}`, created, true, "uncertain.var", "tag_regex is ((re))"},
	})
}

// git ls-remote URI BRANCH lists every ref that ends in the branch, in the order of their names.
func TestGitLsRemote(t *testing.T) {
	t.Parallel()
	const listed = appMain + `,"disable_ci_skip":true`
	deleted := push("refs/heads/feature/main")
	deleted.Deleted = true
	gone := push("refs/heads/main")
	gone.Deleted = true
	namesake := push("refs/heads/feature/main", "a")
	decide(t, "git", []row{
		{"sorts before the branch", listed + `}`, namesake, true, "git.branch", "push to feature/main, which git ls-remote lists for the branch main"},
		{"all paths", listed + `,"paths":["."]}`, namesake, true, "git.branch", "git ls-remote"},
		{"perhaps all paths", listed + `,"paths":["((p))"]}`, namesake, true, "git.branch", "git ls-remote"},
		{"another kind of ref", listed + `}`, push("refs/x/main", "a"), true, "git.branch", "git ls-remote"},
		{"deleted", listed + `}`, deleted, true, "git.branch", "deletion of feature/main, which git ls-remote lists"},
		{"perhaps listed", appMain + `,"disable_ci_skip":"((skip))"}`, namesake, true, "uncertain.var", "git ls-remote"},
		{"the branch itself", listed + `}`, push("refs/heads/main", "a"), true, "git.branch", "push to main"},
		{"the branch itself deleted", listed + `}`, gone, false, "git.deleted", "main was deleted"},
		{"a part of a name", listed + `}`, push("refs/heads/domain", "a"), false, "git.branch", "the branch is main"},
		{"not listed without disable_ci_skip", appMain + `}`, namesake, false, "git.branch", "the branch is main"},
		{"not listed with paths", listed + `,"paths":["docs"]}`, namesake, false, "git.branch", "the branch is main"},
		{"not listed with ignore_paths", listed + `,"ignore_paths":["docs"]}`, namesake, false, "git.branch", "the branch is main"},
		{"not listed with tag_filter", listed + `,"tag_filter":"v*"}`, namesake, false, "git.branch", "the branch is main"},
		{"not listed without a branch", `{"uri":"https://github.com/acme/app","disable_ci_skip":true}`, push("refs/heads/x/HEAD"), false, "git.branch", "the default branch is main"},
	})
}

func TestGitVersionType(t *testing.T) {
	t.Parallel()
	const tags = `{"uri":"https://github.com/acme/app","version_type":"tags"`
	const branches = `{"uri":"https://github.com/acme/app","version_type":"branches"`
	feature, v1 := push("refs/heads/feat/x/y"), event.Push{Repository: app, Ref: "refs/tags/v1.0"}
	gone, goneTag := feature, v1
	gone.Deleted, goneTag.Deleted = true, true
	skipped := messages("[ci skip]")
	decide(t, "git", []row{
		{"commits", appMain + `,"version_type":"commits"}`, push("refs/heads/dev", "a"), false, "git.branch", "the branch is main"},
		{"commits, branch_filters", appMain + `,"branch_filters":["x"]}`, push("refs/heads/main", "a"), true, "git.branch", "push to main"},
		{"commits, tag_filters", appMain + `,"tag_filters":["v*"]}`, v1, true, "uncertain.filter", "tag_filters is set"},
		{"unresolved", appMain + `,"version_type":"((t))"}`, v1, true, "uncertain.var", "version_type is ((t))"},
		{"of a later release", appMain + `,"version_type":"refs"}`, gone, true, "uncertain.filter", "deletion of feat/x/y, which may count (version_type is refs)"},

		{"any tag", tags + `}`, v1, true, "git.tag", "push to tag v1.0"},
		{"any tag, not a branch", tags + `}`, push("refs/heads/main", "a"), false, "git.tag", "only tags count"},
		{"deleted tag", tags + `}`, goneTag, true, "git.tag", "deletion of tag v1.0"},
		{"another deleted tag", tags + `,"tag_filter":"v2*"}`, goneTag, false, "git.tag", "does not match"},
		{"tag_filter", tags + `,"tag_filter":"v1.*"}`, v1, true, "git.tag", "which tag_filters v1.* matches"},
		{"tag_filters", tags + `,"tag_filters":["x","v?.0"]}`, v1, true, "git.tag", "which tag_filters x v?.0 matches"},
		{"not of tag_filters", tags + `,"tag_filter":"v","tag_filters":["v2*"]}`, v1, false, "git.tag", "which tag_filters v v2* does not match"},
		{"one of tag_filters unresolved", tags + `,"tag_filters":["x","((f))"]}`, v1, true, "uncertain.var", "tag_filters is ((f))"},
		{"a class of bash", tags + `,"tag_filters":["v[2-9]"]}`, v1, true, "uncertain.filter", "not modelled"},
		{"tag_regex matches a part", tags + `,"tag_regex":"1"}`, v1, true, "git.tag", "which tag_regex 1 matches"},
		{"tag_regex does not match", tags + `,"tag_regex":"^1"}`, v1, false, "git.tag", "does not match"},
		{"tag_regex that the shell does not expand", tags + `,"tag_regex":"1[$\"]?"}`, v1, true, "git.tag", "matches"},
		{"tag_regex unresolved", tags + `,"tag_regex":"((re))"}`, v1, true, "uncertain.var", "tag_regex is ((re))"},
		{"tag_regex of an option", tags + `,"tag_regex":"-v"}`, v1, true, "uncertain.filter", "not modelled"},
		{"the rest decides nothing", tags + `,"branch":"dev","paths":["/x"],"tag_behaviour":"x"}`, v1, true, "git.tag", ""},

		{"any branch", branches + `}`, feature, true, "uncertain.new_branch", "push to feat/x/y: the branch may be a new one"},
		{"any branch, not a tag", branches + `}`, v1, false, "git.branch", "only branches count"},
		{"deleted branch", branches + `}`, gone, true, "git.branch", "deletion of feat/x/y"},
		{"branch_filters", branches + `,"branch_filters":["fix/*","feat/*"]}`, feature, true, "uncertain.new_branch", "which branch_filters fix/* feat/* matches"},
		{"deleted branch of branch_filters", branches + `,"branch_filters":["feat/*"]}`, gone, true, "git.branch", "deletion of feat/x/y, which branch_filters feat/* matches"},
		{"not of branch_filters", branches + `,"branch_filters":["fix/*"]}`, gone, false, "git.branch", "does not match"},
		{"branch_filters unresolved", branches + `,"branch_filters":"((f))"}`, gone, true, "uncertain.var", "branch_filters is ((f))"},
		{"branch_regex", branches + `,"branch_regex":"^(feat|fix)/"}`, feature, true, "uncertain.new_branch", "which branch_regex ^(feat|fix)/ matches"},
		{"not of branch_regex", branches + `,"branch_regex":"^fix/"}`, feature, false, "git.branch", "does not match"},
		{"a new branch that skips", branches + `}`, skipped, true, "uncertain.new_branch", ""},
	})
}
