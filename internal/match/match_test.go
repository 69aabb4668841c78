package match_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/match"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

const document = `{
	"version": 1,
	"atc": {"url": "https://ci.example.com"},
	"checks": [
		{"check": "app/source", "type": "git", "filter": {"uri": "https://github.com/octo/app", "branch": "main"}},
		{"check": "app/docs", "type": "git", "filter": {"uri": "git@github.com:octo/app.git", "branch": "main", "paths": ["docs"]}},
		{"check": "other/source", "type": "git", "filter": {"uri": "https://github.com/octo/other"}},
		{"check": "any/source", "type": "git", "filter": {"uri": "https://github.com/octo/((name))"}},
		{"check": "app/source", "instance_vars": {"branch": "next"}, "type": "git", "filter": {"uri": "https://github.com/octo/app", "branch": "next"}},
		{"check": "deploy/tarball", "team": "ops", "type": "s3", "filter": {"bucket": "releases", "regexp": "app-(.*).tgz"}},
		{"check": "deploy/access-point", "team": "ops", "type": "s3", "filter": {"bucket": "arn:aws:s3:us-east-1:1:accesspoint/x", "versioned_file": "app-1.tgz"}},
		{"check": "images/app", "type": "registry-image", "filter": {"repository": "releases"}}
	]
}`

// form2016 is a document of the 2016 form, which may list a resource more than once.
const form2016 = `{
	"atc": {"url": "https://ci.example.com"},
	"checks": [
		{"check": "app/source", "filter": {"uri": "https://github.com/octo/app", "branch": "master", "paths": ["a"]}},
		{"check": "app/source", "filter": {"uri": "https://github.com/octo/app", "branch": "master", "paths": ["b"]}, "scope": "second"},
		{"check": "app/version", "filter": {"bucket": "releases", "key": "version"}}
	]
}`

func matcher(tb testing.TB, document string) *match.Matcher {
	tb.Helper()
	c, err := config.Parse([]byte(document))
	if err != nil {
		tb.Fatal(err)
	}
	m, err := match.New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func push(repository, ref, file string) event.Push {
	return event.Push{
		Repository: event.Repository{URLs: []string{"https://github.com/" + repository}, DefaultBranch: "main"},
		Ref:        ref, Commits: []event.Commit{{ID: "c", Message: "x", Files: []string{file}}},
	}
}

func object(key string) event.ObjectCreated {
	return event.ObjectCreated{Store: event.S3, Bucket: "releases", Key: key}
}

// show is one line per match: + or -, and the check. Of the reasons, which are the resource types' own, it shows this
// package's; none may be missing.
func show(t *testing.T, matches []match.Match) []string {
	t.Helper()
	lines := []string{}
	for _, m := range matches {
		line := "- " + m.Ref.String()
		if m.Check {
			line = "+ " + m.Ref.String()
		}
		switch {
		case m.Reason == "" || m.Rule == "":
			t.Errorf("no reason or no rule: %s", line)
		case strings.HasPrefix(m.Reason, "it watches "), m.Reason == "nothing happened", m.Reason == "the delivery names it":
			line += ": " + m.Reason
		}
		lines = append(lines, line)
	}
	return lines
}

func TestMatch(t *testing.T) {
	t.Parallel()
	const (
		source = "+ main/app/source"
		docs   = "- main/app/docs"
		next   = "- main/app/branch:next/source"
		anyOf  = "+ main/any/source"
	)
	tests := []struct {
		name     string
		document string
		events   []event.Event
		want     []string
	}{
		{"nothing", document, nil, []string{}},
		{"a repository's checks only", document, []event.Event{push("octo/app", "refs/heads/main", "a.go")}, []string{source, docs, next, anyOf}},
		{"the pattern's alone", document, []event.Event{push("octo/new", "refs/heads/main", "a.go")}, []string{anyOf}},
		{"nobody's", document, []event.Event{push("ann/app", "refs/heads/main", "a.go")}, []string{}},
		{
			"a bucket's, and what may be any bucket's", document, []event.Event{object("app-1.tgz")}, []string{
				"+ ops/deploy/tarball",
				"+ ops/deploy/access-point",
			},
		},
		{
			"an image of the bucket's name", document,
			[]event.Event{event.ImagePushed{Image: "docker.io/library/releases", Tag: "latest"}},
			[]string{"+ main/images/app"},
		},
		{
			"once, and checked if one event says so", document,
			[]event.Event{push("octo/app", "refs/heads/next", "x"), push("octo/app", "refs/heads/main", "docs/x")},
			[]string{
				source,
				"+ main/app/docs",
				"+ main/app/branch:next/source",
				anyOf,
			},
		},
		{
			"named", document,
			[]event.Event{
				event.Named{Check: "main/app/branch:next/source"}, event.Named{Check: "main/app/gone"}, event.Named{Check: "app/source"},
			},
			[]string{"+ main/app/branch:next/source: the delivery names it"},
		},
		{
			"one resource listed twice, the second matches", form2016,
			[]event.Event{push("octo/app", "refs/heads/master", "b/x")},
			[]string{"+ main/app/source"},
		},
		{
			"one resource listed twice, none matches", form2016,
			[]event.Event{push("octo/app", "refs/heads/master", "c/x")},
			[]string{"- main/app/source"},
		},
		{
			"a type that is guessed", form2016,
			[]event.Event{object("version")},
			[]string{"+ main/app/version"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, show(t, matcher(t, tt.document).Match(tt.events))); diff != "" {
				t.Errorf("matches (-want +got):\n%s", diff)
			}
		})
	}
}

// A resource that is listed twice is asked for as the entry says that decided.
func TestMatchTwiceListedConfig(t *testing.T) {
	t.Parallel()
	got := matcher(t, form2016).Match([]event.Event{push("octo/app", "refs/heads/master", "b/x")})
	if len(got) != 1 || got[0].Config.Scope != "second" {
		t.Errorf("matched %+v", got)
	}
}

// All names every check once, those that no key leads to with the keys that do not meet.
func TestAll(t *testing.T) {
	t.Parallel()
	const about = "; the event is about repository:github.com/octo/app"
	tests := []struct {
		name     string
		document string
		events   []event.Event
		want     []string
	}{
		{"every check", document, []event.Event{push("octo/app", "refs/heads/main", "a.go")}, []string{
			"+ main/app/source",
			"- main/app/docs",
			"- main/app/branch:next/source",
			"+ main/any/source",
			"- main/other/source: it watches repository:github.com/octo/other" + about,
			"- ops/deploy/tarball: it watches bucket:releases" + about,
			"- ops/deploy/access-point: it watches bucket:*" + about,
			"- main/images/app: it watches image:docker.io/library/releases" + about,
		}},
		{"one resource listed twice", form2016, []event.Event{push("octo/app", "refs/heads/master", "b/x")}, []string{
			"+ main/app/source",
			"- main/app/version: it watches bucket:releases" + about,
		}},
		{"named", form2016, []event.Event{event.Named{Check: "main/app/version"}}, []string{
			"+ main/app/version: the delivery names it",
			"- main/app/source: it watches repository:github.com/octo/app; the event is about check:main/app/version",
		}},
		{"nothing", form2016, nil, []string{
			"- main/app/source: nothing happened",
			"- main/app/version: nothing happened",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, show(t, matcher(t, tt.document).All(tt.events))); diff != "" {
				t.Errorf("matches (-want +got):\n%s", diff)
			}
		})
	}
}

// Package match decides by rules of its own where no filter does.
func TestRules(t *testing.T) {
	t.Parallel()
	tests := []struct {
		events []event.Event
		check  bool
		rule   resource.Rule
	}{
		{[]event.Event{event.Named{Check: "main/app/version"}}, true, "named"},
		{[]event.Event{push("octo/app", "refs/heads/master", "a")}, false, "other.key"},
		{nil, false, "no_events"},
	}
	for _, tt := range tests {
		for _, m := range matcher(t, form2016).All(tt.events) {
			if m.Ref.String() == "main/app/version" && (m.Check != tt.check || m.Rule != tt.rule) {
				t.Errorf("%v: got %v %s, want %v %s", tt.events, m.Check, m.Rule, tt.check, tt.rule)
			}
		}
	}
}

// A resource that is listed twice is shown by All as the entry says that decided.
func TestAllTwiceListedConfig(t *testing.T) {
	t.Parallel()
	got := matcher(t, strings.Replace(form2016, `"b"]}, "scope": "second"`, `"b"]}`, 1)).All([]event.Event{push("octo/app", "refs/heads/master", "a/x")})
	if !strings.Contains(string(got[0].Config.Filter), `["a"]`) {
		t.Errorf("matched %+v", got[0])
	}
}

// Every check that is not understood is named, with the field, and costs no other check.
func TestNewErrors(t *testing.T) {
	t.Parallel()
	c, err := config.Parse([]byte(`{"version": 1, "atc": {"url": "https://ci.example.com"}, "checks": [
		{"check": "app/fine", "type": "git", "filter": {"uri": "https://github.com/octo/app"}},
		{"check": "app/typeless", "filter": {"path": "x"}},
		{"check": "app/strange", "team": "ops", "type": "svn", "filter": {}},
		{"check": "app/field", "type": "git", "filter": {"uri": "https://github.com/octo/app", "brnch": "x"}},
		{"check": "app/empty", "instance_vars": {"n": 1}, "type": "s3", "filter": {"bucket": "b"}},
		{"check": "app/none", "type": "git"},
		{"check": "app/list", "type": "git", "filter": []},
		{"check": "app", "type": "git", "filter": {"uri": "https://github.com/octo/app"}},
		{"check": "app/..", "type": "git", "filter": {"uri": "https://github.com/octo/app"}},
		{"check": "app/r", "team": ".", "type": "git", "filter": {"uri": "https://github.com/octo/app"}},
		{"check": "app/fine", "team": "main", "type": "git", "filter": {"uri": "https://github.com/octo/twice"}},
		{"check": "p/r", "instance_vars": {"a": "b"}, "type": "git", "filter": {"uri": "https://github.com/octo/alike"}},
		{"check": "p/a:b/r", "type": "git", "filter": {"uri": "https://github.com/octo/alike"}},
		null
	]}`))
	if err != nil {
		t.Fatal(err)
	}
	m, err := match.New(c)
	if err == nil {
		t.Fatal("no error")
	}
	if m.Len() != 5 || len(m.Match([]event.Event{push("octo/app", "refs/heads/main", "a")})) != 2 {
		t.Errorf("%d checks are left", m.Len())
	}
	for repository, want := range map[string][]string{
		"octo/twice": {"+ main/app/fine"}, // uncertain means check: both filters count
		"octo/alike": {"+ main/p/a:b/r", `+ main/p/"a:b/r"`},
	} {
		if diff := cmp.Diff(want, show(t, m.Match([]event.Event{push(repository, "refs/heads/main", "a")}))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", repository, diff)
		}
	}
	for _, name := range []string{"main/app/..", `main/"app/.."`, "./app/r", `main/"app"`} {
		if _, _, ok := m.Find(name); ok || len(m.Match([]event.Event{event.Named{Check: name}})) > 0 {
			t.Errorf("%s can be asked for", name)
		}
	}
	if unknown := match.Unknown(c); len(unknown) != 1 || unknown[0] != "checks[3].filter.brnch" {
		t.Errorf("unknown fields %v", unknown)
	}
	got := strings.Split(err.Error(), "\n")
	want := []string{
		"checks[1] (main/app/typeless): type: missing, and the filter's fields do not tell which it is",
		`checks[2] (ops/app/strange): type: "svn" is not known; known are artifactory, `,
		"checks[4] (main/app/n:1/empty): filter: reading a s3 filter: neither regexp nor versioned_file is set",
		"checks[5] (main/app/none): filter: an object is needed",
		"checks[6] (main/app/list): filter: an object is needed",
		`checks[7] (main/"app"): check "app" is not of the form pipeline/resource`,
		`checks[8] (main/"app/.."): the resource's name is "..", which can't be in a URL: rename it`,
		`checks[9] (./"app/r"): the team's name is ".", which can't be in a URL: rename it`,
		"checks[10] (main/app/fine): check: the same as checks[0], and both filters count",
		`checks[13] (main/""): check "" is not of the form pipeline/resource`,
	}
	if len(got) != len(want) {
		t.Fatalf("%d errors:\n%v", len(got), err)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("error %q, want %q", got[i], want[i])
		}
	}
}
