package resource_test

import (
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

func TestArtifactory(t *testing.T) {
	t.Parallel()
	const build = `{"uri":"https://art.example.com/artifactory","username":"u","password":"p","build_name":"app"`
	folder := func(repository string) string {
		return `{"endpoint":"https://art.example.com/artifactory","repository":"` + repository + `","regex":"a-(?<version>.*).tgz"}`
	}
	uploaded := event.Build{Name: "app", Number: "main-7", Action: "uploaded"}
	file := object(event.Artifactory, "app/a-1.tgz")
	decide(t, "artifactory", []row{
		{"a build", build + `}`, uploaded, true, "build.number", "build app main-7 (uploaded)"},
		{"its number", build + `,"build_number_prefix":"main-"}`, uploaded, true, "build.number", ""},
		{"another number", build + `,"build_number_prefix":"dev-"}`, uploaded, false, "build.number", "the build_number_prefix is dev-"},
		{"number unresolved", build + `,"build_number_prefix":"((b))"}`, uploaded, true, "uncertain.var", ""},
		{"another build", build + `}`, event.Build{Name: "web", Number: "1"}, false, "other.build", "another build"},
		{"a build, a file", build + `}`, file, false, "other.bucket", ""},
		{"a file", folder("/builds/app"), file, true, "object.key", "which is in /builds/app"},
		{"in the root", folder("builds"), file, true, "object.key", ""},
		{"in another folder", folder("/builds/ap"), file, false, "object.key", "not in /builds/ap"},
		{"in another repository", folder("/other/app"), file, false, "other.bucket", ""},
		{"in another store", folder("/builds/app"), object(event.S3, "app/a-1.tgz"), false, "other.bucket", "another store (s3)"},
		{"folder unresolved", folder("/builds/((app))"), file, true, "uncertain.var", ""},
		{"a file, a build", folder("/builds/app"), uploaded, false, "other.build", ""},
		{"a push", build + `}`, push("refs/heads/main", "a"), false, "other.kind", ""},
	})
}
