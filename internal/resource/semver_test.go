package resource_test

import (
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

func TestSemver(t *testing.T) {
	t.Parallel()
	const git = `{"driver":"git","uri":"git@github.com:acme/app.git","branch":"version","file":"./ci/../number"}`
	const swift = `{"driver":"swift","openstack":{"container":"builds","item_name":"version","api_key":"k"}}`
	skip := push("refs/heads/version", "number")
	skip.Commits[0].Message = "bump [ci skip]"
	partial := push("refs/heads/version", "x")
	partial.FilesPartial = "no file lists"
	file := object(event.S3, "ci/version")
	decide(t, "semver", []row{
		{"s3", `{"bucket":"builds","key":"ci/version"}`, file, true, "object.key", "object ci/version in bucket builds is key"},
		{"s3 by name", `{"driver":"s3","bucket":"builds","key":"ci/version"}`, file, true, "object.key", ""},
		{"another key", `{"bucket":"builds","key":"version"}`, file, false, "object.key", "key is version"},
		{"another bucket", `{"bucket":"other","key":"ci/version"}`, file, false, "other.bucket", "another bucket"},
		{"s3, Google's store", `{"bucket":"builds","key":"ci/version"}`, object(event.GCS, "ci/version"), false, "other.bucket", "another store (gcs)"},
		{"s3 at Google's store", `{"bucket":"builds","key":"ci/version","endpoint":"storage.googleapis.com"}`, object(event.GCS, "ci/version"), true, "object.key", ""},
		{"key unresolved", `{"bucket":"builds","key":"((app))/version"}`, file, true, "uncertain.var", "key is ((app))/version"},
		{"s3, a push", `{"bucket":"builds","key":"ci/version"}`, push("refs/heads/main", "a"), false, "other.kind", "makes no version of a semver"},
		{"gcs", `{"driver":"gcs","bucket":"builds","key":"ci/version"}`, object(event.GCS, "ci/version"), true, "object.key", ""},
		{"gcs, S3's store", `{"driver":"gcs","bucket":"builds","key":"ci/version"}`, file, false, "other.bucket", "another store (s3)"},
		{"swift", swift, object(event.Swift, "version"), true, "object.key", "is item_name"},
		{"swift, another item", swift, object(event.Swift, "versions"), false, "object.key", ""},
		{"git", git, push("refs/heads/version", "number"), true, "git.paths", "touches number"},
		{"git, another file", git, push("refs/heads/version", "ci/number"), false, "git.paths", "none of the 1"},
		{"git, another branch", git, push("refs/heads/main", "number"), false, "git.branch", "the branch is version"},
		{"git, ci skip", git, skip, true, "git.paths", ""},
		{"git, files partial", git, partial, true, "uncertain.files", "incomplete"},
		{"git, file with wildcards", `{"driver":"git","uri":"git@github.com:acme/app.git","branch":"version","file":"n'*r"}`, push("refs/heads/version", "number"), false, "git.paths", ""},
		{"git, file unresolved", `{"driver":"git","uri":"git@github.com:acme/app.git","branch":"version","file":"((f))"}`, push("refs/heads/version", "x"), true, "uncertain.var", "((f))"},
		{"git, branch unresolved", `{"driver":"git","uri":"git@github.com:acme/app.git","branch":"((b))","file":"number"}`, push("refs/heads/x", "number"), true, "uncertain.var", "branch is ((b))"},
		{"driver unresolved, an object", `{"driver":"((d))","bucket":"builds","key":"ci/version","uri":"((u))"}`, file, true, "uncertain.var", "driver is ((d))"},
		{"driver unresolved, another key", `{"driver":"((d))","bucket":"builds","key":"version"}`, file, false, "object.key", "key is version"},
		{
			"driver unresolved, an item", `{"driver":"((d))","openstack":{"container":"builds","item_name":"version"}}`,
			object(event.Swift, "version"), true, "uncertain.var", "driver is ((d))",
		},
		{
			"driver unresolved, a push", `{"driver":"((d))","uri":"git@github.com:acme/app.git","branch":"version","file":"number"}`,
			push("refs/heads/version", "number"), true, "uncertain.var", "driver is ((d))",
		},
		{
			"driver unresolved, another file", `{"driver":"((d))","uri":"git@github.com:acme/app.git","branch":"version","file":"number"}`,
			push("refs/heads/version", "x"), false, "git.paths", "none of the 1",
		},
		{"driver unresolved, a push without uri", `{"driver":"((d))","bucket":"builds","key":"k"}`, push("refs/heads/main", "a"), false, "other.kind", "makes no version"},
		{"git, renamed", git, event.RepositoryChanged{Repository: app, What: "name"}, true, "git.repository_changed", "may mean another repository now"},
		{"git, another renamed", git, event.RepositoryChanged{Repository: other, What: "name"}, false, "other.kind", ""},
		{"git, default branch", git, event.RepositoryChanged{Repository: app, What: event.DefaultBranch}, false, "other.kind", ""},
		{"git, an object", git, file, false, "other.kind", "makes no version"},
	})
}

func TestGCS(t *testing.T) {
	t.Parallel()
	const re = `{"bucket":"builds","regexp":"app/app-(.*).tgz"}`
	decide(t, "gcs", []row{
		{"regexp", re, object(event.GCS, "app/app-1.tgz"), true, "object.regexp", "matches regexp"},
		{"regexp crosses slashes", re, object(event.GCS, "app/app-1/2.tgz"), true, "object.regexp", ""},
		{"regexp is anchored", re, object(event.GCS, "x/app/app-1.tgz"), false, "object.regexp", "does not match"},
		{"S3's store", re, object(event.S3, "app/app-1.tgz"), false, "other.bucket", "another store (s3)"},
		{"versioned_file", `{"bucket":"builds","versioned_file":"a"}`, object(event.GCS, "a"), true, "object.key", ""},
		{"another file", `{"bucket":"builds","versioned_file":"a"}`, object(event.GCS, "b"), false, "object.key", ""},
		{"regexp unresolved", `{"bucket":"builds","regexp":"((re))"}`, object(event.GCS, "b"), true, "uncertain.var", "((re))"},
		{"bucket unresolved in part", `{"bucket":"((env))s","versioned_file":"a"}`, object(event.GCS, "a"), true, "object.key", ""},
	})
}

func TestPool(t *testing.T) {
	t.Parallel()
	const aws = `{"uri":"git@github.com:acme/app.git","branch":"locks","pool":"aws"}`
	skip := push("refs/heads/locks", "aws/claimed/a")
	skip.Commits[0].Message = "[ci skip]"
	decide(t, "pool", []row{
		{"in the pool", aws, push("refs/heads/locks", "gcp/unclaimed/b", "aws/claimed/a"), true, "git.paths", "push to locks touches aws/claimed/a"},
		{"in another pool", aws, push("refs/heads/locks", "aws2/claimed/a"), false, "git.paths", "none of the 1"},
		{"another branch", aws, push("refs/heads/main", "aws/claimed/a"), false, "git.branch", "the branch is locks"},
		{"ci skip", aws, skip, true, "git.paths", ""},
		{"pool unresolved", `{"uri":"git@github.com:acme/app.git","branch":"locks","pool":"((pool))"}`, push("refs/heads/locks", "x"), true, "uncertain.var", "((pool))"},
		{"the pool's other spelling", `{"uri":"git@github.com:acme/app.git","branch":"locks","pool":"./aws/"}`, push("refs/heads/locks", "aws/claimed/a"), true, "git.paths", ""},
		{"two words", `{"uri":"git@github.com:acme/app.git","branch":"locks","pool":"aws gcp"}`, push("refs/heads/locks", "gcp/claimed/a"), true, "git.paths", "touches gcp/claimed/a"},
		{"neither of two words", `{"uri":"git@github.com:acme/app.git","branch":"locks","pool":"aws gcp"}`, push("refs/heads/locks", "azure/claimed/a"), false, "git.paths", ""},
		{"a pattern", `{"uri":"git@github.com:acme/app.git","branch":"locks","pool":"env-*"}`, push("refs/heads/locks", "env-1/claimed/a"), true, "git.paths", "which paths env-* covers"},
		{"not of the pattern", `{"uri":"git@github.com:acme/app.git","branch":"locks","pool":"env-*"}`, push("refs/heads/locks", "aws/claimed/a"), false, "git.paths", ""},
		{"quotes that the shell leaves", `{"uri":"git@github.com:acme/app.git","branch":"locks","pool":"'aws'"}`, push("refs/heads/locks", "aws/claimed/a"), false, "git.paths", ""},
		{"blanks", `{"uri":"git@github.com:acme/app.git","branch":"locks","pool":" "}`, push("refs/heads/locks", "x"), true, "git.branch", ""},
		{
			"insteadOf", `{"uri":"gh:acme/app","branch":"locks","pool":"aws","git_config":[{"name":"url.git@github.com:.insteadOf","value":"gh:"}]}`,
			push("refs/heads/locks", "aws/claimed/a"), true, "git.paths", "",
		},
		{
			"insteadOf to a mirror", `{"uri":"https://github.com/acme/app","branch":"locks","pool":"aws",
			 "git_config":[{"name":"url.https://mirror.example.com/.insteadOf","value":"https://github.com/"}]}`, push("refs/heads/locks", "aws/a"), true, "git.paths", "",
		},
		{
			"git_config unresolved", `{"uri":"https://git.example.com/x","branch":"locks","pool":"aws","git_config":"((c))"}`,
			push("refs/heads/locks", "aws/a"), true, "uncertain.var", "git_config is ((c))",
		},
		{"renamed", aws, event.RepositoryChanged{Repository: app, What: "name"}, true, "git.repository_changed", "change of the name"},
		{"a release", aws, event.Release{Repository: app, Tag: "v1"}, false, "other.kind", "makes no version of a pool"},
	})
}
