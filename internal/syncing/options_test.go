package syncing_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"github.com/dpb587/concourse-resource-endpoints/internal/syncing"
)

// write writes a file and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Errors name the flag and the problem, never a value.
func TestOptionErrors(t *testing.T) {
	t.Parallel()
	broken := write(t, "broken.yml", "a: planted\nb: [planted\n")
	list := write(t, "list.yml", "- planted\n")
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"-v without a value":      {[]string{"-v", "b"}, "-v: it is not of the form NAME=VALUE"},
		"-v without a name":       {[]string{"-v", "=planted"}, "it is not of the form NAME=VALUE"},
		"-v of an empty field":    {[]string{"-v", "a.=planted"}, "-v a.: invalid var"},
		"-y that is not YAML":     {[]string{"-y", "b={planted"}, "-y b: its value is not YAML"},
		"-l that is not there":    {[]string{"-l", "missing.yml"}, "reading -l missing.yml: no such file"},
		"-l with a syntax error":  {[]string{"-l", broken}, broken + ":2: did not find expected"},
		"-l that is a list":       {[]string{"-l", list}, list + ": it is an array where an object is expected"},
		"a token itself":          {[]string{"--webhook-token", "planted"}, "--webhook-token: it is not a reference"},
		"an alias without a type": {[]string{"--type-alias", "my-git"}, "--type-alias: it is not of the form NAME=VALUE"},
		"an alias of nothing":     {[]string{"--type-alias", "my-git=gti"}, "--type-alias my-git: type \"gti\" is not known; known are "},
		"defaults of a list":      {[]string{"--base-resource-type-defaults", list}, list + ": it is an array where an object is expected"},
		"an alias of a password":  {[]string{"--repository-alias", "https://u:planted@github.com/acme/a"}, "--repository-alias: it is not of the form NAME=VALUE"},
		"-l that names an anchor": {[]string{"-l", write(t, "anchor.yml", "a: *planted\n")}, "anchor.yml: it is not valid YAML"},
		"defaults not there":      {[]string{"--base-resource-type-defaults", "missing.yml"}, "--base-resource-type-defaults: missing.yml: no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var o syncing.PipelineOptions
			_, err := kong.Must(&o).Parse(test.args)
			if err == nil {
				_, err = o.Settings(syncing.Flag)
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error %v, want %q in it", err, test.want)
			}
			if strings.Contains(err.Error(), "planted") {
				t.Errorf("the error holds a value: %v", err)
			}
		})
	}
}

// A param of the self-sync task may be empty, JSON as Concourse writes it, or as people write it; flags win.
func TestFromParams(t *testing.T) {
	t.Parallel()
	type all struct {
		syncing.PipelineOptions
		syncing.PublishOptions
		syncing.RedeployOptions
	}
	for name, test := range map[string]struct {
		params map[string]string
		args   []string
		want   func(*all)
		err    string
	}{
		"none":    {params: map[string]string{}, want: func(*all) {}},
		"empty":   {params: map[string]string{"TEAMS": "", "INCLUDE_PAUSED": "", "VARS": " ", "SMOKE": "null"}, want: func(*all) {}},
		"false":   {params: map[string]string{"INCLUDE_PAUSED": "false", "REDEPLOY": "[]"}, want: func(o *all) { o.Redeploy = []string{} }},
		"true":    {params: map[string]string{"INCLUDE_PAUSED": "true"}, want: func(o *all) { o.IncludePaused = true }},
		"unused":  {params: map[string]string{"INCLUDE_UNUSED": "true"}, want: func(o *all) { o.IncludeUnused = true }},
		"a list":  {params: map[string]string{"REDEPLOY": `["a","b:live"]`}, want: func(o *all) { o.Redeploy = []string{"a", "b:live"} }},
		"by hand": {params: map[string]string{"REDEPLOY": "a, b\n\"c\""}, want: func(o *all) { o.Redeploy = []string{"a", "b", "c"} }},
		"a flag":  {params: map[string]string{"TEAMS": "dev"}, args: []string{"--team", "main"}, want: func(o *all) { o.Teams = []string{"main"} }},
		"a map": {
			params: map[string]string{"TYPE_ALIASES": `{"my git":"git","a,b":"s3"}`},
			want: func(o *all) {
				o.TypeAliases = syncing.Pairs{{Name: "a,b", Value: "s3"}, {Name: "my git", Value: "git"}}
			},
		},
		"pairs": {
			params: map[string]string{"REPOSITORY_ALIASES": "https://h/a,b.git=https://h/c?x=y\nhttps://h/d=https://h/e"},
			want: func(o *all) {
				o.RepositoryAliases = syncing.Pairs{{Name: "https://h/a,b.git", Value: "https://h/c?x=y"}, {Name: "https://h/d", Value: "https://h/e"}}
			},
		},
		"vars":          {params: map[string]string{"VARS": `{"n":1.10,"s":"\u007f"}`}, want: func(o *all) { o.Vars = syncing.Vars{"n": json.Number("1.10"), "s": "\u007f"} }},
		"vars as YAML":  {params: map[string]string{"VARS": "a: b"}, want: func(o *all) { o.Vars = syncing.Vars{"a": "b"} }},
		"a text":        {params: map[string]string{"VARS": "planted"}, err: "the param VARS: its YAML: it is a string where an object is expected"},
		"a JSON text":   {params: map[string]string{"VARS": `"planted"`}, err: "the param VARS: it is a string where an object is expected"},
		"no YAML":       {params: map[string]string{"VARS": "a: *planted"}, err: "the param VARS: its YAML: it is not valid YAML"},
		"cut off":       {params: map[string]string{"TEAMS": `["planted"`}, err: "the param TEAMS: it is cut off"},
		"no pair":       {params: map[string]string{"REPOSITORY_ALIASES": "https://u:planted@h/a=https://h/b planted"}, err: "the param REPOSITORY_ALIASES: it is not of the form NAME=VALUE"},
		"a pair of two": {params: map[string]string{"TYPE_ALIASES": `{"a":["planted"]}`}, err: "the param TYPE_ALIASES: it is an array where a string is expected"},
		"a number":      {params: map[string]string{"CATCH_UP_RATE": "5"}, want: func(o *all) { o.CatchUpRate = 5 }},
		"no number":     {params: map[string]string{"CATCH_UP_RATE": "planted"}, err: "the param CATCH_UP_RATE: it is not a whole number"},
		"neither":       {params: map[string]string{"SMOKE": "planted"}, err: "the param SMOKE: it is neither true nor false"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got, want all
			if _, err := kong.Must(&got).Parse(test.args); err != nil {
				t.Fatal(err)
			}
			getenv := func(name string) string { return test.params[name] }
			err := errors.Join(syncing.FromParams(&got.PipelineOptions, getenv), syncing.FromParams(&got.PublishOptions, getenv), syncing.FromParams(&got.RedeployOptions, getenv))
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) || strings.Contains(err.Error(), "planted") {
					t.Errorf("error %v, want %q in it", err, test.err)
				}
				return
			}
			test.want(&want)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("error %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

// The time after which endpoints have loaded the config is 60s, also if the param is empty; 0 is a time, too.
func TestRefresh(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"": time.Minute, "0": 0, "0s": 0, "5m": 5 * time.Minute} {
		o := syncing.RedeployOptions{ConfigRefresh: text}
		if got, err := o.Refresh(syncing.Flag); err != nil || got != want {
			t.Errorf("%q: %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"60", "-1s", "soon"} {
		o := syncing.RedeployOptions{ConfigRefresh: text}
		if _, err := o.Refresh(syncing.Field); err == nil || err.Error() != "source.config_refresh: it is not a duration such as 60s" {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Of two aliases of one repository the later counts, always.
func TestLaterAliasWins(t *testing.T) {
	t.Parallel()
	for range 20 {
		o := syncing.PipelineOptions{RepositoryAliases: syncing.Pairs{
			{Name: "https://github.com/acme/old", Value: "https://github.com/acme/n1"},
			{Name: "https://github.com/acme/old.git", Value: "https://github.com/acme/n2"},
		}}
		s, err := o.Settings(syncing.Flag)
		if got := s.RepositoryAliases["github.com/acme/old"]; err != nil || got != "github.com/acme/n2" {
			t.Fatalf("alias %q, error %v", got, err)
		}
	}
}
