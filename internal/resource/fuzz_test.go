package resource_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

// fuzzParse gives a type's parser anything. What it takes comes back the same from the document, and decides without
// panicking; the same text as a source must not panic either.
func fuzzParse(f *testing.F, typeName string, seeds ...string) {
	f.Helper()
	for _, seed := range append(seeds, `{}`, `null`, `{"uri":"((u))/x"}`, `[`, `{"repository":{}}`) {
		f.Add([]byte(seed))
	}
	typ, ok := resource.Lookup(typeName)
	if !ok {
		f.Fatal(typeName)
	}
	events := append(slices.Clone(unconcerning), event.Event(image("1.2-rc")), object(event.GCS, "a/b-1"), push("refs/tags/v1", "a"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var source resource.Source
		if json.Unmarshal(raw, &source) == nil {
			if made, err := typ.Filter(source); err == nil {
				reread(t, typeName, made)
			}
		}
		filter, err := typ.Parse(raw)
		if err != nil {
			return
		}
		first := document(t, filter)
		if second := document(t, reread(t, typeName, filter)); !bytes.Equal(first, second) {
			t.Fatalf("%s became %s", first, second)
		}
		for _, e := range events {
			if d := filter.Decide(e, nil); d.Rule == "" || d.Reason == "" {
				t.Errorf("%s: no rule or no reason on %s", first, e)
			}
		}
	})
}

func FuzzParseGit(f *testing.F) {
	fuzzParse(f, "git", `{"uri":"https://u:p@h/o/r","branch":"b","paths":["a/{b,c}"],"ignore_paths":["*"],"tag_filter":"v[!1]*"}`,
		`{"uri":"git@h:o/r","tag_regex":"^v[[:digit:]]+(\\.[0-9]{1,2})*$","disable_ci_skip":true,"aliases":["h/x"]}`,
		`{"uri":"git@h:o/r","version_type":"tags","tag_filters":["v*","?"]}`, `{"uri":"git@h:o/r","version_type":"branches","branch_regex":"^a"}`, `{"uri":"gh:o/r","git_config":"((c))"}`)
}

func FuzzParseS3(f *testing.F) {
	fuzzParse(f, "s3", `{"bucket":"builds","regexp":"a/(b|c)-(.*)"}`, `{"bucket":"arn:x","versioned_file":"f"}`)
}

func FuzzParseSemver(f *testing.F) {
	fuzzParse(f, "semver", `{"bucket":"b","key":"k"}`, `{"driver":"git","uri":"h/r","branch":"b","file":"f"}`,
		`{"driver":"swift","openstack":{"container":"c","item_name":"i"}}`,
		`{"driver":"((d))","bucket":"b","key":"k","uri":"h/r","file":"f"}`)
}

func FuzzParseRegistryImage(f *testing.F) {
	fuzzParse(f, "registry-image", `{"repository":"ghcr.io/acme/app","semver_constraint":"^1.2 || ~3","variant":"x","pre_releases":"((p))"}`,
		`{"repository":"app","aws_region":"r","aws_account_id":"1"}`, `{"repository":"a","registry_mirror":{"host":"h"}}`)
}

func FuzzParseDockerImage(f *testing.F) {
	fuzzParse(f, "docker-image", `{"repository":"ghcr.io/acme/app","tag":"x","registry_mirror":"https://h"}`)
}

func FuzzParseRelease(f *testing.F) {
	fuzzParse(f, "github-release", `{"owner":"acme","repository":"app","drafts":true,"pre_release":"((p))","github_api_url":"https://h/api"}`)
}

func FuzzParsePool(f *testing.F) {
	fuzzParse(f, "pool", `{"uri":"h/r","branch":"b","pool":"p'q"}`)
}

func FuzzParseGCS(f *testing.F) {
	fuzzParse(f, "gcs", `{"bucket":"builds","regexp":"(.*)"}`, `{"bucket":"b","versioned_file":"f"}`)
}

func FuzzParsePullRequest(f *testing.F) {
	fuzzParse(f, "pull-request", `{"repository":"acme/other","base_branch":"b","states":["OPEN"],"v3_endpoint":"https://h"}`)
}

func FuzzParsePR(f *testing.F) {
	fuzzParse(f, "pr", `{"repository":"acme/other","number":"7"}`, `{"repository":"acme/other","states":["((s))"]}`)
}
