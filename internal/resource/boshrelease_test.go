package resource_test

import (
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

func TestBoshRelease(t *testing.T) {
	t.Parallel()
	const of = `{"uri":"git@github.com:acme/app","private_key":"k"`
	renamed := event.RepositoryChanged{Repository: app, What: "name"}
	other := event.RepositoryChanged{Repository: app, What: event.DefaultBranch}
	decide(t, "bosh-release", []row{
		{"a release", of + `}`, push("refs/heads/main", "releases/app/index.yml"), true, "git.paths", "touches releases/app/index.yml"},
		{"the release's name", of + `}`, push("refs/heads/main", "config/final.yml"), true, "git.paths", ""},
		{"another file", of + `}`, push("refs/heads/main", "src/a"), false, "git.paths", ""},
		{"another branch", of + `,"branch":"release/1.x"}`, push("refs/heads/main", "releases/a"), false, "git.branch", ""},
		{"dev releases", of + `,"branch":"main","dev_releases":true}`, push("refs/heads/main", "src/a"), true, "git.branch", ""},
		{"perhaps dev releases", of + `,"dev_releases":"((d))"}`, push("refs/heads/main", "src/a"), true, "git.branch", ""},
		{"branch unresolved", of + `,"branch":"release/((r)).x"}`, push("refs/heads/x", "releases/a"), true, "uncertain.var", ""},
		{"renamed", of + `,"branch":"main"}`, renamed, true, "git.repository_changed", ""},
		{"another default branch", of + `}`, other, true, "git.default_branch", ""},
		{"another default branch, with a branch", of + `,"branch":"main"}`, other, false, "git.default_branch", ""},
	})
}
