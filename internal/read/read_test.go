package read_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/concourse/concourse/atc"
	"github.com/google/go-cmp/cmp"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/generate"
	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
	"github.com/dpb587/concourse-resource-endpoints/internal/read"
	"github.com/dpb587/concourse-resource-endpoints/internal/read/atctest"
)

// epoch is the time of the ATCs in these tests.
var epoch = time.Unix(1_700_000_000, 0)

// bearer adds a token to each request.
type bearer string

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(b))
	return http.DefaultTransport.RoundTrip(r)
}

// gitPipeline is a pipeline that was set an hour ago, with one git resource.
func gitPipeline(id int, name string) atctest.Pipeline {
	return atctest.Pipeline{
		Pipeline: atc.Pipeline{ID: id, TeamName: "main", Name: name, LastUpdated: epoch.Add(-time.Hour).Unix()},
		Config:   json.RawMessage(`{"resources":[{"name":"repo","type":"git","source":{"uri":"https://github.com/acme/` + name + `"}}]}`),
	}
}

func newData(pipelines ...atctest.Pipeline) *atctest.Data {
	return &atctest.Data{
		Date:      epoch,
		Users:     map[string]atctest.User{"viewer": {Teams: map[string][]string{"main": {"viewer"}}}},
		Teams:     []string{"main", "other"},
		Pipelines: pipelines,
	}
}

// serve starts the ATC, to be read by a viewer of team main.
func serve(t *testing.T, fake *atctest.ATC) *read.ATC {
	t.Helper()
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	return &read.ATC{
		URL: server.URL, Transport: bearer(atctest.Token("viewer")),
		Wait: func(context.Context, time.Duration) error { return nil },
	}
}

func readAll(t *testing.T, from *read.ATC, o read.Options) *pipeline.Reading {
	t.Helper()
	if o.Settings == "" {
		o.Settings = generate.Settings{}.Digest()
	}
	r, err := from.Read(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// noted are the pipelines of a reading, as a config has them for the next reading.
func noted(r *pipeline.Reading) []config.Pipeline {
	var list []config.Pipeline
	for _, p := range r.Pipelines {
		list = append(list, p.Pipeline)
	}
	return list
}

// configsRead are the pipelines whose configs were requested since the last call.
func configsRead(fake *atctest.ATC) []string {
	names := []string{}
	for _, r := range fake.Requests() {
		if _, rest, ok := strings.Cut(r, "/pipelines/"); ok {
			name, _, _ := strings.Cut(rest, "/")
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// A pipeline may be renamed to anything, and .. in a path is another path. It is left out alone, and nothing is asked about it.
func TestReadNames(t *testing.T) {
	t.Parallel()
	slash := gitPipeline(3, "x")
	slash.Name = "p/x"
	up := gitPipeline(4, "x")
	up.Name = ".."
	fake := atctest.Holding(newData(gitPipeline(1, "a"), up, slash))
	r := readAll(t, serve(t, fake), read.Options{})
	var got []string
	for _, l := range r.LeftOut {
		got = append(got, l.Name+": "+l.Reason)
	}
	want := []string{
		`main/"p/x": the pipeline's name "p/x" has a slash, so that PIPELINE/RESOURCE could be that of another: rename it`,
		`main/..: the pipeline's name is "..", which can't be in a URL: rename it`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a"}, configsRead(fake)); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
}

// Concourse's router reads a + in a path as a blank.
func TestReadPlus(t *testing.T) {
	t.Parallel()
	plus := gitPipeline(1, "a")
	plus.Name = "a+b"
	fake := atctest.Holding(newData(plus))
	fake.Answer = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.EscapedPath(), "+") {
			http.NotFound(w, r)
			return true
		}
		return false
	}
	if r := readAll(t, serve(t, fake), read.Options{}); len(r.Pipelines) != 1 || r.Pipelines[0].Name != "a+b" || len(r.Pipelines[0].Resources) == 0 {
		t.Errorf("read %+v, left out %v", r.Pipelines, r.LeftOut)
	}
}

func TestReadAgainOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(d *atctest.Data, o *read.Options)
		want   []string
	}{
		{"nothing changed", func(*atctest.Data, *read.Options) {}, []string{}},
		{"one was set", func(d *atctest.Data, _ *read.Options) { d.Pipelines[1].LastUpdated++ }, []string{"b"}},
		{"one was made again", func(d *atctest.Data, _ *read.Options) { d.Pipelines[1].ID = 9 }, []string{"b"}},
		{"one was renamed", func(d *atctest.Data, _ *read.Options) { d.Pipelines[1].Name = "c" }, []string{"c"}},
		{"one is new", func(d *atctest.Data, _ *read.Options) { d.Pipelines = append(d.Pipelines, gitPipeline(3, "c")) }, []string{"c"}},
		{"one is gone", func(d *atctest.Data, _ *read.Options) { d.Pipelines = d.Pipelines[:1] }, []string{}},
		{"the settings changed", func(_ *atctest.Data, o *read.Options) {
			o.Settings = generate.Settings{WebhookToken: "env:TOKEN"}.Digest()
		}, []string{"a", "b"}},
		{"global resources were turned on", func(d *atctest.Data, _ *read.Options) { d.GlobalResources = true }, []string{"a", "b"}},
		{"another document", func(_ *atctest.Data, o *read.Options) { o.Previous = nil }, []string{"a", "b"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			data := newData(gitPipeline(1, "a"), gitPipeline(2, "b"))
			fake := atctest.Holding(data)
			from := serve(t, fake)
			o := read.Options{Previous: noted(readAll(t, from, read.Options{}))}
			if diff := cmp.Diff([]string{"a", "b"}, configsRead(fake)); diff != "" {
				t.Fatalf("read at first (-want +got):\n%s", diff)
			}
			test.change(data, &o)
			readAll(t, from, o)
			if diff := cmp.Diff(test.want, configsRead(fake)); diff != "" {
				t.Errorf("read again (-want +got):\n%s", diff)
			}
		})
	}
}

// last_updated is in whole seconds: a pipeline that was set within the last two seconds may be set again without another
// last_updated.
func TestReadAgainWhatIsFresh(t *testing.T) {
	t.Parallel()
	for age, again := range map[time.Duration]bool{
		0: true, time.Second: true, 2 * time.Second: false, time.Hour: false,
		-time.Hour: true, // another web node's clock is ahead
	} {
		t.Run(age.String(), func(t *testing.T) {
			t.Parallel()
			data := newData(gitPipeline(1, "a"))
			data.Pipelines[0].LastUpdated = epoch.Add(-age).Unix()
			fake := atctest.Holding(data)
			from := serve(t, fake)
			first := readAll(t, from, read.Options{})
			fake.Requests()
			data.Date = epoch.Add(time.Minute)
			readAll(t, from, read.Options{Previous: noted(first)})
			if got := len(configsRead(fake)) > 0; got != again {
				t.Errorf("set %s before the reading: read again: %v, want %v", age, got, again)
			}
		})
	}
}

// If a pipeline was set just now, a short wait makes sure that the next sync need not read it again, and gives the same
// document.
func TestWaitForWhatIsFresh(t *testing.T) {
	t.Parallel()
	data := newData(gitPipeline(1, "a"))
	data.Pipelines[0].LastUpdated = epoch.Unix()
	fake := atctest.Holding(data)
	from := serve(t, fake)
	from.Wait = func(_ context.Context, d time.Duration) error {
		data.Date = data.Date.Add(d)
		return nil
	}
	first := readAll(t, from, read.Options{})
	if got := first.Pipelines[0].LastUpdated; got != epoch.Unix() {
		t.Errorf("last_updated is noted as %d, want %d", got, epoch.Unix())
	}
	if got, want := configsRead(fake), []string{"a"}; !slices.Equal(got, want) {
		t.Errorf("configs read: %v, want %v", got, want)
	}
}

// A quick reading needs only one request if nothing changed.
func TestReadQuick(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(d *atctest.Data, o *read.Options)
		quick  bool
	}{
		{"nothing changed", func(*atctest.Data, *read.Options) {}, true},
		{"one of two teams", func(_ *atctest.Data, o *read.Options) { o.Teams = []string{"main"} }, true},
		{"one was set", func(d *atctest.Data, _ *read.Options) { d.Pipelines[1].LastUpdated++ }, false},
		{"one is new", func(d *atctest.Data, _ *read.Options) { d.Pipelines = append(d.Pipelines, gitPipeline(3, "c")) }, false},
		{"one is gone", func(d *atctest.Data, _ *read.Options) { d.Pipelines = d.Pipelines[:1] }, false},
		{"one was paused", func(d *atctest.Data, _ *read.Options) { d.Pipelines[1].Paused = true }, false},
		{"the settings changed", func(_ *atctest.Data, o *read.Options) {
			o.Settings = generate.Settings{WebhookToken: "env:TOKEN"}.Digest()
		}, false},
		{"nothing is known", func(_ *atctest.Data, o *read.Options) { o.Previous = nil }, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			data := newData(gitPipeline(1, "a"), gitPipeline(2, "b"))
			fake := atctest.Holding(data)
			from := serve(t, fake)
			o := read.Options{Quick: true, Previous: noted(readAll(t, from, read.Options{}))}
			test.change(data, &o)
			fake.Requests()
			quick := readAll(t, from, o)
			if got := len(fake.Requests()) == 1; got != test.quick {
				t.Errorf("one request: %t, want %t", got, test.quick)
			}
			o.Quick = false
			if diff := cmp.Diff(noted(readAll(t, from, o)), noted(quick)); diff != "" {
				t.Errorf("reading in full (-) and quickly (+) differ:\n%s", diff)
			}
		})
	}
}

// A paused pipeline that is left out is known, too: a quick reading needs one request until it is not paused any more.
func TestReadQuickWithPaused(t *testing.T) {
	t.Parallel()
	data := newData(gitPipeline(1, "a"), gitPipeline(2, "b"))
	data.Pipelines[1].Paused = true
	fake := atctest.Holding(data)
	from := serve(t, fake)
	first := readAll(t, from, read.Options{})
	o := read.Options{Quick: true, Previous: append(noted(first), first.Paused...)}
	for range 2 {
		fake.Requests()
		r := readAll(t, from, o)
		if n := len(fake.Requests()); n != 1 || len(r.Pipelines) != 1 || len(r.Paused) != 1 {
			t.Errorf("%d requests, read %+v", n, r)
		}
	}
	data.Pipelines[1].Paused = false
	if r := readAll(t, from, o); len(r.Pipelines) != 2 || !slices.Equal(configsRead(fake), []string{"b"}) {
		t.Errorf("not paused any more: read %+v", r)
	}
}

// Of the known pipelines of a team that the login can't read, Concourse says whether they exist. It is asked until one does.
func TestReadGone(t *testing.T) {
	t.Parallel()
	ofOther := func(id int, name string) atctest.Pipeline {
		p := gitPipeline(id, name)
		p.TeamName = "other"
		return p
	}
	for name, test := range map[string]struct {
		left []atctest.Pipeline
		want []string
		asks int
	}{
		"the login lost its role": {[]atctest.Pipeline{ofOther(2, "b"), ofOther(3, "c")}, nil, 1},
		"the team was destroyed":  {nil, []string{"other/b", "other/c"}, 2},
		"one was destroyed":       {[]atctest.Pipeline{ofOther(3, "c")}, []string{"other/b"}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := newData(gitPipeline(1, "a"), ofOther(2, "b"), ofOther(3, "c"))
			data.Users["viewer"] = atctest.User{Teams: map[string][]string{"main": {"viewer"}, "other": {"viewer"}}}
			fake := atctest.Holding(data)
			from := serve(t, fake)
			o := read.Options{Previous: noted(readAll(t, from, read.Options{}))}
			data.Users["viewer"] = atctest.User{Teams: map[string][]string{"main": {"viewer"}}}
			data.Pipelines = append(data.Pipelines[:1:1], test.left...)
			configsRead(fake)
			r := readAll(t, from, o)
			if diff := cmp.Diff(test.want, r.Gone); diff != "" {
				t.Errorf("gone (-want +got):\n%s", diff)
			}
			if asked := configsRead(fake); len(asked) != test.asks {
				t.Errorf("asked about %v", asked)
			}
		})
	}
}

// If global resources were on, a quick reading asks whether they still are: once off, one check serves one resource only.
func TestReadQuickWithGlobalResources(t *testing.T) {
	t.Parallel()
	data := newData(gitPipeline(1, "a"))
	data.GlobalResources = true
	data.ResourceTypes = []atc.WorkerResourceType{{Type: "git"}}
	fake := atctest.Holding(data)
	from := serve(t, fake)
	o := read.Options{Quick: true, Previous: noted(readAll(t, from, read.Options{}))}
	fake.Requests()
	if r := readAll(t, from, o); !r.Pipelines[0].Unchanged {
		t.Error("read again although nothing changed")
	}
	want := []string{"GET /api/v1/pipelines", "GET /api/v1/info"}
	if diff := cmp.Diff(want, fake.Requests()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	data.GlobalResources = false
	if r := readAll(t, from, o); r.Pipelines[0].Unchanged {
		t.Error("not read again without global resources")
	}
}

// An unchanged pipeline keeps its checks from the previous document.
func TestUnchangedPipelineKeepsItsChecks(t *testing.T) {
	t.Parallel()
	data := newData(gitPipeline(1, "a"), gitPipeline(2, "b"))
	data.Pipelines[0].InstanceVars = atc.InstanceVars{"n": 5.0, "branch": "x"}
	from := serve(t, atctest.Holding(data))
	reading := readAll(t, from, read.Options{})
	first, err := generate.Generate(reading, generate.Settings{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	written, err := first.Config.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	previous, err := config.Parse(written)
	if err != nil {
		t.Fatal(err)
	}
	second, err := generate.Generate(readAll(t, from, read.Options{Previous: previous.Pipelines}), generate.Settings{}, previous)
	if err != nil {
		t.Fatal(err)
	}
	again, err := second.Config.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(written), string(again)); diff != "" {
		t.Errorf("written again (-first +second):\n%s", diff)
	}
	if n := len(second.Config.Checks); n != 2 {
		t.Errorf("%d checks, want 2", n)
	}
}

func TestReadWhichPipelines(t *testing.T) {
	t.Parallel()
	data := newData()
	for i, change := range map[string]func(*atctest.Pipeline){
		"active":    func(*atctest.Pipeline) {},
		"archived":  func(p *atctest.Pipeline) { p.Archived, p.Paused = true, true },
		"paused":    func(p *atctest.Pipeline) { p.Paused = true },
		"public":    func(p *atctest.Pipeline) { p.TeamName, p.Public = "other", true },
		"forbidden": func(p *atctest.Pipeline) { p.Status = http.StatusForbidden },
		"vanished":  func(p *atctest.Pipeline) { p.Status = http.StatusNotFound },
	} {
		p := gitPipeline(1, i)
		change(&p)
		data.Pipelines = append(data.Pipelines, p)
	}
	from := serve(t, atctest.Holding(data))
	for paused, want := range map[bool][]string{false: {"main/active"}, true: {"main/active", "main/paused"}} {
		r := readAll(t, from, read.Options{Paused: paused})
		var got []string
		for _, p := range r.Pipelines {
			got = append(got, p.String())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("paused %v: pipelines (-want +got):\n%s", paused, diff)
		}
		if diff := cmp.Diff([]string{"main"}, r.Teams); diff != "" {
			t.Errorf("teams (-want +got):\n%s", diff)
		}
		var left []string
		for _, p := range r.Paused {
			left = append(left, p.String())
		}
		if got := strings.Join(left, " "); paused != (got == "") || got != "" && got != "main/paused" {
			t.Errorf("paused %v: left out as paused are %v", paused, left)
		}
		if diff := cmp.Diff([]string{"main/forbidden"}, r.Unreadable); diff != "" {
			t.Errorf("unreadable (-want +got):\n%s", diff)
		}
		if len(r.LeftOut) != 1 || r.LeftOut[0].Name != "main/forbidden" || !strings.Contains(r.LeftOut[0].Reason, "viewer role") {
			t.Errorf("left out: %v", r.LeftOut)
		}
	}
}

// Concourse hides from a login the teams in which it has no role, so a team that was asked for by name must be there.
func TestReadTeams(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		user  atctest.User
		teams []string
		want  string
		err   string
	}{
		"an admin's":            {user: atctest.User{Admin: true}, want: "[main other]"},
		"a member's":            {user: atctest.User{Teams: map[string][]string{"other": {"member"}}}, want: "[other]"},
		"one of several":        {user: atctest.User{Admin: true}, teams: []string{"other"}, want: "[other]"},
		"without a role":        {user: atctest.User{Teams: map[string][]string{"other": {}}}, err: "no role in any team"},
		"one without a role":    {user: atctest.User{Teams: map[string][]string{"other": {"member"}}}, teams: []string{"main"}, err: `can't read team "main"`},
		"one that is not there": {user: atctest.User{Admin: true}, teams: []string{"main", "mian"}, want: "[main]"}, // generate tells
		"all not there":         {user: atctest.User{Admin: true}, teams: []string{"mian"}, err: `can't read team "mian"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := newData()
			data.Users["viewer"] = test.user
			r, err := serve(t, atctest.Holding(data)).Read(t.Context(), read.Options{Teams: test.teams})
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Fatalf("error %v, want %q in it", err, test.err)
				}
				return
			}
			if err != nil || fmt.Sprint(r.Teams) != test.want || !slices.Equal(r.Wanted, test.teams) {
				t.Errorf("teams %v, error %v, want %s", r, err, test.want)
			}
		})
	}
}

func TestReadStopsAtTheFirstError(t *testing.T) {
	t.Parallel()
	data := newData()
	for i := range 200 {
		p := gitPipeline(i, fmt.Sprintf("p%d", i))
		p.Status = http.StatusInternalServerError
		data.Pipelines = append(data.Pipelines, p)
	}
	fake := atctest.Holding(data)
	_, err := serve(t, fake).Read(t.Context(), read.Options{})
	if err == nil || !strings.Contains(err.Error(), "reading the config of pipeline main/p") || !strings.HasSuffix(err.Error(), "the answer is 500 Internal Server Error") {
		t.Errorf("error %q", err)
	}
	if n := len(configsRead(fake)); n == 0 || n > 100 {
		t.Errorf("%d configs of 200 were asked for after the first failed", n)
	}
}

// One pipeline that is not in order never loses the others. All of them, or the first ones, are more than that.
func TestReadBroken(t *testing.T) {
	t.Parallel()
	const config = "/api/v1/teams/main/pipelines/b/config"
	own := func(status int, body string) func(w http.ResponseWriter, r *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != config {
				return false
			}
			w.Header().Set("X-Concourse-Version", "7.14.2")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
			return true
		}
	}
	resources := `[{"name":"repo","type":"git"},{"name":"other","type":5,"source":"hunter2"}]`
	for name, test := range map[string]struct {
		pipelines []string
		answer    func(http.ResponseWriter, *http.Request) bool
		read      string
		left, err string
	}{
		"an error":             {[]string{"a", "b"}, own(500, "hunter2"), "main/a", "main/b: the answer is 500 Internal Server Error", ""},
		"not JSON":             {[]string{"a", "b"}, own(200, "hunter2"), "main/a", "main/b: the answer is not the JSON of Concourse's API", ""},
		"no config":            {[]string{"a", "b"}, own(200, "{}"), "main/a", "main/b: its config: it is empty", ""},
		"another shape":        {[]string{"a", "b"}, own(200, `{"config":{"resources":"hunter2"}}`), "main/a", "main/b: its config: resources: a string where an array is expected", ""},
		"one of its resources": {[]string{"a", "b"}, own(200, `{"config":{"resources":`+resources+`}}`), "main/a main/b", "main/b/other: source: a string where an object is expected", ""},
		"a step of later":      {[]string{"a", "b"}, own(200, `{"config":{"jobs":[{"plan":[{"fetch":"repo"}]}]}}`), "main/a main/b", "", ""},
		"the only one":         {[]string{"b"}, own(500, ""), "", "", "reading the config of pipeline main/b: the answer is 500 Internal Server Error"},
		"one of a proxy's":     {[]string{"a", "b"}, func(w http.ResponseWriter, r *http.Request) bool { return r.URL.Path == config && proxyError(w) }, "", "", "reading the config of pipeline main/b: the answer is 500 Internal Server Error"},
		"without the role":     {[]string{"a", "b"}, own(403, ""), "main/a", "main/b: the login needs the viewer role in its team to read its config", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := newData()
			for i, name := range test.pipelines {
				data.Pipelines = append(data.Pipelines, gitPipeline(i+1, name))
			}
			fake := atctest.Holding(data)
			fake.Answer = test.answer
			r, err := serve(t, fake).Read(t.Context(), read.Options{})
			if test.err != "" {
				if err == nil || err.Error() != test.err {
					t.Errorf("error %v, want %s", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var names, left []string
			for _, p := range r.Pipelines {
				names = append(names, p.String())
			}
			for _, l := range r.LeftOut {
				left = append(left, l.Name+": "+l.Reason)
			}
			if got := strings.Join(names, " "); got != test.read || strings.Join(left, "\n") != test.left {
				t.Errorf("read %s, want %s; left out %q, want %q", got, test.read, left, test.left)
			}
			if gone := len(names) < len(test.pipelines); gone != slices.Equal(r.Unreadable, []string{"main/b"}) || gone && (len(r.Broken) == 1) == strings.Contains(test.left, "viewer role") {
				t.Errorf("unreadable %v, broken %v", r.Unreadable, r.Broken)
			}
		})
	}
}

// proxyError answers 500 in place of the ATC.
func proxyError(w http.ResponseWriter) bool {
	http.Error(w, "oops", http.StatusInternalServerError)
	return true
}

// An instance's config is found by its vars, and the jobs say how each resource is used.
func TestReadConfig(t *testing.T) {
	t.Parallel()
	instance := gitPipeline(1, "a")
	instance.InstanceVars = atc.InstanceVars{"branch": "main", "n": 5.0, "nested": map[string]any{"k": "a+b"}}
	instance.Config = json.RawMessage(`{"resources":[{"name":"repo","type":"git"},{"name":"out","type":"s3"}],"jobs":[{"plan":[{"get":"repo"},{"put":"out"}]}]}`)
	r := readAll(t, serve(t, atctest.Holding(newData(instance))), read.Options{})
	if len(r.Pipelines) != 1 || len(r.Pipelines[0].Resources) != 2 {
		t.Fatalf("read %+v", r)
	}
	if got := r.Pipelines[0].Resources; got[0].Role != config.Input || got[1].Role != config.PutOnly {
		t.Errorf("roles %s and %s", got[0].Role, got[1].Role)
	}
}

// A request that fails once, in a way that may pass, is sent again. What only a proxy says of a pipeline, time and again, fails the
// reading: it must not look as if the pipeline were gone.
func TestReadTriesAgain(t *testing.T) {
	t.Parallel()
	status := func(code int, header ...string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			http.Error(w, "default backend", code)
		}
	}
	reset := func(http.ResponseWriter) { panic(http.ErrAbortHandler) }
	cutOff := func(w http.ResponseWriter) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte(`{"config":`))
	}
	for name, test := range map[string]struct {
		path  string
		times int // how often it fails
		fail  func(http.ResponseWriter)
		err   string
	}{
		"one 429":              {"/api/v1/pipelines", 1, status(429, "Retry-After", "1"), ""},
		"one 502":              {"/api/v1/teams/main/pipelines/a/config", 1, status(502), ""},
		"one 503 in HTML":      {"/api/v1/teams", 1, status(503, "Content-Type", "text/html"), ""},
		"three 504":            {"/api/v1/info", 3, status(504), ""},
		"one reset":            {"/api/v1/teams/main/pipelines/a/config", 1, reset, ""},
		"one answer cut off":   {"/api/v1/teams/main/pipelines/a/config", 1, cutOff, ""},
		"a proxy's 404":        {"/api/v1/teams/main/pipelines/a/config", 1, status(404), ""},
		"a proxy's 404s":       {"/api/v1/teams/main/pipelines/a/config", 100, status(404), "pipeline main/a: the answer is 404 Not Found, and not from Concourse"},
		"502 all the time":     {"/api/v1/pipelines", 100, status(502), "the answer is 502 Bad Gateway"},
		"one 500":              {"/api/v1/pipelines", 1, status(500), "the answer is 500 Internal Server Error"},
		"Concourse's 404":      {"/api/v1/teams/main/pipelines/a/config", 100, status(404, "X-Concourse-Version", "7.14.2"), "gone"},
		"Concourse's 404 once": {"/api/v1/teams/main/pipelines/a/config", 1, status(404, "X-Concourse-Version", "7.14.2"), "gone"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var failed atomic.Int32
			fake := atctest.Holding(newData(gitPipeline(1, "a"), gitPipeline(2, "b")))
			fake.Answer = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path != test.path || int(failed.Add(1)) > test.times {
					return false
				}
				test.fail(w)
				return true
			}
			r, err := serve(t, fake).Read(t.Context(), read.Options{})
			want := 2
			if test.err == "gone" {
				want, test.err = 1, ""
			}
			switch {
			case test.err == "" && (err != nil || len(r.Pipelines) != want):
				t.Errorf("read %+v, error %v, want %d pipelines", r, err, want)
			case test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)):
				t.Errorf("error %v, want %q in it", err, test.err)
			}
		})
	}
}

func TestReadIsCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	fake := atctest.Holding(newData(gitPipeline(1, "a"), gitPipeline(2, "b")))
	fake.Answer = func(_ http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/config") {
			return false
		}
		cancel()
		<-r.Context().Done() // hang until the client hangs up
		return true
	}
	if _, err := serve(t, fake).Read(ctx, read.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want it to be cancelled", err)
	}
}

func TestReadProgress(t *testing.T) {
	t.Parallel()
	var told []string
	r := readAll(t, serve(t, atctest.Holding(newData(gitPipeline(1, "a"), gitPipeline(2, "b")))), read.Options{
		Progress: func(done, of int) { told = append(told, fmt.Sprintf("%d/%d", done, of)) },
	})
	if diff := cmp.Diff([]string{"1/2", "2/2"}, told); diff != "" || len(r.Pipelines) != 2 {
		t.Errorf("told of %d pipelines (-want +got):\n%s", len(r.Pipelines), diff)
	}
}
