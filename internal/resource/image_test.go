package resource_test

import (
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

func image(tag string) event.ImagePushed {
	return event.ImagePushed{Image: "ghcr.io/acme/app", Tag: tag}
}

const ghcr = `{"repository":"ghcr.io/acme/app"`

func TestRegistryImageTags(t *testing.T) {
	t.Parallel()
	decide(t, "registry-image", []row{
		{"tag", ghcr + `,"tag":"stable"}`, image("stable"), true, "image.tag", "push to image ghcr.io/acme/app:stable"},
		{"another tag", ghcr + `,"tag":"stable"}`, image("latest"), false, "image.tag", "the tag is stable"},
		{"tag is a number", ghcr + `,"tag":1.36}`, image("1.36"), true, "image.tag", ""},
		{"tag not told", ghcr + `,"tag":"stable"}`, image(""), true, "uncertain.tag", "the tag is not known"},
		{"tag unresolved", ghcr + `,"tag":"((tag))"}`, image("x"), true, "uncertain.var", "tag is ((tag))"},
		{"tag wins over tag_regex", ghcr + `,"tag":"a","tag_regex":"b"}`, image("b"), false, "image.tag", "the tag is a"},
		{"tag_regex is unanchored", ghcr + `,"tag_regex":"[0-9]+"}`, image("build-12-x"), true, "image.tag_regex", "matches tag_regex"},
		{"tag_regex", ghcr + `,"tag_regex":"^[0-9]+$"}`, image("1.2"), false, "image.tag_regex", "does not match tag_regex"},
		{"tag_regex wins over semver", ghcr + `,"tag_regex":"^v","semver_constraint":"1.x"}`, image("1.2"), false, "image.tag_regex", ""},
		{"tag_regex unresolved", ghcr + `,"tag_regex":"((re))"}`, image("x"), true, "uncertain.var", "tag_regex is ((re))"},

		{"bare tag", ghcr + `}`, image("latest"), true, "image.version", "the bare tag"},
		{"version", ghcr + `}`, image("1.2.3"), true, "image.version", "is a version"},
		{"short version with a v", ghcr + `}`, image("v2"), true, "image.version", ""},
		{"no version", ghcr + `}`, image("main"), false, "image.version", "is no version"},
		{"four parts", ghcr + `}`, image("1.2.3.4"), false, "image.version", "is no version"},
		{"other variant", ghcr + `}`, image("1.2.3-alpine"), false, "image.prerelease", "is a prerelease, and pre_releases is not set"},
		{"prerelease", ghcr + `,"pre_releases":true}`, image("1.2.3-rc.1"), true, "image.prerelease", "is a prerelease"},
		{"prerelease not wanted", ghcr + `}`, image("1.2.3-rc.1"), false, "image.prerelease", "pre_releases is not set"},
		{"prereleases, perhaps", ghcr + `,"pre_releases":"((pre))"}`, image("1.2.3-beta2"), true, "uncertain.var", ""},
		{"prereleases and a variant", ghcr + `,"pre_releases":true}`, image("1.2.3-alpine"), false, "image.variant", "another variant"},
		{"prerelease of a variant", ghcr + `,"pre_releases":true}`, image("1.2.3-rc.1-alpine"), false, "image.variant", "another variant"},
		{"custom prefix", ghcr + `,"pre_releases":true,"pre_release_prefixes":["dev"]}`, image("1.2.3-dev.4"), true, "image.prerelease", ""},
		{"variant", ghcr + `,"variant":"alpine"}`, image("1.2.3-alpine"), true, "image.version", "is a version"},
		{"variant's bare tag", ghcr + `,"variant":"alpine"}`, image("alpine"), true, "image.version", "the bare tag"},
		{"not of the variant", ghcr + `,"variant":"alpine"}`, image("1.2.3"), false, "image.variant", "is not of the variant alpine"},
		{"variant, latest", ghcr + `,"variant":"alpine"}`, image("latest"), false, "image.variant", ""},
		{"variant unresolved", ghcr + `,"variant":"((v))"}`, image("x"), true, "uncertain.var", "variant is ((v))"},

		{"constraint", ghcr + `,"semver_constraint":"~1.2"}`, image("1.2.9"), true, "image.version", ""},
		{"out of the constraint", ghcr + `,"semver_constraint":"~1.2"}`, image("1.3.0"), false, "image.semver_constraint", "is not within semver_constraint ~1.2"},
		{"constraint, bare tag", ghcr + `,"semver_constraint":"~1.2"}`, image("latest"), false, "image.semver_constraint", "leaves out a tag without a version"},
		{"constraint unresolved", ghcr + `,"semver_constraint":"((c))"}`, image("9"), true, "uncertain.var", ""},
		{"constraint unresolved, bare tag", ghcr + `,"semver_constraint":"((c))"}`, image("latest"), true, "uncertain.var", ""},
		{"constraint on a prerelease", ghcr + `,"semver_constraint":">=1.2.3-rc.1"}`, image("1.2.3"), true, "image.version", ""},
		{"out of a constraint on a prerelease", ghcr + `,"semver_constraint":">=1.2.3-rc.1"}`, image("1.0.0"), false, "image.semver_constraint", "is not within"},
	})
}

// The constraints are github.com/Masterminds/semver's, as registry-image-resource's are.
// With tag, tag_regex is never compiled.
func TestTagAndBadRegex(t *testing.T) {
	t.Parallel()
	decide(t, "registry-image", []row{
		{"of the tag", `{"repository":"ghcr.io/acme/app","tag":"1","tag_regex":"(hunter2"}`, image("1"), true, "image.tag", ""},
		{"another", `{"repository":"ghcr.io/acme/app","tag":"1","tag_regex":"(hunter2"}`, image("2"), false, "image.tag", ""},
	})
}

func TestSemverConstraint(t *testing.T) {
	t.Parallel()
	tests := []struct {
		constraint string
		in, out    []string
	}{
		{"1.2.3", []string{"1.2.3", "v1.2.3"}, []string{"1.2.4", "1.2"}},
		{"=1.2", []string{"1.2", "1.2.9"}, []string{"1.3", "1"}},
		{"1.x", []string{"1", "1.9.9"}, []string{"2.0", "0.9"}},
		{"*", []string{"0", "11.1.0"}, nil},
		{"!=1.2.3", []string{"1.2.4"}, []string{"1.2.3"}},
		{"!=1.2.x", []string{"1.3.0"}, []string{"1.2.0", "1.2.9"}},
		{">11", []string{"12.0.0"}, []string{"11.1.0", "11"}},
		{"> 1.2", []string{"1.3"}, []string{"1.2.9"}},
		{">1.2.3", []string{"1.2.4"}, []string{"1.2.3"}},
		{">=1.2, <2", []string{"1.2", "1.9"}, []string{"1.1", "2.0"}},
		{"=>1.2 =<2", []string{"1.2", "2.3.4"}, []string{"1.1", "3.0"}},
		{"<=1.2", []string{"1.2.9", "0.1"}, []string{"1.3"}},
		{"<1.2", []string{"1.1.9"}, []string{"1.2.0"}},
		{"~1.2.3", []string{"1.2.3", "1.2.9"}, []string{"1.2.2", "1.3.0"}},
		{"~>1", []string{"1.0", "1.9"}, []string{"2.0", "0.9"}},
		{"^1.2.3", []string{"1.2.3", "1.9"}, []string{"1.2.2", "2.0"}},
		{"^0.2", []string{"0.2.0", "0.2.9"}, []string{"0.3.0", "1.0"}},
		{"^0.0.3", []string{"0.0.3"}, []string{"0.0.4", "0.1.0"}},
		{"^0", []string{"0.9.9"}, []string{"1.0"}},
		{"1.2 - 1.4", []string{"1.2", "1.4.9"}, []string{"1.1", "1.5"}},
		{"1.x || 3.0.0", []string{"1.5", "3.0.0"}, []string{"2.0", "3.0.1"}},
	}
	for _, test := range tests {
		f := filterOf(t, "registry-image", ghcr+`,"semver_constraint":"`+test.constraint+`"}`)
		for _, tag := range test.in {
			if d := f.Decide(image(tag), nil); !d.Check {
				t.Errorf("%s of %s: %q", test.constraint, tag, d.Reason)
			}
		}
		for _, tag := range test.out {
			if d := f.Decide(image(tag), nil); d.Check {
				t.Errorf("%s of %s: %q", test.constraint, tag, d.Reason)
			}
		}
	}
}

func TestImageRepositories(t *testing.T) {
	t.Parallel()
	const account = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app"
	hub := event.ImagePushed{Image: "docker.io/library/busybox", Tag: "latest"}
	ecr := event.ImagePushed{Image: account, Tag: "latest"}
	mirror := event.ImagePushed{Image: "mirror.example.com/library/busybox", Tag: "latest"}
	rows := []row{
		{"Docker Hub's library", `{"repository":"busybox"}`, hub, true, "image.version", ""},
		{"Docker Hub in full", `{"repository":"index.docker.io/library/busybox"}`, hub, true, "image.version", ""},
		{"another repository", `{"repository":"acme/busybox"}`, hub, false, "other.image", "another repository"},
		{"password in the repository", `{"repository":"https://u:hunter2@ghcr.io/acme/app"}`, image("latest"), true, "image.version", ""},
		{"registry unresolved", `{"repository":"((registry))/acme/app"}`, image("latest"), true, "image.version", ""},
		{"registry unresolved, Docker Hub", `{"repository":"((org))/busybox"}`, hub, true, "image.version", ""},
		{"namespace unresolved", `{"repository":"ghcr.io/((org))/app"}`, image("latest"), true, "image.version", ""},
		{"unresolved, another", `{"repository":"ghcr.io/((org))/web"}`, image("latest"), false, "other.image", "another repository"},
		{"ECR by host", `{"repository":"` + account + `"}`, ecr, true, "image.version", ""},
	}
	decide(t, "registry-image", append(rows, []row{
		{"ECR by region, any account", `{"repository":"team/app","aws_region":"eu-west-1"}`, ecr, true, "image.version", ""},
		{"ECR by region and account", `{"repository":"team/app","aws_region":"eu-west-1","aws_account_id":"123456789012"}`, ecr, true, "image.version", ""},
		{"ECR by region and a number", `{"repository":"team/app","aws_region":"eu-west-1","aws_account_id":123456789012}`, ecr, true, "image.version", ""},
		{"ECR by region and registry", `{"repository":"team/app","aws_region":"eu-west-1","aws_ecr_registry_id":"123456789012"}`, ecr, true, "image.version", ""},
		{"ECR by host and region", `{"repository":"` + account + `","aws_region":"eu-west-1"}`, ecr, true, "image.version", ""},
		{
			"ECR by its host for IPv6 and region", `{"repository":"123456789012.dkr-ecr.eu-west-1.on.aws/team/app","aws_region":"eu-west-1"}`,
			event.ImagePushed{Image: account, Aliases: []string{"123456789012.dkr-ecr.eu-west-1.on.aws/team/app"}, Tag: "latest"},
			true, "image.version", "",
		},
		{
			"ECR by region and another login's registry", `{"repository":"team/app","aws_region":"eu-west-1","aws_ecr_registry_id":"210987654321"}`,
			ecr, true, "image.version", "",
		},
		{
			"ECR, a name like a host's", `{"repository":"team/foo.dkr-ecr.tools","aws_region":"eu-west-1"}`,
			event.ImagePushed{Image: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/foo.dkr-ecr.tools", Tag: "latest"},
			true, "image.version", "",
		},
		{
			"ECR, a name like another host's", `{"repository":"apps.example.com/app","aws_region":"eu-west-1"}`,
			event.ImagePushed{Image: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/apps.example.com/app", Tag: "latest"},
			true, "image.version", "",
		},
		{
			"ECR of the European Sovereign Cloud", `{"repository":"team/app","aws_region":"eusc-de-east-1","aws_account_id":"123456789012"}`,
			event.ImagePushed{Image: "123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu/team/app", Tag: "latest"},
			true, "image.version", "",
		},
		{
			"ECR of China, region unresolved", `{"repository":"team/app","aws_region":"((region))"}`,
			event.ImagePushed{Image: "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/team/app", Tag: "latest"},
			true, "image.version", "",
		},
		{"a port", `{"repository":"ghcr.io:443/acme/app"}`, image("latest"), true, "image.version", ""},
		{"mirror's port", `{"repository":"busybox","registry_mirror":{"host":"mirror.example.com:5000"}}`, mirror, true, "image.version", ""},
		{"mirror's settings unresolved, the mirror", `{"repository":"busybox","registry_mirror":"((mirror))"}`, mirror, true, "image.version", ""},
		{"ECR of another account", `{"repository":"team/app","aws_region":"eu-west-1","aws_account_id":"210987654321"}`, ecr, false, "other.image", "another repository"},
		{"ECR of another region", `{"repository":"team/app","aws_region":"eu-west-2"}`, ecr, false, "other.image", ""},
		{"ECR, a part of the name", `{"repository":"app","aws_region":"eu-west-1"}`, ecr, false, "other.image", ""},
		{"ECR, region unresolved", `{"repository":"team/app","aws_region":"((region))"}`, ecr, true, "image.version", ""},
		{"ECR by host and region", `{"repository":"` + account + `","aws_region":"eu-west-1"}`, ecr, true, "image.version", ""},
		{"mirror", `{"repository":"busybox","registry_mirror":{"host":"mirror.example.com"}}`, mirror, true, "image.version", ""},
		{"mirror, the original", `{"repository":"busybox","registry_mirror":{"host":"mirror.example.com"}}`, hub, true, "image.version", ""},
		{"mirror serves Docker Hub only", `{"repository":"ghcr.io/library/busybox","registry_mirror":{"host":"mirror.example.com"}}`, mirror, false, "other.image", ""},
		{"mirror unresolved", `{"repository":"busybox","registry_mirror":{"host":"((mirror))"}}`, mirror, true, "image.version", ""},
		{"mirror's settings unresolved", `{"repository":"busybox","registry_mirror":"((mirror))"}`, hub, true, "image.version", ""},
	}...))
	for i := range rows {
		if rows[i].check {
			rows[i].rule = "image.tag" // latest is not the bare tag here but the default of tag
		}
	}
	inCluster := event.ImagePushed{Image: "registry:5000/team/app", Tag: "latest"}
	rows = append(rows, row{"a host without a dot", `{"repository":"registry/team/app"}`, inCluster, true, "image.tag", ""})
	t.Run("docker-image", func(t *testing.T) { decide(t, "docker-image", rows) })
}

func TestDockerImage(t *testing.T) {
	t.Parallel()
	decide(t, "docker-image", []row{
		{"latest by default", ghcr + `}`, image("latest"), true, "image.tag", ""},
		{"another than latest", ghcr + `}`, image("1.2.3"), false, "image.tag", "the tag is latest"},
		{"tag", ghcr + `,"tag":1.2}`, image("1.2"), true, "image.tag", ""},
		{"tag unresolved", ghcr + `,"tag":"((tag))"}`, image("1.2"), true, "uncertain.var", "tag is ((tag))"},
		{"tag not told", ghcr + `}`, image(""), true, "uncertain.tag", "the tag is not known"},
		{
			"mirror", `{"repository":"busybox","registry_mirror":"https://mirror.example.com"}`,
			event.ImagePushed{Image: "mirror.example.com/library/busybox", Tag: "latest"},
			true, "image.tag", "",
		},
	})
}
