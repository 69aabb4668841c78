package resource_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

// list is a JSON list of n equal texts.
func list(n int, text string) string {
	return "[" + strings.TrimSuffix(strings.Repeat(`"`+text+`",`, n), ",") + "]"
}

// What is over a limit is checked at every event of its key, whatever the other fields say, and the document stays small.
func TestLimits(t *testing.T) {
	t.Parallel()
	const git = `{"uri":"https://github.com/acme/app","branch":"other"`
	long, other := strings.Repeat("a", 4097), push("refs/heads/main", "b")
	for typeName, rows := range map[string][]row{
		"git": {
			{"braces", git + `,"paths":["` + strings.Repeat("{", 60_000) + `"]}`, other, true, "uncertain.limit", "paths[0] has 60000 bytes, more than 4096"},
			{"many braces", git + `,"paths":["` + strings.Repeat("{,}", 5_000_000) + `"]}`, other, true, "uncertain.limit", "paths[0] has 15000000 bytes"},
			{"items", git + `,"ignore_paths":` + list(1001, "a") + `}`, other, true, "uncertain.limit", "ignore_paths has 1001 items, more than 1000"},
			{"all", git + `,"paths":` + list(500, strings.Repeat("a", 200)) + `}`, other, true, "uncertain.limit", "the filter has more than 65536 bytes"},
			{"words", git + `,"paths":["{1..999}","{a,b}"]}`, other, true, "uncertain.limit", "paths and ignore_paths: more than 1000 patterns"},
			{"deep", git + `,"paths":["` + strings.Repeat("{a,", 21) + strings.Repeat("}", 21) + `"]}`, other, true, "uncertain.limit", "nested very deeply"},
			{"branch", `{"uri":"https://github.com/acme/app","branch":"` + long + `"}`, other, true, "uncertain.limit", "branch has 4097 bytes"},
			{"deleted", `{"uri":"https://github.com/acme/app","branch":"` + long + `"}`, deletion, true, "uncertain.limit", "branch has 4097 bytes"},
			{"tag_filter", git + `,"tag_filter":"` + long + `"}`, other, true, "uncertain.limit", "tag_filter has"},
			{"tag_regex", git + `,"tag_regex":"(a{20}b){48}"}`, other, true, "uncertain.limit", "tag_regex is a regular expression of more than 1000 instructions"},
			{"tag_regex of many parts", git + `,"tag_regex":"` + strings.Repeat("a{1000}", 200) + `"}`, other, true, "uncertain.limit", "tag_regex is a regular"},
			{"disable_ci_skip", git + `,"disable_ci_skip":"((` + long + `))"}`, other, true, "uncertain.limit", "disable_ci_skip has 4101 bytes"},
			{"within", git + `,"paths":` + list(1000, "a") + `}`, push("refs/heads/other", "b"), false, "git.paths", ""},
			{"another repository", git + `,"paths":["` + long + `"]}`, event.Push{Ref: "refs/heads/main"}, false, "other.repository", ""},
		},
		"s3": {
			{"regexp", `{"bucket":"builds","regexp":"(` + long + `)"}`, object(event.S3, "b"), true, "uncertain.limit", "regexp has 4099 bytes"},
			{"program", `{"bucket":"builds","regexp":"(` + strings.Repeat("(.?){1000}", 300) + `)"}`, object(event.S3, "b"), true, "uncertain.limit", "more than 1000 instructions"},
			{"versioned_file", `{"bucket":"builds","versioned_file":"` + long + `"}`, object(event.S3, "b"), true, "uncertain.limit", "versioned_file has"},
		},
		"terraform": {{"key", `{"backend_type":"s3","backend_config":{"bucket":"builds","key":"` + long + `"}}`, object(event.S3, "b"), true, "uncertain.limit", "backend_config.key has"}},
		"git-multibranch": {
			{"branches", `{"uri":"https://github.com/acme/app","branches":"(a{20}b){48}"}`, push("refs/heads/" + strings.Repeat(strings.Repeat("a", 20)+"b", 48)), true, "uncertain.limit", "branches is a regular"},
		},
		"gcs": {{"program", `{"bucket":"builds","regexp":"(a{999}b)(a{999}b)"}`, object(event.GCS, "b"), true, "uncertain.limit", "regexp is"}},
		"semver": {
			{"key", `{"bucket":"builds","key":"` + long + `"}`, object(event.S3, "b"), true, "uncertain.limit", "key has"},
			{"file", `{"driver":"git","uri":"https://github.com/acme/app","branch":"b","file":"` + long + `"}`, other, true, "uncertain.limit", "file has"},
			{"item", `{"driver":"swift","openstack":{"container":"builds","item_name":"` + long + `"}}`, object(event.Swift, "b"), true, "uncertain.limit", "openstack.item_name has"},
		},
		"registry-image": {
			{"tag_regex", ghcr + `,"tag_regex":"(a{20}b){48}"}`, image("b"), true, "uncertain.limit", "tag_regex is"},
			{"constraint", ghcr + `,"semver_constraint":">1` + strings.Repeat(",>1", 2000) + `"}`, image("b"), true, "uncertain.limit", "semver_constraint has"},
			{"prefixes", ghcr + `,"pre_release_prefixes":` + list(1001, "a") + `}`, image("b"), true, "uncertain.limit", "pre_release_prefixes has"},
		},
		"pool":         {{"pool", `{"uri":"https://github.com/acme/app","branch":"b","pool":"` + long + `"}`, other, true, "uncertain.limit", "pool has"}},
		"pull-request": {{"states", `{"repository":"acme/app","states":` + list(1001, "OPEN") + `}`, event.PullRequest{Repository: app}, true, "uncertain.limit", "states has"}},
	} {
		t.Run(typeName, func(t *testing.T) {
			t.Parallel()
			decide(t, typeName, rows)
			for _, r := range rows {
				made := filterOf(t, typeName, r.source)
				if text := document(t, made); len(text) > 10_000 {
					t.Errorf("%s: the document holds %d bytes", r.name, len(text))
				}
				if large := made.TooLarge(); (large == "") == r.check && r.rule != "other.repository" {
					t.Errorf("%s: TooLarge() = %q", r.name, large)
				}
				// An endpoint is safe with what another program wrote, and looks at another branch where that is known.
				parsed, err := lookup(t, typeName).Parse([]byte(r.source))
				if err != nil {
					t.Errorf("%s: %v", r.name, err)
				} else if d := parsed.Decide(r.event, nil); d.Check != r.check && d.Rule != "git.branch" && d.Rule != "git.tag" {
					t.Errorf("%s: from a document: %s %s", r.name, d.Rule, d.Reason)
				}
			}
		})
	}
}

var deletion = event.Push{Repository: app, Ref: "refs/heads/main", Deleted: true}

// A resource that can't be found is no use: the error names the field.
func TestKeyOverLimit(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 5000)
	for _, test := range []struct{ typeName, filter, want string }{
		{"git", `{"uri":"https://github.com/acme/` + long + `"}`, "uri has 5024 bytes, more than 4096"},
		{"git", `{"uri":"u.example/r","aliases":["` + long + `"]}`, "aliases[0] has 5000 bytes"},
		{"git", `{"uri":"u.example/r","aliases":` + list(100, long[:1000]) + `}`, "the filter has more than 65536 bytes"},
		{"s3", `{"bucket":"` + long + `","regexp":"(a)"}`, "bucket has"},
		{"semver", `{"driver":"` + long + `","bucket":"b","key":"k"}`, "driver has"},
		{"semver", `{"driver":"swift","openstack":{"container":"` + long + `","item_name":"i"}}`, "openstack.container has"},
		{"registry-image", `{"repository":"` + long + `"}`, "repository has"},
		{"registry-image", `{"repository":"a","aws_region":"` + long + `"}`, "aws_region has"},
		{"registry-image", `{"repository":"a","registry_mirror":{"host":"` + long + `"}}`, "registry_mirror.host has"},
		{"docker-image", `{"repository":"a","registry_mirror":"` + long + `"}`, "registry_mirror has"},
		{"github-release", `{"owner":"` + long + `","user":"u","repository":"r"}`, "owner has"},
		{"github-release", `{"owner":"o","repository":"r","github_api_url":"https://` + long + `"}`, "github_api_url has"},
		{"pull-request", `{"repository":"o/r","v3_endpoint":"https://` + long + `"}`, "v3_endpoint has"},
		{"pool", `{"uri":"` + long + `","branch":"b","pool":"p"}`, "uri has"},
		{"github-status", `{"repository":"o/r","endpoint":"https://` + long + `"}`, "endpoint has"},
		{"azure-blobstore", `{"storage_account_name":"` + long + `","container":"c","regexp":"(a)"}`, "storage_account_name has"},
		{"azure-blobstore", `{"storage_account_name":"a","container":"` + long + `","regexp":"(a)"}`, "container has"},
		{"terraform", `{"backend_type":"s3","backend_config":{"bucket":"` + long + `"}}`, "backend_config.bucket has"},
		{"terraform", `{"storage":{"bucket":"` + long + `"}}`, "storage.bucket has"},
		{"terraform", `{"storage":{"bucket":"b"},"migrated_from_storage":{"bucket":"` + long + `"}}`, "migrated_from_storage.bucket has"},
		{"artifactory", `{"build_name":"` + long + `"}`, "build_name has"},
		{"artifactory", `{"repository":"` + long + `"}`, "repository has"},
		{"bosh-release", `{"uri":"` + long + `"}`, "uri has"},
		{"metalink-repository", `{"uri":"git+https://h.example/` + long + `"}`, "uri has"},
		{"git-multibranch", `{"uri":"` + long + `"}`, "uri has"},
		{"oci-helm-chart", `{"registry":"` + long + `","repository":"r","chart_name":"c"}`, "registry has"},
		{"oci-helm-chart", `{"registry":"g","repository":"r","chart_name":"` + long + `"}`, "chart_name has"},
		{"jtarchie-pull-request", `{"repo":"` + long + `"}`, "repo has"},
		{"jtarchie-pull-request", `{"repo":"o/r","api_endpoint":"https://` + long + `"}`, "api_endpoint has"},
		{"pixelair-github", `{"kind":"prs","repository":"o/r","host_endpoint":"https://` + long + `"}`, "host_endpoint has"},
		{"pixelair-github", `{"kind":"prs","repository":"o/r","rest_endpoint":"https://` + long + `"}`, "rest_endpoint has"},
	} {
		if _, err := lookup(t, test.typeName).Parse([]byte(test.filter)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: Parse says %v, want %s", test.typeName, err, test.want)
		}
		source := sourceOf(t, test.filter)
		if source["aliases"] != nil {
			continue // a document's own field
		}
		if _, err := lookup(t, test.typeName).Filter(source); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: Filter says %v, want %s", test.typeName, err, test.want)
		}
	}
}

// A source of millions of wrong values is one error, not millions.
func TestWrongValuesAreOneError(t *testing.T) {
	t.Parallel()
	wrong := make([]any, 100_000)
	for i := range wrong {
		wrong[i] = []any{}
	}
	_, err := lookup(t, "git").Filter(resource.Source{"uri": "u.example/r", "paths": wrong})
	if err == nil || len(err.Error()) > 100 {
		t.Errorf("an error of %d bytes: %.100v", len(fmt.Sprint(err)), err)
	}
}

// Where the budget is used up, the rest is checked.
func TestBudget(t *testing.T) {
	t.Parallel()
	files := make([]string, 1000)
	for i := range files {
		files[i] = strings.Repeat("a", 100)
	}
	big := event.Push{Repository: app, Ref: "refs/heads/main", Commits: []event.Commit{{ID: "c", Message: strings.Repeat("[", 100_000) + "[ci skip]", Files: files}}}
	for _, test := range []struct {
		typeName, filter string
		event            event.Event
		steps            int
		check            bool
		rule             resource.Rule
	}{
		{"git", appMain + `,"paths":["*aaaab*c"],"disable_ci_skip":true}`, big, 10_000, true, "uncertain.budget"},
		{"git", appMain + `,"paths":["*aaaab*c"],"disable_ci_skip":true}`, big, 10_000_000, false, "git.paths"},
		{"git", appMain + `}`, big, 5_000, true, "git.branch"},
		{"git", appMain + `}`, big, 1_000_000, false, "git.ci_skip"},
		{"git", appMain + `}`, big, 1, true, "uncertain.budget"},
		{"git", `{"uri":"https://github.com/acme/app","tag_regex":"v(.?){100}x"}`, push("refs/tags/"+strings.Repeat("v", 200), "a"), 10_000, true, "uncertain.budget"},
		{"git", `{"uri":"https://github.com/acme/app","tag_filter":"v*v*[x]"}`, push("refs/tags/"+strings.Repeat("v", 2000), "a"), 2_000, true, "uncertain.budget"},
		{"pool", `{"uri":"https://github.com/acme/app","branch":"main","pool":"p"}`, big, 1_000, true, "uncertain.budget"},
		{"s3", `{"bucket":"builds","regexp":"(a)*b"}`, object(event.S3, strings.Repeat("a", 1000)), 2_000, true, "uncertain.budget"},
		{"s3", `{"bucket":"builds","regexp":"` + strings.Repeat("(a)/", 100) + `b"}`, object(event.S3, strings.Repeat("a/", 100)+"c"), 500_000, true, "uncertain.budget"},
		{"registry-image", ghcr + `,"tag_regex":"(a)*b"}`, image(strings.Repeat("a", 1000)), 2_000, true, "uncertain.budget"},
		{"registry-image", ghcr + `,"semver_constraint":">2"}`, image("1.2.3"), 300, true, "uncertain.budget"},
	} {
		f, err := lookup(t, test.typeName).Parse([]byte(test.filter))
		if err != nil {
			t.Fatal(err)
		}
		b := resource.NewBudget(test.steps)
		if d := f.Decide(test.event, b); d.Check != test.check || d.Rule != test.rule {
			t.Errorf("%.100s with %d steps: %v %s %q, %d are left", test.filter, test.steps, d.Check, d.Rule, d.Reason, b.Left())
		}
	}
}

// FuzzLimit: a filter with a field of any length is within the limits in the document, and either says which field was not, and then
// checks at every event of its key, or has lost nothing.
func FuzzLimit(f *testing.F) {
	for _, field := range []string{"branch", "paths", "ignore_paths", "tag_filter", "tag_regex", "tag_behaviour", "over_limit", "aliases", "uri"} {
		f.Add(field, "{a,", uint16(3000), false)
		f.Add(field, "a", uint16(1001), true)
	}
	f.Fuzz(func(t *testing.T, field, text string, times uint16, asList bool) {
		if len(text)*int(times) > 1<<20 {
			t.Skip("no limit is as far away")
		}
		filter := map[string]any{"uri": "https://github.com/acme/app", field: strings.Repeat(text, int(times))}
		if items := make([]string, times); asList {
			for i := range items {
				items[i] = text
			}
			filter[field] = items
		}
		raw, err := json.Marshal(filter)
		if err != nil {
			t.Skip(err)
		}
		for _, read := range []func() (resource.Filter, error){
			func() (resource.Filter, error) { return lookup(t, "git").Parse(raw) },
			func() (resource.Filter, error) { return lookup(t, "git").Filter(sourceOf(t, string(raw))) },
		} {
			made, err := read()
			if err != nil {
				continue
			}
			var kept map[string]any
			if err := json.Unmarshal(document(t, made), &kept); err != nil {
				t.Fatal(err)
			}
			total := 0
			for name, value := range kept {
				items, isList := value.([]any)
				if !isList {
					items = []any{value}
				}
				if len(items) > 1000 {
					t.Errorf("%s has %d items", name, len(items))
				}
				for _, item := range items {
					s, _ := item.(string)
					if total += len(s); len(s) > 4096 {
						t.Errorf("%s has %d bytes", name, len(s))
					}
				}
			}
			if total > 65536 {
				t.Errorf("%d bytes are left", total)
			}
			for _, e := range []event.Event{deletion, push("refs/heads/x", "a"), event.RepositoryChanged{Repository: app}} {
				if d := made.Decide(e, nil); made.TooLarge() != "" && !d.Check && d.Rule != "other.repository" {
					t.Errorf("%s, but %s: %s", made.TooLarge(), d.Rule, d.Reason)
				}
			}
		}
	})
}
