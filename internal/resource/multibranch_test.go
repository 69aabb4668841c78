package resource_test

import (
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

func TestMultiBranch(t *testing.T) {
	t.Parallel()
	const of = `{"uri":"git@github.com:acme/app","private_key":"k"`
	gone := push("refs/heads/feature/a")
	gone.Deleted = true
	decide(t, "git-multibranch", []row{
		{"matches", of + `,"branches":"feature/.*"}`, push("refs/heads/feature/a", "x"), true, "git.branch", "which branches matches"},
		{"matches not", of + `,"branches":"feature/.*"}`, push("refs/heads/main", "x"), false, "git.branch", "branches does not match"},
		{"with a line's end", of + `,"branches":"main\n","ignore_branches":"dev\n"}`, push("refs/heads/main", "x"), true, "git.branch", ""},
		{"of two lines", of + `,"branches":"main\ndev"}`, push("refs/heads/dev", "x"), true, "uncertain.filter", ""},
		{"in a locale of bytes", of + `,"branches":"f..o"}`, push("refs/heads/féo", "x"), true, "git.branch", ""},
		{"ignored in a locale of letters", of + `,"branches":".*","ignore_branches":"f.o"}`, push("refs/heads/féo", "x"), true, "git.branch", ""},
		{"is anchored", of + `,"branches":"feature"}`, push("refs/heads/my-feature", "x"), false, "git.branch", ""},
		{"but not its alternatives", of + `,"branches":"main|feature"}`, push("refs/heads/my-feature", "x"), true, "git.branch", ""},
		{"whose inner ones may be in a commit's name", of + `,"branches":"1.0|1.1|1.2"}`, push("refs/heads/main", "x"), true, "uncertain.filter", "commit's name"},
		{"which these can't", of + `,"branches":"main|dev|release/.*"}`, push("refs/heads/topic", "x"), false, "git.branch", ""},
		{"nor these", of + `,"branches":"(1.0|1.1|1.2)"}`, push("refs/heads/main", "x"), false, "git.branch", ""},
		{"ignored", of + `,"branches":".*","ignore_branches":"main"}`, push("refs/heads/main", "x"), false, "git.branch", "ignore_branches matches"},
		{"not ignored", of + `,"branches":".*","ignore_branches":"main"}`, push("refs/heads/dev", "x"), true, "git.branch", ""},
		{"unresolved", of + `,"branches":"((b))"}`, push("refs/heads/dev", "x"), true, "uncertain.var", "branches is ((b))"},
		{"ignored unresolved", of + `,"branches":".*","ignore_branches":"((b))"}`, push("refs/heads/dev", "x"), true, "uncertain.var", ""},
		{"not understood", of + `,"branches":"(a)\\1"}`, push("refs/heads/dev", "x"), true, "uncertain.filter", "may be one of branches"},
		{"one branch", of + `,"branch":"main"}`, push("refs/heads/main", "x"), true, "git.branch", ""},
		{"another branch", of + `,"branch":"main"}`, push("refs/heads/dev", "x"), false, "git.branch", ""},
		{"default branch", of + `}`, push("refs/heads/main", "x"), true, "git.branch", ""},
		{"a tag", of + `,"branches":".*"}`, push("refs/tags/v1", "x"), false, "git.branch", ""},
		{"deleted", of + `,"branches":".*"}`, gone, false, "git.deleted", ""},
		{"paths do not matter", of + `,"branches":".*","paths":["src"],"ignore_paths":["docs"]}`, push("refs/heads/dev", "x"), true, "git.branch", ""},
		{"renamed", of + `,"branches":".*"}`, event.RepositoryChanged{Repository: app, What: "name"}, true, "git.repository_changed", ""},
	})
}
