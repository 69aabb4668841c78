package main_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	concourse "github.com/concourse/concourse/atc"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
)

const (
	shop = "https://github.com/acme/shop.git"
	site = "https://github.com/acme/site.git"
)

var (
	app = pipeline{
		concourse.Pipeline{ID: 1, TeamName: "main", Name: "app", LastUpdated: 100},
		[]object{git("source", shop, "main")},
	}
	docs = pipeline{
		concourse.Pipeline{ID: 2, TeamName: "web", Name: "docs", LastUpdated: 100, InstanceVars: concourse.InstanceVars{"branch": "v1"}},
		[]object{git("site", site, "((branch))"), {"name": "nightly", "type": "bosh-io-release", "source": object{"repository": "acme/release"}}},
	}
)

func check(t *testing.T, source object, latest *version) []version {
	t.Helper()
	request := object{"source": source}
	if latest != nil {
		request["version"] = latest
	}
	return answer[[]version](t, run(t, "check", request, nil))
}

// Only another set of checks makes another version: not time, the order of pipelines, or a change that no check depends on.
func TestCheck(t *testing.T) {
	t.Parallel()
	a, b := newATC(t, app, docs), newBucket(t)
	s := source(a, b)
	first := check(t, s, nil)
	if len(first) != 1 || !strings.HasPrefix(first[0].Digest, "sha256:") {
		t.Fatalf("the first check answers %v, want one version with a digest", first)
	}
	if b.published(t) != "" {
		t.Error("check has published something")
	}
	other := app
	other.resources = []object{git("source", shop, "main"), {"name": "tick", "type": "time", "source": object{}}}
	other.LastUpdated = 200
	paused := docs
	paused.Paused = true
	for name, tt := range map[string]struct {
		pipelines []pipeline
		paused    bool // include paused pipelines
		same      bool
	}{
		"the same again":             {[]pipeline{app, docs}, false, true},
		"reordered":                  {[]pipeline{docs, app}, false, true},
		"set without a new check":    {[]pipeline{other, docs}, false, true},
		"paused, and left out then":  {[]pipeline{app, paused}, false, false},
		"paused, and included":       {[]pipeline{app, paused}, true, true},
		"destroyed":                  {[]pipeline{app}, false, false},
		"destroyed, and all of them": {nil, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newATC(t, tt.pipelines...)
			s := source(a, b)
			s["include_paused"] = tt.paused
			now := check(t, s, &first[0])
			if len(now) != 1 || (now[0] == first[0]) != tt.same {
				t.Errorf("answers %v after %v; want the same: %t", now, first, tt.same)
			}
		})
	}
}

// A set of checks that comes back is a new version, or else Concourse would not start the job again.
func TestCheckComesBack(t *testing.T) {
	t.Parallel()
	a, b := newATC(t, app), newBucket(t)
	s := source(a, b)
	seen := check(t, s, nil)
	for range 2 {
		for _, pipelines := range [][]pipeline{{app, docs}, {app}} {
			a.set(t, pipelines...)
			latest := seen[len(seen)-1]
			now := check(t, s, &latest)[0]
			if slices.Contains(seen, now) {
				t.Fatalf("%v was a version before: %v", now, seen)
			}
			seen = append(seen, now)
		}
	}
	if seen[0].Digest != seen[2].Digest || seen[2].Digest != seen[4].Digest {
		t.Errorf("the digests of the same checks differ: %v", seen)
	}
	s["config"].(object)["url"] = "s3://configs/elsewhere.json"
	if first := check(t, s, nil); slices.Contains(seen, first[0]) {
		t.Errorf("%v is the first version at another location, and was a version before: %v", first[0], seen)
	}
}

// A resource's name writes no line of its own: not in plan.txt, nor in the summary that a task may print, nor in the log of a put.
func TestNamesForgeNoLines(t *testing.T) {
	t.Parallel()
	forged := app
	forged.resources = []object{
		git("x\nplan: 0 to add\x1b[2K\u009b\u202e", shop, "main"), git("..", shop, "main"),
		{"name": "custom", "type": "t\nype\u009b", "source": object{}},
	}
	a, b := newATC(t, forged), newBucket(t)
	s := source(a, b)
	dir := t.TempDir()
	v := check(t, s, nil)[0]
	got := run(t, "in", object{"source": s, "version": v}, nil, dir)
	put := run(t, "out", object{"source": s, "params": object{}}, nil, t.TempDir())
	answer[response](t, got)
	answer[response](t, put)
	plan, err := os.ReadFile(filepath.Join(dir, "plan.txt"))
	if err != nil {
		t.Fatal(err)
	}
	const want = `+ main/app/"x\nplan: 0 to add\x1b[2K\u009b\u202e" (git)` + "\nplan: 1 to add, 0 to change, 0 to remove; 1 checks then\n"
	if string(plan) != want {
		t.Errorf("plan.txt:\n%q, want\n%q", plan, want)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	outputs := map[string]string{"in": got.stderr, "out": put.stderr}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		outputs[filepath.Base(path)] = string(text)
	}
	for name, text := range outputs {
		if strings.ContainsAny(text, "\x1b\u009b\u202e") {
			t.Errorf("a terminal would obey what %s prints\n%q", name, text)
		}
	}
	if !strings.Contains(got.stderr, "left out: main/app/..: the resource's name is") || !strings.Contains(put.stderr, want) {
		t.Errorf("in prints\n%s\nout prints\n%s", got.stderr, put.stderr)
	}
}

// Without source.config the resource only watches Concourse.
func TestCheckOnly(t *testing.T) {
	t.Parallel()
	a, b := newATC(t, app), newBucket(t)
	s := source(a, b)
	delete(s, "config")
	v := check(t, s, nil)
	a.taken()
	if now := check(t, s, &v[0]); now[0] != v[0] {
		t.Errorf("nothing changed, and check answers %v after %v", now, v)
	}
	if configs, checks, asked := a.taken(); len(configs) > 0 || len(checks) > 0 || asked != 1 {
		t.Errorf("nothing changed, and check read the configs of %v, asked %v to check, and asked %d times", configs, checks, asked)
	}
	dir := t.TempDir()
	got := answer[response](t, run(t, "in", object{"source": s, "version": v[0]}, nil, dir))
	if got.metadata("added") != "1" {
		t.Errorf("in answers %v", got)
	}
	if _, err := os.Stat(filepath.Join(dir, "published.json")); !os.IsNotExist(err) {
		t.Errorf("published.json: %v, want none", err)
	}
	r := run(t, "out", object{"source": s, "params": object{}}, nil, dir)
	if !r.failed || !strings.Contains(r.stderr, "source.config: it is missing") {
		t.Errorf("out without config: %t %s", r.failed, r.stderr)
	}
}

// The steps of the job: check, in, and out with the config that in wrote; then check reads only what changed.
func TestPublish(t *testing.T) {
	t.Parallel()
	a, b := newATC(t, app, docs), newBucket(t)
	s := source(a, b)
	v := check(t, s, nil)[0]
	build := t.TempDir()
	dir := filepath.Join(build, "config")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	got := answer[response](t, run(t, "in", object{"source": s, "version": v}, nil, dir))
	for name, want := range map[string]string{
		"checks": "2", "added": "2", "changed": "0", "removed": "0", "uncovered": "1", "left out": "0", "digest": v.Digest,
	} {
		if got.Version != v || got.metadata(name) != want {
			t.Errorf("in answers %v, %s = %s; want %v, %s", got.Version, name, got.metadata(name), v, want)
		}
	}
	plan := read(t, dir, "plan.txt")
	if want := "+ main/app/source (git)\n+ web/docs/branch:v1/site (git)\nplan: 2 to add, 0 to change, 0 to remove; 2 checks then\n"; plan != want {
		t.Errorf("plan.txt is\n%swant\n%s", plan, want)
	}
	if summary := read(t, dir, "summary.json"); !strings.Contains(summary, `"resource": "web/docs/branch:v1/nightly"`) {
		t.Errorf("summary.json names no uncovered resource: %s", summary)
	}
	a.taken()
	put := answer[response](t, run(t, "out", object{"source": s, "params": object{"config": "config/config.json"}}, nil, build))
	if put.Version != v || put.metadata("published") != "true" {
		t.Errorf("out answers %v, want the version that was got, %v", put, v)
	}
	if b.published(t) != read(t, dir, "config.json") {
		t.Errorf("published is\n%swant what in wrote", b.published(t))
	}
	if _, checks, _ := a.taken(); !slices.Equal(checks, []string{"main/app/source", "web/docs/branch:v1/site"}) {
		t.Errorf("asked to check: %v", checks)
	}
	if now := check(t, s, &v)[0]; now != v {
		t.Errorf("after publishing, check answers %v, want %v", now, v)
	}
	if configs, _, asked := a.taken(); len(configs) > 0 || asked != 1 {
		t.Errorf("nothing changed, and check read the configs of %v and asked %d times", configs, asked)
	}
	again := answer[response](t, run(t, "in", object{"source": s, "version": v}, nil, t.TempDir()))
	if again.metadata("uncovered") != "1" || again.metadata("added") != "0" {
		t.Errorf("after publishing, in answers %v", again)
	}
	a.taken()
	changed := app
	changed.LastUpdated, changed.resources = 200, []object{git("source", shop, "release")}
	a.set(t, changed, docs)
	if now := check(t, s, &v)[0]; now == v {
		t.Errorf("check answers %v after a change", now)
	}
	if configs, _, _ := a.taken(); !slices.Equal(configs, []string{"main/pipelines/app/config"}) {
		t.Errorf("app changed, and check read the configs of %v", configs)
	}
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// A get of an old version writes the current config, and says so; the put of that config returns the version that check finds.
func TestOldVersion(t *testing.T) {
	t.Parallel()
	a, b := newATC(t, app), newBucket(t)
	s := source(a, b)
	old := check(t, s, nil)[0]
	a.set(t, app, docs)
	build := t.TempDir()
	r := run(t, "in", object{"source": s, "version": old}, nil, build)
	got := answer[response](t, r)
	now := check(t, s, &old)[0]
	if got.Version != old || got.metadata("digest") != now.Digest || !strings.Contains(r.stderr, "have changed since the version "+old.Digest) {
		t.Errorf("in answers %v and says %s", got, r.stderr)
	}
	put := answer[response](t, run(t, "out", object{"source": s, "params": object{"config": "config.json"}}, nil, build))
	if put.Version != now {
		t.Errorf("out answers %v, check %v", put.Version, now)
	}
}

// A put without params generates the config, and keeps what an operator added to the published one.
func TestPutGenerates(t *testing.T) {
	t.Parallel()
	a, b := newATC(t, app), newBucket(t)
	s := source(a, b)
	b.publish(t, `{"atc": {"url": "`+a.URL+`"}, "secret": "env:SECRET", "owners": ["x"], "checks": []}`)
	put := answer[response](t, run(t, "out", object{"source": s}, nil, t.TempDir()))
	document, err := config.Parse([]byte(b.published(t)))
	if err != nil {
		t.Fatal(err)
	}
	if document.Digest != put.Version.Digest || document.Secret != "env:SECRET" || len(document.Checks) != 1 {
		t.Errorf("answers %v and publishes %+v", put, document)
	}
	dir := t.TempDir()
	a.set(t, docs)
	answer[response](t, run(t, "in", object{"source": s, "version": put.Version}, nil, dir))
	answer[response](t, run(t, "out", object{"source": s, "params": object{"config": "config.json"}}, nil, dir))
	if !strings.Contains(b.published(t), `"owners": ["x"]`) || !strings.Contains(b.published(t), `"docs/site"`) {
		t.Errorf("a field that only a later program knows is lost: %s", b.published(t))
	}
	a.set(t, app)
	put = answer[response](t, run(t, "out", object{"source": s}, nil, t.TempDir()))
	again := answer[response](t, run(t, "out", object{"source": s}, nil, t.TempDir()))
	if again.metadata("published") != "false" || again.Version.Digest != put.Version.Digest {
		t.Errorf("the second put answers %v", again)
	}
}

// A document that the endpoints would not load is not published.
func TestPutOfABadDocument(t *testing.T) {
	t.Parallel()
	a, b := newATC(t, app), newBucket(t)
	dir := t.TempDir()
	for filter, want := range map[string]string{
		`"type": "gti", "filter": {"uri": "https://github.com/a/b"}`:    "checks[0] (main/app/source): type: \"gti\" is not known",
		`"filter": {"uri": "https://github.com/a/b", "brunch": "main"}`: "reading config.json: checks[0].filter.brunch: no such field",
	} {
		document := `{"atc": {"url": "` + a.URL + `"}, "checks": [{"check": "app/source", ` + filter + `}]}`
		if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(document), 0o600); err != nil {
			t.Fatal(err)
		}
		r := run(t, "out", object{"source": source(a, b), "params": object{"config": "config.json"}}, nil, dir)
		if !r.failed || !strings.Contains(r.stderr, want) || b.published(t) != "" {
			t.Errorf("failed %t, published %s: %s", r.failed, b.published(t), r.stderr)
		}
	}
}

// While something is owed and due, each check gives another version of the same checks, so that the next put goes on. What an
// artifact says about it does not count.
func TestOwed(t *testing.T) {
	t.Parallel()
	a, b := newATC(t, app), newBucket(t)
	s := source(a, b)
	answer[response](t, run(t, "out", object{"source": s}, nil, t.TempDir()))
	s["config_refresh"] = "1h"
	a.set(t, app, docs)
	v := check(t, s, nil)[0]
	dir := t.TempDir()
	answer[response](t, run(t, "in", object{"source": s, "version": v}, nil, dir))
	a.taken()
	r := run(t, "out", object{"source": s, "params": object{"config": "config.json"}}, nil, dir)
	answer[response](t, r)
	if _, checks, _ := a.taken(); len(checks) > 0 || !strings.Contains(r.stderr, "1 resources are still to be asked to check") {
		t.Errorf("not due, and asked %v to check: %s", checks, r.stderr)
	}
	if now := check(t, s, &v)[0]; now != v {
		t.Errorf("nothing is due, and check answers %v after %v", now, v)
	}
	due := regexp.MustCompile(`"due":\d+`).ReplaceAllString(b.published(t), `"due":1`)
	b.publish(t, due)
	now := check(t, s, &v)[0]
	if now == v || now.Digest != v.Digest {
		t.Fatalf("something is due, and check answers %v after %v", now, v)
	}
	answer[response](t, run(t, "out", object{"source": s, "params": object{"config": "config.json"}}, nil, dir))
	if _, checks, _ := a.taken(); !slices.Equal(checks, []string{"web/docs/branch:v1/site"}) || strings.Contains(b.published(t), "owed") {
		t.Errorf("asked %v to check; published %s", checks, b.published(t))
	}
	if last := check(t, s, &now)[0]; last != now {
		t.Errorf("nothing is owed, and check answers %v after %v", last, now)
	}
}

// A removal of most of the checks needs force, also if the put is given the config. What is new is published, and the version is that of
// the checks that are wanted.
func TestDrasticPlan(t *testing.T) {
	t.Parallel()
	var many []object
	for name := range strings.SplitSeq("abcdefghijklmn", "") {
		many = append(many, git(name, shop, name))
	}
	full := app
	full.resources = many
	a, b := newATC(t, full), newBucket(t)
	s := source(a, b)
	answer[response](t, run(t, "out", object{"source": s}, nil, t.TempDir()))
	before := b.published(t)
	app := app
	app.LastUpdated = 200
	a.set(t, app)
	dir := t.TempDir()
	answer[response](t, run(t, "in", object{"source": s, "version": version{Digest: "sha256:0"}}, nil, dir))
	v := check(t, s, nil)[0]
	for _, params := range []object{{}, {"config": "config.json"}} {
		b.publish(t, before)
		r := run(t, "out", object{"source": s, "params": params}, nil, dir)
		published, err := config.Parse([]byte(b.published(t)))
		if err != nil {
			t.Fatal(err)
		}
		if !r.failed || !strings.Contains(r.stderr, "would remove 14 of 14 checks") || len(published.Checks) != 15 {
			t.Errorf("params %v: failed %t, %d checks: %s", params, r.failed, len(published.Checks), r.stderr)
		}
		if now := check(t, s, &v)[0]; now != v {
			t.Errorf("params %v: a held removal starts a build: check answers %v after %v", params, now, v)
		}
	}
	before = b.published(t)
	answer[response](t, run(t, "out", object{"source": s, "params": object{"config": "config.json", "force": true}}, nil, dir))
	if b.published(t) == before {
		t.Error("force published nothing")
	}
}
