package resource_test

import (
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

func TestMetalink(t *testing.T) {
	t.Parallel()
	of := func(uri string) string { return `{"uri":"` + uri + `","options":{"private_key":"k"}}` }
	scp := of("git+ssh://git@github.com:acme/app.git//release/stable#artifacts")
	s3 := of("s3://s3-eu-west-1.amazonaws.com/builds/release/stable")
	decide(t, "metalink-repository", []row{
		{"scp's form", scp, push("refs/heads/artifacts", "release/stable/v1.meta4"), true, "git.paths", "release/stable/v1.meta4"},
		{"another folder", scp, push("refs/heads/artifacts", "release/beta/v1.meta4"), false, "git.paths", ""},
		{"another branch", scp, push("refs/heads/main", "release/stable/v1.meta4"), false, "git.branch", "the branch is artifacts"},
		{"escaped", of("git+https://github.com/acme/app//my%20releases#release%2F1"), push("refs/heads/release/1", "my releases/v1.meta4"), true, "git.paths", ""},
		{"escaped, with a var", of("git+https://github.com/acme/app//my%20((x))#release%2F1"), push("refs/heads/release/1", "b"), true, "uncertain.var", ""},
		{"s3, escaped", of("s3://s3.amazonaws.com/builds/my%20releases"), object(event.S3, "my releases/v1.meta4"), true, "object.key", ""},
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
