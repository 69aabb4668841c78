package resource_test

import (
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

func TestRecognise(t *testing.T) {
	t.Parallel()
	image := func(repository any) *resource.DeclaredType {
		return &resource.DeclaredType{Name: "x", Type: "registry-image", Source: resource.Source{"repository": repository, "tag": "dev"}}
	}
	aliases := map[string]string{"my-git": "git", "odd": "no-such-type", "git-ours": "git"}
	uri, bucket := resource.Source{"uri": "u"}, resource.Source{"bucket": "b"}
	const advice = ": a fork may differ, so go on polling slowly"
	tests := []struct {
		name     string
		typeName string
		declared *resource.DeclaredType
		source   resource.Source
		want     string // "" for not served
		kind     resource.Kind
		reason   string
	}{
		{"base type", "git", nil, uri, "git", "served", "base type"},
		{"gcs as a base type", "gcs", nil, bucket, "gcs", "served", "base type"},
		{"clock as a base type", "time", nil, nil, "", "clock", "type time is a base type, whose versions come from the time"},
		{"put only as a base type", "cf", nil, nil, "", "put_only", "which never finds a version by itself"},
		{"eventless as a base type", "bosh-io-release", nil, nil, "", "eventless", "bosh.io tells nobody of a new release, so go on polling"},
		{"not a base type", "pull-request", nil, nil, "", "unknown", "not served"},
		{"alias", "my-git", nil, uri, "git", "served", "alias of git"},
		{"alias wins over the image", "git-ours", image("acme/thing"), uri, "git", "served", "alias of git"},
		{"alias of nothing", "odd", nil, nil, "", "unknown", "not a known type"},
		{"git that is git", "git", image("concourse/git-resource"), uri, "git", "served", "concourse/git-resource"},
		{"git that is not git", "git", image("acme/git-many"), uri, "", "unknown", "from the image acme/git-many, which is not known; --type-alias git=TYPE"},
		{"another name", "pr", image("teliaoss/github-pr-resource"), nil, "pull-request", "served", ""},
		{"a registry before it", "pr", image("docker.io/teliaoss/github-pr-resource"), nil, "pull-request", "served", ""},
		{"a mirror before it", "g", image("mirror.example.com:5000/hub/concourse/git-resource"), uri, "git", "served", ""},
		{"a tag and a digest behind it", "g", image("index.docker.io/concourse/s3-resource:1.2@sha256:00"), bucket, "s3", "served", ""},
		{"a mirror that is not known", "g", image("((mirror))/concourse/git-resource"), uri, "git", "served", ""},
		{"a name that is not known", "g", image("concourse/((name))"), uri, "", "unresolved", "not resolved"},
		{"a name that is not known in part", "g", image("concourse/git-((name))-resource"), uri, "", "unresolved", "not resolved"},
		{"nothing but a var", "g", image("((image))"), uri, "", "unresolved", "not resolved"},
		{"a registry right before the name", "g", image("((registry))git-resource"), uri, "git", "assumed", advice},
		{"a fork by another", "g", image("acme/git-resource"), uri, "git", "assumed", "type g is the image acme/git-resource, which is named like concourse/git-resource and taken for git" + advice},
		{"a copy in ECR", "git", image("git-resource"), uri, "git", "assumed", advice},
		{"a copy in a deeper folder", "git", image("ghcr.io/alphagov/paas/git-resource"), uri, "git", "assumed", advice},
		{"a registry right before the owner", "git", image("((registry))concourse/git-resource"), uri, "git", "assumed", advice},
		{"a fork, the source not known", "s3", image("18fgsa/s3-resource"), nil, "s3", "assumed", advice},
		{"a fork, by one of two keys", "v", image("acme/semver-resource"), uri, "semver", "assumed", advice},
		{"a fork, the key a var", "s3", image("acme/s3-resource"), resource.Source{"bucket": "((b))"}, "s3", "assumed", advice},
		{"a fork without the key", "s3", image("acme/s3-resource"), uri, "", "unknown", "named like concourse/s3-resource, but the source has no bucket; --type-alias s3=TYPE"},
		{"a fork of two names", "p", image("loggregatorbot/github-pr-resource"), resource.Source{"repository": "o/r"}, "pull-request", "assumed", "like teliaoss/github-pr-resource"},
		{"a clock's fork", "t", image("time-resource"), nil, "", "clock", "named like concourse/time-resource, whose versions come from the time"},
		{"made by a put alone, of the time", "t", image("dcsg/datetime-version-resource"), nil, "", "put_only", "never finds a version"},
		{"what is deployed, in Kubernetes", "k", image("jcderr/concourse-kubernetes-resource"), nil, "", "eventless", "so go on polling"},
		{"what is deployed, in Kubernetes by another", "k", image("srinivasavasu/concourse-k8s"), nil, "", "eventless", "so go on polling"},
		{"what is deployed, in Marathon", "m", image("ckaznocha/marathon-resource"), nil, "", "eventless", "so go on polling"},
		{"releases in Sentry", "r", image("rubenv/concourse-sentry-releases-resource"), nil, "", "eventless", "so go on polling"},
		{"a version in the source", "s", image("ktchen14/static-resource"), nil, "", "eventless", "its versions are in its source"},
		{"a put's fork", "s", image("slack-notification-resource"), nil, "", "put_only", "never finds a version"},
		{"an eventless one's fork", "p", image("((mirror))/pivnet-resource"), nil, "", "eventless", "so go on polling"},
		{"a last segment that is anybody's", "c", image("acme/cogito"), nil, "", "unknown", "not known"},
		{"aoldershaw", "p", image("aoldershaw/github-pr-resource"), nil, "pr", "served", ""},
		{"digitalocean", "p", image("digitalocean/github-pr-resource"), nil, "digitalocean-pull-request", "served", ""},
		{"Cloud Foundry's community", "p", image("cfcommunity/github-pr-resource"), nil, "pull-request", "served", ""},
		{"jtarchie", "p", image("jtarchie/pr"), nil, "jtarchie-pull-request", "served", ""},
		{"PixelAir", "p", image("docker.io/PixelAirIO/github-resource"), nil, "pixelair-github", "served", ""},
		{"a resource of GitHub that is not PixelAir's", "p", image("acme/github-resource"), resource.Source{"repository": "o/r"}, "", "unknown", "has no kind"},
		{"merge requests", "m", image("samcontesse/gitlab-merge-request-resource"), nil, "gitlab-merge-request", "served", ""},
		{"gcs", "g", image("frodenas/gcs-resource"), bucket, "gcs", "served", ""},
		{"no image", "g", &resource.DeclaredType{Type: "git", Source: resource.Source{"uri": "u"}}, uri, "", "unknown", "without an image repository"},
		{"an image of the wrong type", "g", image(7), uri, "", "unknown", "without an image repository"},
		{"credentials in the image", "g", image("https://u:hunter2@r.example.com/a/b"), uri, "", "unknown", "from the image a/b"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := resource.Recognise(test.typeName, test.declared, test.source, aliases)
			if (got.Type != nil) != (test.want != "") || got.Type != nil && got.Type.Name() != test.want {
				t.Errorf("got %v, want %q", got, test.want)
			}
			if got.Kind != test.kind {
				t.Errorf("kind %s, want %s", got.Kind, test.kind)
			}
			if got.Reason == "" || !strings.Contains(got.Reason, test.reason) || strings.Contains(got.Reason, "hunter2") {
				t.Errorf("reason %q, want %q", got.Reason, test.reason)
			}
		})
	}
}
