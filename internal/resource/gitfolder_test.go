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

func TestMetalink(t *testing.T) {
	t.Parallel()
	of := func(uri string) string { return `{"uri":"` + uri + `","options":{"private_key":"k"}}` }
	scp := of("git+ssh://git@github.com:acme/app.git//release/stable#artifacts")
	s3 := of("s3://s3-eu-west-1.amazonaws.com/builds/release/stable")
	decide(t, "metalink-repository", []row{
		{"scp's form", scp, push("refs/heads/artifacts", "release/stable/v1.meta4"), true, "git.paths", "release/stable/v1.meta4"},
		{"another folder", scp, push("refs/heads/artifacts", "release/beta/v1.meta4"), false, "git.paths", ""},
		{"another branch", scp, push("refs/heads/main", "release/stable/v1.meta4"), false, "git.branch", "the branch is artifacts"},
		{"https", of("git+https://github.com/acme/app//releases"), push("refs/heads/main", "releases/v1.meta4"), true, "git.paths", ""},
		{"ssh with a port", of("git+ssh://git@github.com:22/acme/app.git"), push("refs/heads/main", "x"), true, "git.branch", ""},
		{"the whole repository", of("git://github.com/acme/app"), push("refs/heads/main", "x"), true, "git.branch", ""},
		{"a pattern", of("git+https://github.com/acme/app//releases/a*/x"), push("refs/heads/main", "releases/b"), true, "git.paths", ""},
		{"a pattern elsewhere", of("git+https://github.com/acme/app//releases/a*/x"), push("refs/heads/main", "docs/b"), false, "git.paths", ""},
		{"branch unresolved", of("git+https://github.com/acme/app//releases#((b))"), push("refs/heads/x", "releases/b"), true, "uncertain.var", ""},
		{"default branch changed", of("git+https://github.com/acme/app"), event.RepositoryChanged{Repository: app, What: event.DefaultBranch}, true, "git.default_branch", ""},
		{"s3", s3, object(event.S3, "release/stable/v1.meta4"), true, "object.key", ""},
		{"s3, another folder", s3, object(event.S3, "release/beta/v1.meta4"), false, "object.key", "not below release/stable"},
		{"s3, Google's store", s3, object(event.GCS, "release/stable/v1.meta4"), false, "other.bucket", ""},
		{"s3 at Google's store", of("s3://storage.googleapis.com/builds/r"), object(event.GCS, "r/v1.meta4"), true, "object.key", ""},
		{"s3, path unresolved", of("s3://s3.amazonaws.com/builds/((p))"), object(event.S3, "x"), true, "uncertain.var", ""},
		{"s3, a push", s3, push("refs/heads/main", "x"), false, "other.kind", ""},
	})
}

func TestMultiBranch(t *testing.T) {
	t.Parallel()
	const of = `{"uri":"git@github.com:acme/app","private_key":"k"`
	gone := push("refs/heads/feature/a")
	gone.Deleted = true
	decide(t, "git-multibranch", []row{
		{"matches", of + `,"branches":"feature/.*"}`, push("refs/heads/feature/a", "x"), true, "git.branch", "which branches matches"},
		{"matches not", of + `,"branches":"feature/.*"}`, push("refs/heads/main", "x"), false, "git.branch", "branches does not match"},
		{"is anchored", of + `,"branches":"feature"}`, push("refs/heads/my-feature", "x"), false, "git.branch", ""},
		{"but not its alternatives", of + `,"branches":"main|feature"}`, push("refs/heads/my-feature", "x"), true, "git.branch", ""},
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

func TestChart(t *testing.T) {
	t.Parallel()
	of := func(rest string) string {
		return `{"registry":"ghcr.io","repository":"acme/charts","chart_name":"app","auth_password":"p"` + rest + `}`
	}
	pushed := func(tag string) event.ImagePushed {
		return event.ImagePushed{Image: "ghcr.io/acme/charts/app", Tag: tag}
	}
	decide(t, "oci-helm-chart", []row{
		{"a version", of(""), pushed("1.2.0"), true, "image.version", "is a version"},
		{"no version", of(""), pushed("sha256-0.sig"), false, "image.version", "is no version"},
		{"tag not known", of(""), pushed(""), true, "uncertain.tag", ""},
		{"tag", of(`,"tag":"stable"`), pushed("stable"), true, "image.tag", ""},
		{"another tag", of(`,"tag":"stable"`), pushed("1.0.0"), false, "image.tag", ""},
		{"tag_regex", of(`,"tag_regex":"^0.0.0-"`), pushed("0.0.0-abc"), true, "image.tag_regex", ""},
		{"tag_regex does not match", of(`,"tag_regex":"^0.0.0-"`), pushed("1.0.0"), false, "image.tag_regex", ""},
		{"tag_regex unresolved", of(`,"tag_regex":"((r))"`), pushed("1.0.0"), true, "uncertain.var", ""},
		{"another chart", `{"registry":"ghcr.io","repository":"acme/charts","chart_name":"web"}`, pushed("1.0.0"), false, "other.image", ""},
		{"registry unresolved", `{"registry":"((r))","repository":"acme/charts","chart_name":"app"}`, pushed("1.0.0"), true, "image.version", ""},
	})
}
