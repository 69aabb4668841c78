package generate_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/generate"
	"github.com/dpb587/concourse-resource-endpoints/internal/match"
	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
	"github.com/dpb587/concourse-resource-endpoints/internal/publish"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
	"github.com/dpb587/concourse-resource-endpoints/internal/syncing"
)

// A viewer can read every secret in a source, but neither the document nor a report about it holds one.
func TestNoSecretIsPublished(t *testing.T) {
	t.Parallel()
	const planted = "s3cr3t"
	nested := map[string]any{"proxy_user": planted, "proxy_password": planted, "proxy_host": "p", "proxy_port": "1"}
	sources := map[string][]resource.Source{
		"git": {
			{"uri": "https://user:" + planted + "@github.com/acme/app", "private_key": planted, "username": "u", "password": planted},
			{"uri": "https://" + planted + "@github.com/acme/app", "git_crypt_key": planted, "https_tunnel": nested},
			{"uri": "https://github.com/acme/app", "git_config": []any{map[string]any{"name": "http.extraHeader", "value": "Authorization: " + planted}}},
			{"uri": "https://github.com/acme/app?token=" + planted},
			{"uri": "ssh://user:" + planted + "@github.com/acme/app.git", "commit_verification_keys": []any{planted}, "private_key_passphrase": planted},
			{"uri": "((base))/acme/app", "private_key_user": planted},
			{"uri": "https://github.com/acme/app", "git_config": []any{map[string]any{"name": "url.https://x:" + planted + "@mirror.example.com/.insteadOf", "value": "https://github.com/"}}},
			{"uri": map[string]any{"x": planted}},
			{"uri": "https://github.com/acme/app", "branch": []any{planted}},
			{"uri": "https://github.com/acme/app", "tag_regex": "(", "password": planted},
		},
		"s3": {
			{"bucket": "b", "regexp": "a-(.*)", "access_key_id": planted, "secret_access_key": planted, "session_token": planted, "sse_kms_key_id": planted},
			{"bucket": "b", "regexp": "(", "secret_access_key": planted},
			{"bucket": "b", "versioned_file": "f", "endpoint": "https://u:" + planted + "@s3.example.com", "cloudfront_url": "https://u:" + planted + "@x"},
		},
		"semver": {
			{"driver": "s3", "bucket": "b", "key": "version", "secret_access_key": planted},
			{"driver": "git", "uri": "https://u:" + planted + "@github.com/a/b", "branch": "v", "file": "version", "private_key": planted},
			{"driver": "gcs", "bucket": "b", "key": "version", "json_key": `{"private_key":"` + planted + `"}`},
			{"driver": planted},
		},
		"registry-image": {{"repository": "acme/app", "username": "u", "password": planted, "aws_secret_access_key": planted, "content_trust": map[string]any{"repository_key": planted}}},
		"docker-image":   {{"repository": "acme/app", "password": planted, "ca_certs": []any{map[string]any{"cert": planted}}}},
		"github-release": {{"owner": "acme", "repository": "app", "access_token": planted}},
		"pool":           {{"uri": "https://u:" + planted + "@github.com/a/b", "branch": "m", "pool": "p", "private_key": planted}},
		"gcs":            {{"bucket": "b", "regexp": "a-(.*)", "json_key": planted}},
		"made-up":        {{"token": planted}},
	}
	f := syncing.PipelineOptions{Var: []string{"other=" + planted}, TypeAliases: syncing.Pairs{{Name: "mine", Value: "git"}}}
	settings, err := f.Settings(syncing.Flag)
	if err != nil {
		t.Fatal(err)
	}
	settings.Defaults = map[string]resource.Source{"git": {"password": planted}}
	p := pipeline.Pipeline{
		Pipeline: config.Pipeline{ID: 1, Team: "main", Name: "p"},
		Types: map[string]pipeline.CustomType{
			"mine": {Name: "mine", Type: "registry-image", Source: resource.Source{"repository": "x/y", "password": planted}, Defaults: resource.Source{"password": planted}},
			"pr":   {Name: "pr", Type: "registry-image", Source: resource.Source{"repository": "u:" + planted + "@teliaoss/github-pr-resource", "password": planted}},
		},
	}
	add := func(typeName string, s resource.Source) {
		name := typeName + string(rune('a'+len(p.Resources)))
		p.Resources = append(p.Resources, pipeline.Resource{Name: name, Type: typeName, Source: s, WebhookToken: planted})
	}
	for typeName, list := range sources {
		for _, s := range list {
			add(typeName, s)
		}
	}
	add("mine", resource.Source{"uri": "https://github.com/acme/app"})
	add("pr", resource.Source{"repository": "acme/app", "access_token": planted})

	reading := &pipeline.Reading{
		URL: "https://ci.example.com", Pipelines: []pipeline.Pipeline{p}, GlobalResources: true,
		UniqueHistory: map[string]bool{"git": false, "s3": false, "semver": false, "registry-image": false},
	}
	g, err := generate.Generate(reading, settings, nil)
	if err != nil {
		t.Fatal(err)
	}
	document, err := g.Config.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for _, said := range []any{string(document), g.LeftOut, generate.Cover(reading, settings), publish.NewPlan(nil, g.Config).Changes} {
		text, err := json.Marshal(said)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), planted) {
			t.Errorf("a secret is in %T:\n%s", said, text)
		}
	}
	if len(g.Config.Checks) < 12 || len(g.LeftOut) < 4 {
		t.Errorf("only %d checks, and %d left out: %v", len(g.Config.Checks), len(g.LeftOut), g.LeftOut)
	}
	for _, c := range g.Config.Checks {
		if c.Scope != "" {
			t.Errorf("%s has a scope, which is a hash of a source that holds a secret", c.Name())
		}
	}
}

// typed makes the check of a resource with the given type; its Type is "" if that type is not served.
func typed(t *testing.T, name string, types map[string]pipeline.CustomType, source resource.Source, s generate.Settings) config.Check {
	t.Helper()
	g := generated(t, pipeline.Pipeline{Resources: []pipeline.Resource{{Name: "r", Type: name, Source: source}}, Types: types}, s)
	if len(g.Config.Checks) == 0 {
		t.Logf("left out: %v", g.LeftOut)
		return config.Check{}
	}
	return g.Config.Checks[0]
}

func TestTypes(t *testing.T) {
	t.Parallel()
	image := func(name, repository string) map[string]pipeline.CustomType {
		return map[string]pipeline.CustomType{name: {Name: name, Type: "registry-image", Source: resource.Source{"repository": repository}}}
	}
	ownImage := map[string]pipeline.CustomType{"registry-image": {
		Name: "registry-image", Type: "registry-image", Defaults: resource.Source{"repository": "concourse/git-resource"},
	}}
	aliased := generate.Settings{TypeAliases: map[string]string{"mine": "git"}}
	resolving := syncing.PipelineOptions{Var: []string{"image=concourse/git-resource"}}
	resolved, err := resolving.Settings(syncing.Flag)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		typeName string
		types    map[string]pipeline.CustomType
		settings generate.Settings
		want     string
	}{
		"a base type":                   {typeName: "git", want: "git"},
		"a type of another name":        {typeName: "mine"},
		"an alias":                      {typeName: "mine", settings: aliased, want: "git"},
		"a declared type by its image":  {typeName: "fork", types: image("fork", "registry.example.com/concourse/git-resource"), want: "git"},
		"a declared type of an alias":   {typeName: "mine", types: image("mine", "acme/unknown"), settings: aliased, want: "git"},
		"an image of its own name":      {typeName: "registry-image", types: ownImage}, // its defaults are for its resources, not for its image
		"git that is not git":           {typeName: "git", types: image("git", "acme/unknown")},
		"an image that is a var":        {typeName: "fork", types: image("fork", "((image))")},
		"an image that a flag resolves": {typeName: "fork", types: image("fork", "((image))"), settings: resolved, want: "git"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := typed(t, test.typeName, test.types, resource.Source{"uri": "https://github.com/acme/app"}, test.settings)
			if got.Type != test.want {
				t.Errorf("type %q, want %q", got.Type, test.want)
			}
		})
	}
}

// A source takes missing fields from its type's defaults; a field of its own replaces the default's whole value.
func TestDefaults(t *testing.T) {
	t.Parallel()
	own := map[string]pipeline.CustomType{"mine": {
		Name: "mine", Type: "registry-image", Source: resource.Source{"repository": "concourse/git-resource"},
		Defaults: resource.Source{"uri": "https://((host))/acme/own", "branch": "own"},
	}}
	flags := syncing.PipelineOptions{
		Var:              []string{"host=git.example.com"},
		BaseDefaultsFile: write(t, "defaults.yml", "git: {uri: 'https://((host))/acme/base', branch: base, paths: [a]}\nregistry-image: {insecure: true}\n"),
	}
	settings, err := flags.Settings(syncing.Flag)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		typeName string
		source   resource.Source
		want     string
	}{
		"a base type's":        {"git", nil, `{"uri":"https://git.example.com/acme/base","branch":"base","paths":["a"]}`},
		"a base type's, below": {"git", resource.Source{"branch": "x", "paths": []any{"b"}}, `{"uri":"https://git.example.com/acme/base","branch":"x","paths":["b"]}`},
		"the pipeline's own":   {"mine", resource.Source{"paths": []any{"b"}}, `{"uri":"https://git.example.com/acme/own","branch":"own","paths":["b"]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, string(typed(t, test.typeName, own, test.source, settings).Filter)); diff != "" {
				t.Errorf("filter (-want +got):\n%s", diff)
			}
		})
	}
}

// A sync keeps what only the operator sets.
func TestGenerateKeepsHeadersAndSecret(t *testing.T) {
	t.Parallel()
	previous := &config.Config{
		ATC: config.ATC{URL: "https://old.example.com", Headers: map[string]string{"x-proxy": "env:P"}}, Secret: "env:HOOK",
		Checks: []config.Check{{Check: "gone/r", Filter: []byte(`{}`)}},
	}
	g, err := generate.Generate(&pipeline.Reading{URL: "https://ci.example.com"}, generate.Settings{}, previous)
	if err != nil {
		t.Fatal(err)
	}
	want := &config.Config{
		ATC: config.ATC{URL: "https://ci.example.com", Headers: map[string]string{"x-proxy": "env:P"}}, Secret: "env:HOOK", Checks: []config.Check{},
	}
	if diff := cmp.Diff(want, g.Config); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWebhookToken(t *testing.T) {
	t.Parallel()
	g := generated(t, pipeline.Pipeline{Resources: []pipeline.Resource{
		{Name: "with", Type: "git", Source: resource.Source{"uri": "https://github.com/acme/app"}, WebhookToken: "((hook))"},
		{Name: "without", Type: "git", Source: resource.Source{"uri": "https://github.com/acme/app"}},
	}}, generate.Settings{WebhookToken: "ssm:/ci/{team}/{pipeline}/{resource}"})
	got := map[string]string{}
	for _, c := range g.Config.Checks {
		got[c.Name()] = c.WebhookToken
	}
	if diff := cmp.Diff(map[string]string{"main/p/with": "ssm:/ci/main/p/with", "main/p/without": ""}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// A pipeline's author does not choose which secret is read.
	for _, name := range []string{"../../other/token", "x#password"} {
		g := generated(t, pipeline.Pipeline{Resources: []pipeline.Resource{
			{Name: name, Type: "git", Source: resource.Source{"uri": "https://github.com/acme/app"}, WebhookToken: "((hook))"},
		}}, generate.Settings{WebhookToken: "secretsmanager:ci/{resource}"})
		if len(g.Config.Checks) > 0 || len(g.LeftOut) != 1 {
			t.Errorf("%s: %v, left out %v", name, g.Config.Checks, g.LeftOut)
		}
	}
}

// Names that would print alike are two resources, and one that can't be asked to check is left out alone.
func TestGenerateNames(t *testing.T) {
	t.Parallel()
	named := func(team, name string, vars map[string]any, resources ...string) pipeline.Pipeline {
		p := pipeline.Pipeline{Pipeline: config.Pipeline{ID: 1, Team: team, Name: name, InstanceVars: vars}}
		for _, r := range resources {
			p.Resources = append(p.Resources, pipeline.Resource{Name: r, Type: "git", Source: resource.Source{"uri": "https://github.com/acme/app"}})
		}
		return p
	}
	previous := &config.Config{ATC: config.ATC{URL: "https://ci.example.com"}, Checks: []config.Check{
		{Check: "typo", Team: "main", Filter: []byte(`{}`)}, {Check: "app/..", Team: "lost", Filter: []byte(`{}`)},
	}}
	g, err := generate.Generate(&pipeline.Reading{URL: "https://ci.example.com", Teams: []string{"main"}, Pipelines: []pipeline.Pipeline{
		named("main", "p", map[string]any{"a": "b"}, "r"),
		named("main", "p", nil, "a:b/r", "..", "x\nplan: 0 to add\x1b[2K"),
		named("main", "p/a:b", nil, "r"),
		named("..", "p", nil, "r"),
	}}, generate.Settings{}, previous)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range g.Config.Checks {
		got = append(got, c.Name())
	}
	for _, l := range g.LeftOut {
		got = append(got, "left out: "+l.Name+": "+l.Reason)
	}
	want := []string{
		`main/p/"a:b/r"`,
		`main/p/"x\nplan: 0 to add\x1b[2K"`,
		`main/p/a:b/r`,
		`left out: main/"typo": the published config has it, but check "typo" is not of the form pipeline/resource`,
		`left out: lost/"app/..": the published config has it, but the resource's name is "..", which can't be in a URL: rename it`,
		`left out: main/p/..: the resource's name is "..", which can't be in a URL: rename it`,
		`left out: main/"p/a:b"/r: the pipeline's name "p/a:b" has a slash, so that PIPELINE/RESOURCE could be that of another: rename it`,
		`left out: ../p/r: the team's name is "..", which can't be in a URL: rename it`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if g.Config.Held != nil {
		t.Errorf("held: %v", g.Config.Held.Teams)
	}
}

func TestGenerateTwice(t *testing.T) {
	t.Parallel()
	p := pipeline.Pipeline{Pipeline: config.Pipeline{Team: "main", Name: "p", InstanceVars: map[string]any{"a": 1.0}}}
	_, err := generate.Generate(&pipeline.Reading{Pipelines: []pipeline.Pipeline{p, p}}, generate.Settings{}, nil)
	if err == nil || err.Error() != "pipeline main/p/a:1 is given twice" {
		t.Errorf("error %v", err)
	}
}

func TestCover(t *testing.T) {
	t.Parallel()
	reading := &pipeline.Reading{
		LeftOut: []pipeline.LeftOut{{Name: "main/secret", Reason: "not readable"}},
		Pipelines: []pipeline.Pipeline{{
			Pipeline: config.Pipeline{Team: "main", Name: "p"},
			Resources: []pipeline.Resource{
				{Name: "code", Type: "git", Role: config.Input, Source: resource.Source{"uri": "git@github.com:acme/app"}},
				{Name: "any", Type: "git", Source: resource.Source{"uri": "((repo))"}},
				{Name: "none", Type: "git"},
				{Name: "..", Type: "git", Source: resource.Source{"uri": "git@github.com:acme/app"}},
				{Name: "chat", Type: "slack"},
				{Name: "image", Type: "mirrored"},
			},
			Types: map[string]pipeline.CustomType{
				"slack":    {Name: "slack", Type: "registry-image", Source: resource.Source{"repository": "acme/slack"}},
				"mirrored": {Name: "mirrored", Type: "registry-image", Source: resource.Source{"repository": "((registry))"}},
			},
		}},
	}
	type row struct {
		name, reason string
		role         config.Role
		group        generate.Group
	}
	want := []row{
		{"main/secret", "not readable", "", generate.Unreadable},
		{"main/p/code", "", config.Input, generate.Covered},
		{"main/p/any", "uri is a ((var)) that was not resolved; give its value with -v or -l", config.Trigger, generate.SourceUnresolved},
		{"main/p/none", "uri is missing", config.Trigger, generate.SourceInvalid},
		{"main/p/..", `the resource's name is "..", which can't be in a URL: rename it`, config.Trigger, generate.NameInvalid},
		{"main/p/chat", "type slack is declared by the pipeline, from the image acme/slack, which is not known; --type-alias slack=TYPE serves it", config.Trigger, generate.TypeUnknown},
		{"main/p/image", "type mirrored is declared by the pipeline, from an image whose name is not resolved; --type-alias mirrored=TYPE serves it", config.Trigger, generate.TypeUnresolved},
	}
	var got []row
	list := generate.Cover(reading, generate.Settings{})
	for _, c := range list {
		got = append(got, row{c.Resource, c.Reason, c.Role, c.Group})
		if c.Covered != (c.Group == generate.Covered) || c.Covered != (c.By != "") || !c.Covered && c.Remedy == "" {
			t.Errorf("covered, group, what covers it and the remedy don't agree: %+v", c)
		}
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(row{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s := generate.Summarise(list); s.Possible != 4 || s.PossibleCovered != 0 || s.Percent != 0 || len(s.Groups) != 7 {
		t.Errorf("the summary is %+v", s) // the pipeline that can't be read counts, what is not resolved does not
	}
}

func TestSummarise(t *testing.T) {
	t.Parallel()
	got := generate.Summarise([]generate.Coverage{
		{Covered: true, Group: generate.Covered, Role: config.Trigger},
		{Covered: true, Group: generate.Assumed, Role: config.Trigger},
		{Covered: true, Group: generate.NotYours, Role: config.Trigger},
		{Group: generate.Eventless, Role: config.Trigger},
		{Group: generate.Clock, Role: config.Trigger},
		{Group: generate.SourceUnresolved, Role: config.Trigger},
		{Group: generate.PutOnlyType, Role: config.Trigger},
		{Group: generate.TypeUnknown, Role: config.Input},
		{Covered: true, Group: generate.Covered, Role: config.PutOnly},
	})
	if got.Possible != 2 || got.PossibleCovered != 2 || got.Groups[0].Count != 2 || got.Groups[0].Roles[config.PutOnly] != 1 {
		t.Errorf("got %+v", got)
	}
	if none := generate.Summarise(nil); none.Percent != 100 {
		t.Errorf("of nothing %g%% are covered", none.Percent)
	}
}

func TestOwn(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, typeName string
		source         resource.Source
		owners         string
		yours          bool
	}{
		{"no owners are given", "git", resource.Source{"uri": "https://github.com/concourse/git-resource"}, "", true},
		{"the owner", "git", resource.Source{"uri": "git@github.com:Acme/app.git"}, "acme", true},
		{"one of the owners", "git", resource.Source{"uri": "https://gitlab.com/acme/team/app"}, "other acme", true},
		{"another owner", "git", resource.Source{"uri": "https://github.com/concourse/git-resource"}, "acme other", false},
		{"an owner whose name begins so", "git", resource.Source{"uri": "https://github.com/acme-labs/app"}, "acme", false},
		{"the owner at another host", "git", resource.Source{"uri": "https://github.com/acme/app"}, "gitlab.com/acme", false},
		{"the owner at this host", "git", resource.Source{"uri": "https://github.com/acme/app"}, "GitHub.com/Acme/", true},
		{"a group in a group", "git", resource.Source{"uri": "https://gitlab.com/acme/team/app"}, "gitlab.com/acme/team", true},
		{"a whole host", "git", resource.Source{"uri": "https://github.com/concourse/git-resource"}, "github.com", true},
		{"a server that may be your own", "git", resource.Source{"uri": "https://git.example.com/tools/app"}, "acme", true},
		{"an owner that is not resolved", "git", resource.Source{"uri": "https://github.com/((org))/app"}, "acme", true},
		{"a repository that is not resolved", "git", resource.Source{"uri": "https://github.com/concourse/((repo))"}, "acme", false},
		{"a bucket", "s3", resource.Source{"bucket": "concourse", "regexp": "a-(.*).tgz"}, "acme", true},
		{"an image", "registry-image", resource.Source{"repository": "acme/app"}, "acme", true},
		{"an official image", "registry-image", resource.Source{"repository": "golang"}, "acme", false},
		{"an image in a registry of your own", "registry-image", resource.Source{"repository": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app"}, "acme", true},
		{"a release", "github-release", resource.Source{"owner": "concourse", "repository": "concourse"}, "acme", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			list := generate.Cover(&pipeline.Reading{Pipelines: []pipeline.Pipeline{{
				Pipeline:  config.Pipeline{Team: "main", Name: "p"},
				Resources: []pipeline.Resource{{Name: "r", Type: test.typeName, Source: test.source}},
			}}}, generate.Settings{})
			generate.Own(list, strings.Fields(test.owners))
			if !list[0].Covered || (list[0].Group != generate.NotYours) != test.yours || list[0].Uncovered() == test.yours {
				t.Errorf("got %+v, want yours %v", list[0], test.yours)
			}
		})
	}
}

// What nothing waits for has no check. Its role is its own pipeline's, so that it is the same whichever pipelines are read again; of a
// scope the strongest counts, which Config.Roles tells.
func TestUnused(t *testing.T) {
	t.Parallel()
	resources := func(roles map[string]config.Role) (list []pipeline.Resource) {
		for name, role := range roles {
			list = append(list, pipeline.Resource{Name: name, Type: "git", Role: role, Source: resource.Source{"uri": "https://h/r"}})
		}
		return append(list,
			pipeline.Resource{Name: "broken", Type: "git", Role: config.PutOnly},
			pipeline.Resource{Name: "chat", Type: "slack", Role: config.PutOnly})
	}
	reading := &pipeline.Reading{GlobalResources: true, UniqueHistory: map[string]bool{"git": false}, Pipelines: []pipeline.Pipeline{
		{Pipeline: config.Pipeline{ID: 1, Team: "main", Name: "p"}, Resources: resources(map[string]config.Role{"a": config.Trigger, "b": config.PassedOnly})},
		{Pipeline: config.Pipeline{ID: 2, Team: "main", Name: "q"}, Resources: resources(map[string]config.Role{"c": config.PutOnly, "d": config.Input})},
		{Pipeline: config.Pipeline{ID: 3, Team: "main", Name: "r"}, Resources: resources(map[string]config.Role{"e": config.Unused, "f": ""})},
	}}
	for include, test := range map[bool]struct{ roles, scoped, unused, left string }{
		false: {
			"p/a: p/b:passed q/d:input r/f:", "main/p/a:trigger main/p/b:trigger main/q/d:trigger main/r/f:trigger",
			"main/p/broken main/q/c main/q/broken main/r/e main/r/broken; [] [c] [e]", "",
		},
		true: {
			"p/a: p/b:passed q/c:put q/d:input r/e:unused r/f:",
			"main/p/a:trigger main/p/b:trigger main/q/c:trigger main/q/d:trigger main/r/e:trigger main/r/f:trigger",
			"; [] [] []", "main/p/broken main/q/broken main/r/broken",
		},
	} {
		g, err := generate.Generate(reading, generate.Settings{IncludeUnused: include}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var roles, scoped, unused, left []string
		for _, c := range g.Config.Checks {
			roles = append(roles, c.Check+":"+string(c.Role))
		}
		for name, role := range g.Config.Roles() {
			scoped = append(scoped, name+":"+string(role))
		}
		for _, l := range g.Unused {
			unused = append(unused, l.Name)
		}
		for _, l := range g.LeftOut {
			left = append(left, l.Name)
		}
		slices.Sort(scoped)
		noted := strings.Join(unused, " ") + ";"
		for _, p := range g.Config.Pipelines {
			noted += fmt.Sprint(" ", p.Unused)
		}
		got := struct{ roles, scoped, unused, left string }{strings.Join(roles, " "), strings.Join(scoped, " "), noted, strings.Join(left, " ")}
		if got != test {
			t.Errorf("include %v: got\n%q, want\n%q", include, got, test)
		}
	}
}

// A field that the rules don't know is named once for each type, not once for each resource.
func TestUnknownFields(t *testing.T) {
	t.Parallel()
	with := func(name, field string) pipeline.Resource {
		return pipeline.Resource{Name: name, Type: "git", Source: resource.Source{"uri": "https://github.com/acme/app", field: 1}}
	}
	g, err := generate.Generate(&pipeline.Reading{URL: "https://ci.example.com", Pipelines: []pipeline.Pipeline{{
		Pipeline: config.Pipeline{ID: 1, Team: "main", Name: "app"},
		Resources: []pipeline.Resource{
			with("one", "later"), with("two", "later"), with("three", "private_key"), with("four", "x\nplan: 0 to add"),
			{Name: "five", Type: "pool", Source: resource.Source{"uri": "https://github.com/acme/app", "branch": "b", "pool": "p", "later": 1}},
		},
	}}}, generate.Settings{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"git: the source's field later is new to this release: main/app/one and 1 more are checked at every event of what is watched",
		`git: the source's field "x\nplan: 0 to add" is new to this release: main/app/four is checked at every event of what is watched`,
		"pool: the source's field later is new to this release: main/app/five is checked at every event of what is watched",
	}
	var got []string
	for _, u := range g.UnknownFields {
		got = append(got, u.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A type that is not served is counted once for each reason. A long name is cut, so that it costs a line like any other.
func TestUnserved(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 5000)
	g := generated(t, pipeline.Pipeline{Resources: []pipeline.Resource{
		{Name: "a", Type: "bosh-io-release"}, {Name: "b", Type: "time"}, {Name: "c", Type: "cf"}, {Name: "d", Type: "bosh-io-release"}, {Name: "e", Type: long},
	}}, generate.Settings{})
	want := []generate.Unserved{
		{Kind: "eventless", Reason: "type bosh-io-release is a base type; bosh.io tells nobody of a new release, so go on polling", Resources: 2},
		{Kind: "unknown", Reason: "type " + long[:395], Resources: 1},
	}
	if diff := cmp.Diff(want, g.Unserved); diff != "" || len(g.LeftOut) > 0 {
		t.Errorf("left out %v; (-want +got):\n%s", g.LeftOut, diff)
	}
}

// A type's name may hold anything, and a long name is cut between two characters.
func TestOverLimitIsPrintable(t *testing.T) {
	t.Parallel()
	const forged = "git\nplan: 0 to add"
	source := resource.Source{"uri": "https://github.com/acme/app", "paths": []any{strings.Repeat("a", 5000)}}
	g, err := generate.Generate(&pipeline.Reading{URL: "https://ci.example.com", Pipelines: []pipeline.Pipeline{{
		Pipeline:  config.Pipeline{ID: 1, Team: "main", Name: "app"},
		Resources: []pipeline.Resource{{Name: "source", Type: forged, Source: source}, {Name: strings.Repeat("é", 3000), Type: "git", Source: source}},
	}}}, generate.Settings{TypeAliases: map[string]string{forged: "git"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []pipeline.LeftOut{{Name: `main/app/source (git\nplan: 0 to add)`, Reason: "paths[0] has 5000 bytes, more than 4096"}}
	if diff := cmp.Diff(want, g.TooLarge); diff != "" {
		t.Errorf("too large (-want +got):\n%s", diff)
	}
	if len(g.LeftOut) != 1 || g.LeftOut[0].Name != "main/app/"+strings.Repeat("é", 191)+"..." {
		t.Errorf("left out %v", g.LeftOut)
	}
}

// One hostile resource costs a warning that names it; the document stays small and has the others.
func TestOverLimit(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 5_000_000)
	git := func(name string, source resource.Source) pipeline.Resource {
		if source["uri"] == nil {
			source["uri"] = "https://github.com/acme/app"
		}
		return pipeline.Resource{Name: name, Type: "git", Source: source}
	}
	paths := func(text string) resource.Source { return resource.Source{"paths": []any{text}} }
	g, err := generate.Generate(&pipeline.Reading{URL: "https://ci.example.com", Pipelines: []pipeline.Pipeline{
		{Pipeline: config.Pipeline{ID: 1, Team: "main", Name: "app"}, Resources: []pipeline.Resource{
			git("source", paths(long)), git("braces", paths(strings.Repeat("{,}", 1_000_000))), git("words", paths("{1..1001}")),
			git("uri", resource.Source{"uri": long}), git("plain", paths("docs")), git(long, paths("docs")),
			{Name: "tarball", Type: "s3", Source: resource.Source{"bucket": "b", "regexp": "(" + strings.Repeat("a{1000}", 500) + ")"}},
		}},
		{
			Pipeline:  config.Pipeline{ID: 2, Team: "main", Name: "instance", InstanceVars: map[string]any{"x": long}},
			Resources: []pipeline.Resource{git("source", paths("docs"))},
		},
	}}, generate.Settings{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := g.Config.Marshal()
	if err != nil || len(text) > 20_000 || len(g.Config.Checks) != 5 || len(g.Config.Pipelines) != 1 {
		t.Errorf("%v; %d bytes, %d checks, %d pipelines", err, len(text), len(g.Config.Checks), len(g.Config.Pipelines))
	}
	if _, err := match.New(g.Config); err != nil {
		t.Error(err)
	}
	want := []pipeline.LeftOut{
		{Name: "main/app/source (git)", Reason: "paths[0] has 5000000 bytes, more than 4096"},
		{Name: "main/app/braces (git)", Reason: "paths[0] has 3000000 bytes, more than 4096"},
		{Name: "main/app/words (git)", Reason: "paths and ignore_paths: braces that expand to very many words"},
		{Name: "main/app/tarball (s3)", Reason: "regexp is a regular expression of more than 1000 instructions"},
	}
	if diff := cmp.Diff(want, g.TooLarge); diff != "" {
		t.Errorf("too large (-want +got):\n%s", diff)
	}
	want = []pipeline.LeftOut{
		{Name: "main/app/uri", Reason: "uri has 5000000 bytes, more than 4096"},
		{Name: "main/app/" + long[:191] + "...", Reason: "its name and instance vars have 5000009 bytes, more than 4096"},
		{Name: "main/instance/x:" + long[:184] + "...", Reason: "its name and instance vars have 5000023 bytes, more than 4096"},
	}
	if diff := cmp.Diff(want, g.LeftOut); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
}

// FuzzGenerate: whatever a source holds, the document can be written and read, and has the resource or a reason why not.
func FuzzGenerate(f *testing.F) {
	f.Add("git", []byte(`{"uri":"https://github.com/acme/app","paths":["{a,b}"]}`), uint16(1))
	f.Add("git", []byte(`{"uri":"https://github.com/acme/app","branch":"b"}`), uint16(5000))
	f.Add("s3", []byte(`{"bucket":"b","regexp":"(a{10})"}`), uint16(2000))
	f.Add("registry-image", []byte(`{"repository":"r","semver_constraint":">1"}`), uint16(3000))
	f.Fuzz(func(t *testing.T, typeName string, raw []byte, times uint16) {
		var source resource.Source
		if json.Unmarshal(raw, &source) != nil || resource.Recognise(typeName, nil, nil, nil).Type == nil || len(raw)*int(times) > 1<<20 {
			t.Skip("no source of a served type")
		}
		for name, value := range source {
			if s, ok := value.(string); ok {
				source[name] = strings.Repeat(s, max(int(times), 1))
			}
		}
		g := generated(t, pipeline.Pipeline{Resources: []pipeline.Resource{{Name: "r", Type: typeName, Source: source}}}, generate.Settings{})
		text, err := g.Config.Marshal()
		if err != nil || len(text) > 1<<20 {
			t.Fatalf("%v; %d bytes", err, len(text))
		}
		if n := len(g.Config.Checks) + len(g.LeftOut); n != 1 {
			t.Errorf("%d checks and reasons", n)
		}
		read, err := config.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := match.New(read); err != nil {
			t.Errorf("an endpoint does not read it: %v", err)
		}
	})
}
