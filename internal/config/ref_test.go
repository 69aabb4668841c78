package config_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
)

func TestRef(t *testing.T) {
	t.Parallel()
	ref := config.Ref{
		Team: "my team", Pipeline: "a b+c", Resource: "r/s?",
		InstanceVars: map[string]any{
			"branch": "main", "n": 5.0, "s": "5", "yes": "yes", "v": "1.2.3", "path": "a/b", "nested": map[string]any{"k": true, "x.y": nil},
		},
	}
	if got, want := ref.APIPath(), "/api/v1/teams/my%20team/pipelines/a%20b%2Bc/resources/r%2Fs%3F"; got != want {
		t.Errorf("APIPath() = %s, want %s", got, want)
	}
	want := `my team/a b+c/branch:main,n:5,nested."x.y":null,nested.k:true,path:"a/b",s:"5",v:1.2.3,yes:"yes"/"r/s?"`
	if got := ref.String(); got != want {
		t.Errorf("String() =\n%s, want\n%s", got, want)
	}
	wantQuery := `{"branch":"main","n":5,"nested":{"k":true,"x.y":null},"path":"a/b","s":"5","v":"1.2.3","yes":"yes"}`
	if got := ref.Query().Get("vars"); got != wantQuery {
		t.Errorf("Query() = %s, want %s", got, wantQuery)
	}
}

// Names that would print alike, or forge a line, are in quotes.
func TestRefString(t *testing.T) {
	t.Parallel()
	vars := func(name string, value any) map[string]any { return map[string]any{name: value} }
	for _, test := range []struct {
		ref  config.Ref
		want string
	}{
		{config.Ref{Team: "main", Pipeline: "p", InstanceVars: vars("a", "b"), Resource: "r"}, `main/p/a:b/r`},
		{config.Ref{Team: "main", Pipeline: "p", Resource: "a:b/r"}, `main/p/"a:b/r"`},
		{config.Ref{Team: "main", Pipeline: "p/a:b", Resource: "r"}, `main/"p/a:b"/r`},
		{config.Ref{Team: "main/p", Pipeline: "a:b", Resource: "r"}, `"main/p"/a:b/r`},
		{config.Ref{Team: "main", Pipeline: "p", Resource: `"a:b/r"`}, `main/p/"\"a:b/r\""`},
		{config.Ref{Team: "main", Pipeline: "p", InstanceVars: vars(`a"/b`, `c"d`), Resource: "r"}, `main/p/"a\"/b":c\"d/r`},
		{config.Ref{Team: "main", Pipeline: "p", InstanceVars: vars(`a"b`, 1.0), Resource: "r"}, `main/p/"a\"b":1/r`},
		{config.Ref{Team: "main", Pipeline: "p", InstanceVars: vars("a", "b\u202e\u0085\u2028"), Resource: "r"}, `main/p/a:"b\u202e\u0085\u2028"/r`},
		{config.Ref{Team: "main", Pipeline: "p", InstanceVars: vars("a", []any{"\x1b[2K\u009b", 1.5}), Resource: "r"}, `main/p/a:["\u001b[2K\u009b",1.5]/r`},
		{config.Ref{Team: "main", Pipeline: "p", InstanceVars: vars("\x1b[2K", "b"), Resource: "r"}, `main/p/"\x1b[2K":b/r`},
		{config.Ref{Team: "main", Pipeline: "p", Resource: "x\nplan: 0 to add\x1b[2K"}, `main/p/"x\nplan: 0 to add\x1b[2K"`},
		{config.Ref{Team: "main", Pipeline: "p", Resource: ""}, `main/p/""`},
	} {
		if got := test.ref.String(); got != test.want {
			t.Errorf("%#v prints\n%s, want\n%s", test.ref, got, test.want)
		}
		if back, err := readRef(test.want); err != nil || !reflect.DeepEqual(back, test.ref) {
			t.Errorf("%s reads as %#v (%v)", test.want, back, err)
		}
	}
}

func TestRefErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		check, team, want string
	}{
		{"app/source", "", ""},
		{"app/a/../b", "", ""}, // one name, whose slashes are escaped
		{"...", "", `check "..." is not of the form pipeline/resource`},
		{"app", "", `check "app" is not of the form pipeline/resource`},
		{"app/", "", `check "app/" is not of the form pipeline/resource`},
		{"app/..", "", `the resource's name is "..", which can't be in a URL: rename it`},
		{"app/.", "", `the resource's name is ".", which can't be in a URL: rename it`},
		{"../source", "", `the pipeline's name is "..", which can't be in a URL: rename it`},
		{"./source", "", `the pipeline's name is ".", which can't be in a URL: rename it`},
		{"app/source", "..", `the team's name is "..", which can't be in a URL: rename it`},
		{"app/source", ".", `the team's name is ".", which can't be in a URL: rename it`},
	} {
		_, err := (&config.Check{Check: test.check, Team: test.team}).Ref()
		if got := fmt.Sprint(err); got != test.want && (err != nil || test.want != "") {
			t.Errorf("%s of team %q: %s, want %s", test.check, test.team, got, test.want)
		}
	}
	if err := (config.Ref{Team: "main", Pipeline: "a/b", Resource: "r"}).Validate(); err == nil {
		t.Error("a pipeline's name with a slash can't be told from a resource's in pipeline/resource")
	}
}

// FuzzRef reads the printed name back: only then no two refs print alike. It also has nothing that forges a line.
func FuzzRef(f *testing.F) {
	f.Add("main", "p", `{"a":"b"}`, "r")
	f.Add("main", "p", ``, "a:b/r")
	f.Add("main", `p"`, `{"a.b":{"c\"/":"x\"y,z"},"d":[1,"/"],"e":{},"":null}`, "r\\")
	f.Add("", "\x1b[2K\u202e", `{"a":"\u0085\u2028\\","\u202e":"b\"","5":"5"}`, "x\nplan: 0 to add\xff")
	f.Add("a", "b", `{"x":"c\\","y":"[1]","z":"'q'"}`, "d")
	f.Fuzz(func(t *testing.T, team, pipeline, vars, resource string) {
		ref := config.Ref{Team: team, Pipeline: pipeline, Resource: resource}
		// As in a config: what is not UTF-8 can't be in instance vars.
		if json.Unmarshal([]byte(vars), &ref.InstanceVars) != nil || len(ref.InstanceVars) == 0 {
			ref.InstanceVars = nil
		}
		name := ref.String()
		if !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q has unprintable characters", name)
		}
		back, err := readRef(name)
		if err != nil || !reflect.DeepEqual(back, ref) {
			t.Errorf("%#v prints\n%s, which reads as\n%#v (%v)", ref, name, back, err)
		}
	})
}

// readRef is the inverse of config.Ref.String.
func readRef(s string) (ref config.Ref, err error) {
	var names []string
	for {
		if len(names) == 2 {
			if vars, rest, ok := readVars(s); ok {
				ref.InstanceVars, s = vars, rest
			}
		}
		name, rest, err := readName(s, "/")
		if err != nil {
			return ref, err
		}
		if names = append(names, name); rest == "" {
			break
		}
		s = rest[1:]
	}
	if len(names) != 3 {
		return ref, fmt.Errorf("%d names", len(names))
	}
	ref.Team, ref.Pipeline, ref.Resource = names[0], names[1], names[2]
	return ref, nil
}

// readName reads a name, in quotes or up to one of the ends.
func readName(s, ends string) (name, rest string, err error) {
	if strings.HasPrefix(s, `"`) {
		quoted, err := strconv.QuotedPrefix(s)
		if err != nil {
			return "", "", err
		}
		name, err = strconv.Unquote(quoted)
		return name, s[len(quoted):], err
	}
	if end := strings.IndexAny(s, ends); end >= 0 {
		return s[:end], s[end:], nil
	}
	return s, "", nil
}

// readVars reads KEY[.KEY]:VALUE,... and the slash that follows them; ok is false where there are none.
func readVars(s string) (vars map[string]any, rest string, ok bool) {
	vars = make(map[string]any)
	for {
		at := vars
		for {
			key, after, err := readName(s, ".:/")
			if err != nil || after == "" || after[0] == '/' {
				return nil, "", false
			}
			s = after[1:]
			if after[0] == ':' {
				value, after, ok := readValue(s)
				if !ok {
					return nil, "", false
				}
				at[key], s = value, after
				break
			}
			inner, _ := at[key].(map[string]any)
			if inner == nil {
				inner = make(map[string]any)
			}
			at[key], at = inner, inner
		}
		if s == "" {
			return nil, "", false
		}
		if s[0] == '/' {
			return vars, s[1:], true
		}
		s = s[1:]
	}
}

// readValue reads JSON, or a string without its quotes.
func readValue(s string) (value any, rest string, ok bool) {
	if s != "" && strings.ContainsRune(`"[{`, rune(s[0])) {
		d := json.NewDecoder(strings.NewReader(s))
		err := d.Decode(&value)
		return value, s[d.InputOffset():], err == nil
	}
	end := strings.IndexAny(s, ",/")
	if end < 0 {
		return nil, "", false
	}
	text := s[:end]
	if json.Unmarshal([]byte(text), &value) != nil && json.Unmarshal([]byte(`"`+text+`"`), &value) != nil {
		return nil, "", false
	}
	return value, s[end:], true
}
