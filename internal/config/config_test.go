package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
)

// form2016 is the example document from the notes of the 2016 README, word for word.
const form2016 = `{
  "atc": {
    "url": "https://ci.example.com",
    "headers": {
      "authorization": "Basic Y29uY291cnNlOmNvbmNvdXJzZQ=="
    }
  },
  "checks": [
    {
      "check": "{pipeline-name}/{resource-name}",
      "filter": {
        "uri": "https://github.com/example/test",
        "branch": "master"
      }
    }
  ]
}`

func TestParse2016Form(t *testing.T) {
	t.Parallel()
	c, err := config.Parse([]byte(form2016))
	if err != nil {
		t.Fatal(err)
	}
	ref, err := c.Checks[0].Ref()
	if err != nil {
		t.Fatal(err)
	}
	want := config.Ref{Team: "main", Pipeline: "{pipeline-name}", Resource: "{resource-name}"}
	if diff := cmp.Diff(want, ref); diff != "" {
		t.Errorf("ref (-want +got):\n%s", diff)
	}
	if got, want := c.ATC.Headers["authorization"], "Basic Y29uY291cnNlOmNvbmNvdXJzZQ=="; got != want {
		t.Errorf("authorization = %q, want %q", got, want)
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	checks := func(list string) string {
		return `{"version": 1, "atc": {"url": "https://ci.example.com"}, "checks": [` + list + `]}`
	}
	tests := map[string]struct{ doc, want string }{
		"empty":             {" \n", "the config is empty"},
		"truncated":         {form2016[:120], "it is cut off after 120 bytes"},
		"not JSON":          {"{\n  \"atc\": nope\n}", "line 2, column 11"},
		"HTML":              {"<!doctype html>", "looks like HTML"},
		"an array":          {"[]", "it is an array where an object is expected"},
		"two documents":     {checks("") + checks(""), "it is followed by something else at line 1, column 71"},
		"later version":     {`{"version": 2, "shiny": true}`, "has version 2, but this program reads versions up to 1; upgrade the program"},
		"version a string":  {`{"version": "1"}`, "version: it is not a whole number"},
		"negative version":  {`{"version": -1, "atc": {"url": "https://ci.example.com"}}`, "version: -1 is not known"},
		"URL with password": {`{"atc": {"url": "https://u:hunter2@ci.example.com"}}`, "atc.url: it must not hold a user"},
		"URL without host":  {`{"atc": {"url": "ci.example.com"}}`, "atc.url: it must start with https://"},
		"URL with a query":  {`{"atc": {"url": "https://ci.example.com/?x=hunter2"}}`, "atc.url: it must not hold a query"},
		"no checks":         {`{"atc": {"url": "https://ci.example.com"}}`, "checks: missing; an array is needed"},
		"checks null":       {`{"atc": {"url": "https://ci.example.com"}, "checks": null}`, "checks: missing"},
		"secret version":    {`{"version": "hunter2"}`, "version: it is not a whole number"},
		"check a number":    {checks(`{"check": 5, "filter": {}}`), "checks[0]: check: a number where a string is expected"},
		"checks an object":  {`{"checks": {}}`, "checks: an object where an array is expected"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Parse([]byte(test.doc))
			if err == nil {
				t.Fatalf("no error; want one with %q", test.want)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q has no %q", err, test.want)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("error %q shows a password", err)
			}
		})
	}
}

// Fields that only a later program knows are ignored, wherever they are, and Marshal keeps those of the top level. People are told
// their names, since one may be misspelt.
func TestUnknownFields(t *testing.T) {
	t.Parallel()
	const doc = `{"version": 1, "shiny": {"a": [1]}, "atc": {"url": "https://ci.example.com", "hedders": {}}, "checks": [
		{"check": "a/b", "filter": {"uri": "x", "brnch": "y"}},
		{"check": "a/c", "teem": "x", "rolle": "trigger", "filter": {}}
	], "pipelines": [{"id": 1, "team": "main", "name": "a", "digest": "sha256:00"}], "owners": null}`
	c, err := config.Parse([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"atc.hedders", "checks[1].rolle", "checks[1].teem", "owners", "pipelines[0].digest", "shiny"}
	if diff := cmp.Diff(want, config.UnknownFields([]byte(doc))); diff != "" {
		t.Errorf("unknown fields (-want +got):\n%s", diff)
	}
	written, err := c.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if text := string(written); !strings.HasSuffix(text, ",\n  \"owners\": null,\n  \"shiny\": {\"a\":[1]}\n}\n") {
		t.Errorf("written:\n%s", text)
	}
	if fields := config.UnknownFields([]byte(form2016)); len(fields) > 0 {
		t.Errorf("unknown in the 2016 form: %v", fields)
	}
}

// The generator of 2016 could list one resource with several filters; Parse accepts such documents.
func TestParse2016FormWithRepeatedCheck(t *testing.T) {
	t.Parallel()
	doc := `{"atc": {"url": "http://ci"}, "checks": [{"check": "a/b", "filter": {"uri": "x"}}, {"check": "a/b", "filter": {"uri": "y"}}]}`
	if _, err := config.Parse([]byte(doc)); err != nil {
		t.Error(err)
	}
}

func grown() *config.Config {
	return &config.Config{
		ATC:               config.ATC{URL: "https://ci.example.com/base", Headers: map[string]string{"x-b": "env:B", "x-a": "1"}},
		Secret:            "env:GITHUB_WEBHOOK_SECRET",
		RepositoryAliases: map[string]string{"https://github.com/acme/old": "https://github.com/acme/new"},
		Checks: []config.Check{
			{Check: "z/source", Team: "main", Type: "git", Filter: []byte(`{"uri":"https://github.com/o/r","paths":["a<b>&` + "\u202e" + `"]}`)},
			{
				Check: "a/bucket", Team: "dev", Type: "s3", InstanceVars: map[string]any{"n": 5.0, "branch": "main"}, Scope: "s1",
				WebhookToken: "env:TOKEN", Filter: []byte(`{"bucket":"b","regexp":"x-(.*).tgz"}`),
			},
		},
		Pipelines: []config.Pipeline{
			{ID: 2, Team: "main", Name: "z", LastUpdated: 1700000000},
			{ID: 1, Team: "dev", Name: "a", InstanceVars: map[string]any{"n": 5.0, "branch": "main"}},
			{ID: 3, Team: "main", Name: "p", Paused: true},
		},
		Owed: []config.Owed{{Check: "main/z/source", Due: 1700000060}, {Check: "dev/a/bucket", Due: 1700000000}},
		Held: &config.Held{Teams: []string{"dev"}},
	}
}

// A document of pipelines on disk may lack the ATC's URL. It can be read, but is not valid.
func TestWithoutURL(t *testing.T) {
	t.Parallel()
	written, err := (&config.Config{Checks: []config.Check{}}).Marshal()
	if err != nil || !strings.Contains(string(written), `"atc": {},`) {
		t.Fatalf("wrote %s, error %v", written, err)
	}
	c, err := config.Parse(written)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "atc.url: it is missing; give the ATC's external URL") {
		t.Errorf("error %v", err)
	}
}

func TestMarshalRoundTrip(t *testing.T) {
	t.Parallel()
	first, err := grown().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.Parse(first)
	if err != nil {
		t.Fatalf("%v in\n%s", err, first)
	}
	second, err := c.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(first), string(second)); diff != "" {
		t.Errorf("parsed and marshalled again (-first +second):\n%s", diff)
	}
	if !strings.Contains(string(first), `a<b>&\u202e`) {
		t.Errorf("a filter's text is escaped, or its invisible character is not, in\n%s", first)
	}
}

// The same checks in another order give the same bytes and the same digest.
func TestMarshalIsStable(t *testing.T) {
	t.Parallel()
	a, b := grown(), grown()
	b.Checks[0], b.Checks[1] = b.Checks[1], b.Checks[0]
	b.Pipelines[0], b.Pipelines[1] = b.Pipelines[1], b.Pipelines[0]
	b.Owed[0], b.Owed[1] = b.Owed[1], b.Owed[0]
	first, err := a.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	second, err := b.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(first), string(second)); diff != "" {
		t.Errorf("in another order (-first +second):\n%s", diff)
	}
}

func TestDigest(t *testing.T) {
	t.Parallel()
	digest := func(change func(*config.Config)) string {
		c := grown()
		change(c)
		d, err := config.Digest(c.Checks)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	plain := digest(func(*config.Config) {})
	same := map[string]func(*config.Config){
		"order":        func(c *config.Config) { c.Checks[0], c.Checks[1] = c.Checks[1], c.Checks[0] },
		"owed":         func(c *config.Config) { c.Owed = nil },
		"held":         func(c *config.Config) { c.Held = nil },
		"last_updated": func(c *config.Config) { c.Pipelines[0].LastUpdated++ },
	}
	for name, change := range same {
		if digest(change) != plain {
			t.Errorf("%s changes the digest", name)
		}
	}
	other := map[string]func(*config.Config){
		"filter": func(c *config.Config) { c.Checks[0].Filter = []byte(`{}`) },
		"team":   func(c *config.Config) { c.Checks[0].Team = "other" },
		"vars":   func(c *config.Config) { c.Checks[1].InstanceVars["n"] = "5" },
		"fewer":  func(c *config.Config) { c.Checks = c.Checks[:1] },
	}
	for name, change := range other {
		if digest(change) == plain {
			t.Errorf("%s does not change the digest", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(form2016))
	doc, err := grown().Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(doc)
	f.Add([]byte(`{"checks":[null]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := config.Parse(data)
		if err != nil {
			return
		}
		if _, err := c.Marshal(); err != nil {
			t.Errorf("parsed, but can't be written: %v", err)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	c := grown()
	c.Version = config.CurrentVersion
	check := c.Checks[0]
	c.Checks = nil
	for i := range 50_000 {
		check.Check = "pipeline-" + string(rune('a'+i%26)) + "/resource-" + strings.Repeat("x", i%7) + string(rune('a'+i/26%26)) + string(rune('a'+i/676%26)) + string(rune('a'+i/17576))
		check.Team = "team-" + strings.Repeat("y", i%13)
		c.Checks = append(c.Checks, check)
	}
	doc, err := c.Marshal()
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		c, err := config.Parse(doc)
		if err != nil && !strings.Contains(err.Error(), "the same as") {
			b.Fatal(err)
		}
		_ = c
	}
}
