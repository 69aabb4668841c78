package resource_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

// A row is one decision: the resource's source as JSON, an event, and what is expected, with a part of its reason.
type row struct {
	name   string
	source string
	event  event.Event
	check  bool
	rule   resource.Rule
	reason string
}

// decide runs the rows for one type. Each decision is made twice: by the filter of the source, and by that which the config
// document gives back.
func decide(t *testing.T, typeName string, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			made := filterOf(t, typeName, r.source)
			for how, f := range map[string]resource.Filter{"made": made, "read back": reread(t, typeName, made)} {
				got := f.Decide(r.event, nil)
				if got.Check != r.check || got.Rule != r.rule || !strings.Contains(got.Reason, r.reason) {
					t.Errorf("%s: got %v %s %q, want %v %s %q", how, got.Check, got.Rule, got.Reason, r.check, r.rule, r.reason)
				}
			}
		})
	}
}

func lookup(t *testing.T, typeName string) resource.Type {
	t.Helper()
	typ, ok := resource.Lookup(typeName)
	if !ok {
		t.Fatalf("no type %q", typeName)
	}
	return typ
}

func sourceOf(t *testing.T, text string) resource.Source {
	t.Helper()
	var source resource.Source
	if err := json.Unmarshal([]byte(text), &source); err != nil {
		t.Fatalf("source %s: %v", text, err)
	}
	return source
}

func filterOf(t *testing.T, typeName, source string) resource.Filter {
	t.Helper()
	f, err := lookup(t, typeName).Filter(sourceOf(t, source))
	if err != nil {
		t.Fatalf("Filter(%s): %v", source, err)
	}
	return f
}

func reread(t *testing.T, typeName string, f resource.Filter) resource.Filter {
	t.Helper()
	again, err := lookup(t, typeName).Parse(document(t, f))
	if err != nil {
		t.Fatalf("Parse(%s): %v", document(t, f), err)
	}
	return again
}

func document(t *testing.T, f resource.Filter) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// Repositories of the tables.
var (
	app   = event.Repository{URLs: []string{"https://github.com/acme/app.git", "git@github.com:acme/app.git"}, DefaultBranch: "main"}
	other = event.Repository{URLs: []string{"https://github.com/acme/other.git"}, DefaultBranch: "main"}
)

// push is a complete push of one commit.
func push(ref string, files ...string) event.Push {
	return event.Push{Repository: app, Ref: ref, Commits: []event.Commit{{ID: "1", Message: "a change", Files: files}}}
}

// unconcerning are events of which no resource of the tables makes a version, whatever its type.
var unconcerning = []event.Event{
	push("refs/heads/main", "a"),
	event.Push{Repository: other, Ref: "refs/heads/main"},
	event.RepositoryChanged{Repository: other, What: "default branch"},
	event.ObjectCreated{Store: event.S3, Bucket: "elsewhere", Key: "a-1.tgz"},
	event.ImagePushed{Image: "ghcr.io/acme/elsewhere", Tag: "latest"},
	event.Release{Repository: other, Tag: "v1", Action: "published"},
	event.Build{Name: "elsewhere", Number: "1", Action: "uploaded"},
	event.Status{Repository: other, Context: "default", Branches: []string{"master"}},
	event.PullRequest{Repository: other, Number: 1, Action: "opened", State: "open"},
	event.Named{Check: "main/p/r"},
}

// Decide is right for any event, not only for those that the index gives it.
func TestDecideOnAnyEvent(t *testing.T) {
	t.Parallel()
	sources := map[string]string{
		"git":                       `{"uri":"https://github.com/acme/third"}`,
		"s3":                        `{"bucket":"builds","regexp":"a-(.*).tgz"}`,
		"semver":                    `{"bucket":"builds","key":"version"}`,
		"registry-image":            `{"repository":"ghcr.io/acme/app"}`,
		"docker-image":              `{"repository":"ghcr.io/acme/app"}`,
		"github-release":            `{"owner":"acme","repository":"app"}`,
		"pool":                      `{"uri":"https://github.com/acme/locks","branch":"main","pool":"aws"}`,
		"gcs":                       `{"bucket":"builds","regexp":"a-(.*).tgz"}`,
		"pull-request":              `{"repository":"acme/app"}`,
		"digitalocean-pull-request": `{"repository":"acme/app"}`,
		"pr":                        `{"repository":"acme/app","number":2}`,
		"prlist":                    `{"repository":"acme/app"}`,
		"azure-blobstore":           `{"storage_account_name":"acme","container":"builds","regexp":"a-(.*).tgz"}`,
		"terraform":                 `{"backend_type":"s3","backend_config":{"bucket":"states","key":"k"}}`,
		"bosh-release":              `{"uri":"https://github.com/acme/third"}`,
		"metalink-repository":       `{"uri":"git+https://github.com/acme/third"}`,
		"git-multibranch":           `{"uri":"https://github.com/acme/third","branches":".*"}`,
		"oci-helm-chart":            `{"registry":"ghcr.io","repository":"acme","chart_name":"app"}`,
		"artifactory":               `{"build_name":"app"}`,
		"github-status":             `{"repository":"acme/app"}`,
		"jtarchie-pull-request":     `{"repo":"acme/app"}`,
		"pixelair-github":           `{"repository":"acme/app","kind":"prs"}`,
		"gitlab-merge-request":      `{"uri":"https://gitlab.example.com/acme/app.git"}`,
	}
	for _, name := range resource.Names() {
		source, ok := sources[name]
		if !ok {
			t.Errorf("no source for type %s", name)
			continue
		}
		f := filterOf(t, name, source)
		for _, e := range unconcerning {
			if d := f.Decide(e, nil); d.Check || d.Rule == "" || d.Reason == "" {
				t.Errorf("%s: %s: got %v %s %q", name, e, d.Check, d.Rule, d.Reason)
			}
		}
	}
}

// What a filter holds has the source's own names, in a fixed order, and only what decides.
func TestDocumentForm(t *testing.T) {
	t.Parallel()
	tests := []struct{ typeName, source, want string }{
		{
			"git", `{"uri":" https://github.com/acme/app ","branch":"main","paths":["docs/*"],"ignore_paths":["*.md"],"private_key":"k","sparse_paths":["x"]}`,
			`{"uri":"https://github.com/acme/app","branch":"main","paths":["docs/*"],"ignore_paths":["*.md"]}`,
		},
		{"git", `{"uri":"git@github.com:acme/app","paths":[],"ignore_paths":[""],"disable_ci_skip":false}`, `{"uri":"git@github.com:acme/app"}`},
		{"git", `{"uri":"u.example/r","branch":1.5,"disable_ci_skip":"true"}`, `{"uri":"u.example/r","branch":"1.5","disable_ci_skip":true}`},
		{"s3", `{"bucket":"b","regexp":"a-(.*)","endpoint":"https://minio.example.com","access_key_id":"i"}`, `{"bucket":"b","regexp":"a-(.*)"}`},
		{"s3", `{"bucket":"b","versioned_file":"f","endpoint":"https://storage.googleapis.com"}`, `{"bucket":"b","versioned_file":"f","endpoint":"storage.googleapis.com"}`},
		{"semver", `{"driver":"s3","bucket":"b","key":"v","initial_version":"1.0.0"}`, `{"driver":"s3","bucket":"b","key":"v"}`},
		{
			"semver", `{"driver":"swift","openstack":{"container":"c","item_name":"v","password":"p"}}`,
			`{"driver":"swift","openstack":{"container":"c","item_name":"v"}}`,
		},
		{"registry-image", `{"repository":"busybox","tag":1.36,"password":"p"}`, `{"repository":"busybox","tag":"1.36"}`},
		{"registry-image", `{"repository":"busybox","registry_mirror":{"host":"m.example.com","password":"p"}}`, `{"repository":"busybox","registry_mirror":{"host":"m.example.com"}}`},
		{"github-release", `{"user":"acme","repository":"app","pre_release":true,"access_token":"t"}`, `{"user":"acme","repository":"app","pre_release":true}`},
		{
			"azure-blobstore", `{"storage_account_name":"acme","storage_account_key":"k","container":"c","regexp":"a-(.*)"}`,
			`{"storage_account_name":"acme","container":"c","regexp":"a-(.*)"}`,
		},
		{
			"terraform", `{"env_name":"prod","backend_type":"s3","backend_config":{"bucket":"b","key":"k","workspace_key_prefix":"","secret_key":"s"},"vars":{"x":"y"}}`,
			`{"env_name":"prod","backend_type":"s3","backend_config":{"bucket":"b","key":"k","workspace_key_prefix":"."}}`,
		},
		{
			"terraform", `{"storage":{"bucket":"b","bucket_path":"p/","access_key_id":"i","endpoint":"https://storage.googleapis.com"},"private_key":"k"}`,
			`{"storage":{"bucket":"b","bucket_path":"p/","endpoint":"storage.googleapis.com"}}`,
		},
		{
			"metalink-repository", `{"uri":"git+ssh://git@github.com:acme/app.git//release/stable#artifacts","options":{"private_key":"k"}}`,
			`{"uri":"git@github.com:acme/app.git","branch":"artifacts","folder":"release/stable"}`,
		},
		{"metalink-repository", `{"uri":"s3://i:k@s3.amazonaws.com/b/p"}`, `{"bucket":"b","prefix":"p"}`},
		{"pr", `{"repository":"acme/app","number":7,"access_token":"t","base_branch":"main"}`, `{"repository":"acme/app","number":"7"}`},
	}
	for _, test := range tests {
		if got := string(document(t, filterOf(t, test.typeName, test.source))); got != test.want {
			t.Errorf("%s of %s\n got %s\nwant %s", test.typeName, test.source, got, test.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ typeName, filter, want string }{
		{"git", `{"uri":["secret"]}`, "uri: an array where a string is expected"},
		{"git", `{"branch":"main"}`, "uri is missing"},
		{"git", `null`, "uri is missing"},
		{"git", `["secret"]`, "it is an array where an object is expected"},
		{"git", `{"uri":"u.example/r"} {}`, "followed by something else"},
		{"git", `{"uri":"u.example/r"`, "reading a git filter"},
		{"git", `{"uri":"((uri))"}`, "uri is a ((var))"},
		{"s3", `{"bucket":"b"}`, "neither regexp nor versioned_file"},
		{"s3", `{"bucket":["secret"]}`, "bucket: an array where a string is expected"},
		{"pr", `{"repository":["secret"]}`, "repository: an array where a string is expected"},
		{"semver", `{"driver":"ftp"}`, "driver"},
		{"github-release", `{"repository":"app"}`, "owner is missing"},
		{"github-release", `{"owner":"acme","repository":"app","drafts":"secret"}`, "drafts: a string where a boolean is expected"},
		{"github-release", `{"owner":"acme","repository":"app","drafts":1}`, "drafts: a number where a boolean is expected"},
	}
	for _, test := range tests {
		_, err := lookup(t, test.typeName).Parse(json.RawMessage(test.filter))
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s %s: got %v, want %s", test.typeName, test.filter, err, test.want)
		}
	}
}

// A field that the type does not have is ignored, and named.
func TestParseUnknown(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ typeName, filter, want string }{
		{"git", `{"uri":"u.example/r","brnach":"main"}`, "brnach"},
		{"gcs", `{"bucket":"b","regexp":"x","endpoint":"y"}`, "endpoint"},
		{"s3", `{"bucket":"b","regexp":"x","endpoint":"y"}`, ""},
		{"git", `{"uri":"u.example/r","disable_ci_skip":true,"paths":["a"],"aliases":[]}`, ""},
	} {
		parsed := lookup(t, test.typeName)
		_, err := parsed.Parse(json.RawMessage(test.filter))
		if got := strings.Join(parsed.Unknown(json.RawMessage(test.filter)), " "); err != nil || got != test.want {
			t.Errorf("%s %s: unknown %q (%v), want %q", test.typeName, test.filter, got, err, test.want)
		}
	}
}

// What the document holds and Filter would refuse must not make an event fail. Nor is it skipped, unless no version can ever
// come of it.
func TestBrokenAtEvent(t *testing.T) {
	t.Parallel()
	tests := []struct {
		typeName, filter string
		event            event.Event
		check            bool
		rule             resource.Rule
	}{
		{"git", `{"uri":"https://github.com/acme/app","tag_regex":"(v1"}`, push("refs/tags/v2", "a"), true, "uncertain.filter"},
		{"git", `{"uri":"https://github.com/acme/app","tag_regex":"a","tag_filter":"b"}`, push("refs/tags/v2", "a"), true, "uncertain.filter"},
		{"git", `{"uri":"https://github.com/acme/app","paths":["/a"]}`, push("refs/heads/main", "a"), false, "never"},
		{"s3", `{"bucket":"builds","regexp":"a(b"}`, object(event.S3, "z"), true, "uncertain.filter"},
		{"s3", `{"bucket":"builds","regexp":"x","versioned_file":"y"}`, object(event.S3, "z"), true, "uncertain.filter"},
		{"s3", `{"bucket":"builds","regexp":"z"}`, object(event.S3, "z"), false, "never"},
		{"gcs", `{"bucket":"builds","regexp":"a(b"}`, object(event.GCS, "z"), true, "uncertain.filter"},
		{"registry-image", ghcr + `,"tag_regex":"a(b"}`, image("z"), true, "uncertain.filter"},
	}
	for _, test := range tests {
		f, err := lookup(t, test.typeName).Parse([]byte(test.filter))
		if err != nil {
			t.Fatal(err)
		}
		if d := f.Decide(test.event, nil); d.Check != test.check || d.Rule != test.rule {
			t.Errorf("%s: got %v %s %q", test.filter, d.Check, d.Rule, d.Reason)
		}
	}
}

// What will never work is said when the filter is made, by field and without the value.
func TestFilterRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ typeName, source, want string }{
		{"git", `{}`, "uri is missing"},
		{"git", `{"uri":"((hunter2))"}`, "uri is a ((var)) that was not resolved"},
		{"git", `{"uri":{"a":"hunter2"}}`, "uri: an object where a string is expected"},
		{"git", `{"uri":"u.example/r","branch":["hunter2"]}`, "branch: a list where a string is expected"},
		{"git", `{"uri":"u.example/r","paths":"hunter2"}`, "paths: a string where a list is expected"},
		{"git", `{"uri":"u.example/r","paths":[["hunter2"]]}`, "paths[0]: a list where a string is expected"},
		{"git", `{"uri":"u.example/r","paths":["/hunter2"]}`, "paths or ignore_paths: bash or git refuses them"},
		{"git", `{"uri":"u.example/r","tag_regex":"(hunter2"}`, "tag_regex"},
		{"git", `{"uri":"u.example/r","tag_regex":"a","tag_filter":"b"}`, "can't both be set"},
		{"git", `{"uri":"u.example/r","tag_behaviour":"hunter2"}`, "tag_behaviour"},
		{"git", `{"uri":"u.example/r","version_type":"tags","tag_regex":"(hunter2"}`, "tag_regex is not a regular expression"},
		{"git", `{"uri":"u.example/r","version_type":"tags","tag_regex":"a","tag_filters":["hunter2"]}`, "tag_filters and tag_regex can't both be set"},
		{"git", `{"uri":"u.example/r","version_type":"branches","branch_regex":"a","branch_filters":["b"]}`, "branch_filters and branch_regex can't both be set"},
		{"github-release", `{"owner":"o","repository":"r","drafts":"hunter2"}`, "drafts: a string where true or false is expected"},
		{"s3", `{"bucket":"b","regexp":"a-(hunter2"}`, "regexp is not a regular expression"},
		{"s3", `{"bucket":"b","regexp":"hunter2"}`, "no group for the version"},
		{"s3", `{"bucket":"b","regexp":"a(.*)","versioned_file":"b"}`, "can't both be set"},
		{"s3", `{"bucket":"((b))","regexp":"a(.*)"}`, "bucket is a ((var))"},
		{"semver", `{"driver":"hunter2"}`, "driver"},
		{"semver", `{"driver":"((d))"}`, "driver is a ((var)) that was not resolved"},
		{"semver", `{"driver":"((d))","bucket":"b"}`, "driver is a ((var)) that was not resolved"},
		{"semver", `{"bucket":"b"}`, "key is missing"},
		{"semver", `{"driver":"git","uri":"u.example/r","file":"v"}`, "branch is missing"},
		{"semver", `{"driver":"swift"}`, "openstack is missing"},
		{"registry-image", `{"repository":"((r))"}`, "repository is a ((var))"},
		{"terraform", `{"backend_type":"consul","backend_config":{"path":"hunter2"}}`, "the backend consul tells nobody of a new state, so go on polling"},
		{"terraform", `{"backend_type":"hunter2","backend_config":{}}`, "backend_type is none of s3, gcs and azurerm"},
		{"terraform", `{"backend_type":"((t))","backend_config":{"bucket":"b"}}`, "backend_type is a ((var))"},
		{"terraform", `{"backend_type":"gcs","backend_config":"((c))"}`, "backend_config is missing, or a ((var))"},
		{"terraform", `{"backend_type":"gcs","backend_config":{"bucket":"((b))"}}`, "bucket is a ((var))"},
		{"terraform", `{"storage":{"bucket":"((b))"}}`, "storage: bucket is a ((var))"},
		{"terraform", `{"env_name":"hunter2"}`, "neither backend_type nor storage is set"},
		{"metalink-repository", `{}`, "uri is missing"},
		{"metalink-repository", `{"uri":"https://hunter2.example.com/"}`, "others tell nobody of a new file, so go on polling"},
		{"metalink-repository", `{"uri":"((uri))"}`, "uri is a ((var))"},
		{"git-multibranch", `{"uri":"u.example/r","branch":"a","branches":"b"}`, "branch and branches can't both be set"},
		{"oci-helm-chart", `{"registry":"ghcr.io","repository":"a"}`, "chart_name is missing"},
		{"oci-helm-chart", `{"registry":"((r))","repository":"((a))","chart_name":"((c))"}`, "was not resolved"},
		{"git", `{"uri":"(( grab meta.github.uri ))"}`, "uri holds a (( )) that is no ((var)), and was not resolved"},
		{"s3", `{"bucket":"((a))-(( grab meta.bucket ))","regexp":"(.*)"}`, "bucket holds a (( )) that is no ((var))"},
		{"jtarchie-pull-request", `{"repo":"(( concat meta.owner \"/\" meta.repo ))"}`, "repo holds a (( )) that is no ((var))"},
		{"artifactory", `{}`, "build_name or repository is missing"},
		{"artifactory", `{"repository":"/((r))/x"}`, "was not resolved"},
		{"azure-blobstore", `{"storage_account_name":"a","container":"c"}`, "neither regexp nor versioned_file"},
		{"azure-blobstore", `{"storage_account_name":"((a))","container":"((c))","regexp":"(.*)"}`, "was not resolved"},
		{"azure-blobstore", `{"container":"c","regexp":"(.*)"}`, "storage_account_name is missing"},
		{"azure-blobstore", `{"storage_account_name":"a","container":"c","regexp":"hunter2"}`, "no group for the version"},
		{"pixelair-github", `{"kind":"hunter2","repository":"o/r"}`, "kind is none of prs, pr and commits-from-prs"},
		{"pixelair-github", `{"kind":"pr","repository":"o/r"}`, "number is missing"},
		{"registry-image", `{"repository":"((r))","aws_region":"eu-west-1"}`, "repository is a ((var))"},
		{"registry-image", `{"repository":"r","tag_regex":"(hunter2"}`, "tag_regex is not"},
		{"docker-image", `{"tag":"x"}`, "repository is missing"},
		{"github-release", `{"owner":"((o))","repository":"((r))"}`, "owner and repository is a ((var))"},
		{"pool", `{"uri":"u.example/r","pool":"p"}`, "branch is missing"},
		{"pool", `{"uri":"u.example/r","branch":"b"}`, "pool is missing"},
		{"pool", `{"uri":"u.example/r","branch":"b","pool":"/hunter2"}`, "pool: git refuses it"},
		{"gcs", `{"bucket":"b","regexp":"(hunter2"}`, "regexp is not"},
		{"pull-request", `{"repository":"hunter2"}`, "repository is not of the form owner/name"},
		{"pull-request", `{"repository":"((r))"}`, "repository is a ((var))"},
	}
	for _, test := range tests {
		_, err := lookup(t, test.typeName).Filter(sourceOf(t, test.source))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s %s: got %v, want %s", test.typeName, test.source, err, test.want)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s %s: the error holds a value: %v", test.typeName, test.source, err)
		}
	}
}

// What a field that is not known would decide is not known either. Fields of the resource itself, and nulls, are none.
func TestUnknownFields(t *testing.T) {
	t.Parallel()
	const known = `"check_every":"1h","icon":"git","webhook_token":"hunter2","later":null`
	decide(t, "git", []row{
		{"known", appMain + `,"private_key":"hunter2","sparse_paths":["x"],` + known + `}`, push("refs/heads/dev", "a"), false, "git.branch", ""},
		{"unknown", appMain + `,"tag_sortt":"version","Paths":["x"]}`, push("refs/heads/dev", "a"), true, "uncertain.field", "the source has Paths, tag_sortt, which this release does not know"},
		{"unknown, another repository", `{"uri":"https://github.com/acme/web","later":1}`, push("refs/heads/main", "a"), false, "other.repository", ""},
	})
	decide(t, "s3", []row{
		{"unknown", `{"bucket":"builds","versioned_file":"x","later":1}`, object(event.S3, "y"), true, "uncertain.field", "later"},
	})
	decide(t, "registry-image", []row{
		{"unknown", `{"repository":"ghcr.io/acme/app","tag":"x","later":{"a":1}}`, image("y"), true, "uncertain.field", "later"},
		{"known", `{"repository":"ghcr.io/acme/app","tag":"x","platform":{"os":"linux"},"created_at_sort":true}`, image("y"), false, "image.tag", ""},
	})
	decide(t, "git-multibranch", []row{
		{"unknown", `{"uri":"https://github.com/acme/app","branches":"main","later":1}`, push("refs/heads/dev", "a"), true, "uncertain.field", "later"},
		{"known", `{"uri":"https://github.com/acme/app","branches":"main","redis":{"host":"r","password":"hunter2"},` + known + `}`, push("refs/heads/dev", "a"), false, "git.branch", ""},
	})
	decide(t, "gitlab-merge-request", []row{
		{"unknown", `{"uri":"https://github.com/acme/app","later":1}`, pull(func(p *event.PullRequest) { p.Action = "comment" }), true, "uncertain.field", "later"},
		{"known", `{"uri":"https://github.com/acme/app","private_token":"hunter2","paths":["a"]}`, pull(func(p *event.PullRequest) { p.Action = "comment" }), false, "pull_request.comment", ""},
	})
	names := make(resource.Source)
	for i := range 1000 {
		names[strings.Repeat("é", 1000)+strconv.Itoa(i)] = true
	}
	names["uri"] = "https://github.com/acme/app"
	f, err := lookup(t, "git").Filter(names)
	if err != nil || len(document(t, f)) > 2000 || len(f.UnknownFields()) != 10 {
		t.Errorf("%v; %d unknown fields", err, len(f.UnknownFields()))
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	defaults := resource.Source{"branch": "main", "paths": []any{"a"}, "nested": map[string]any{"a": 1, "b": 2}}
	source := resource.Source{"uri": "u", "branch": nil, "nested": map[string]any{"a": 3}}
	got, _ := json.Marshal(resource.Merge(defaults, source))
	if want := `{"branch":null,"nested":{"a":3},"paths":["a"],"uri":"u"}`; string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if len(defaults) != 3 || len(source) != 3 {
		t.Error("Merge changed what it was given")
	}
}

// Numbers come as json.Number where a decoder was told so: their text is kept.
func TestNumbers(t *testing.T) {
	t.Parallel()
	for _, tag := range []any{json.Number("1.20"), "1.20"} {
		f, err := lookup(t, "registry-image").Filter(resource.Source{"repository": "busybox", "tag": tag})
		if err != nil {
			t.Fatal(err)
		}
		if d := f.Decide(event.ImagePushed{Image: "busybox", Tag: "1.20"}, nil); !d.Check {
			t.Errorf("%T: %q", tag, d.Reason)
		}
	}
	f, err := lookup(t, "registry-image").Filter(resource.Source{"repository": "busybox", "tag": 20260101.0})
	if err != nil {
		t.Fatal(err)
	}
	if d := f.Decide(event.ImagePushed{Image: "busybox", Tag: "20260101"}, nil); !d.Check {
		t.Errorf("a large number: %q", d.Reason)
	}
}
