package syncing_test

import (
	"bytes"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dpb587/concourse-resource-endpoints/internal/syncing"
	resourcetype "github.com/dpb587/concourse-resource-endpoints/resource-type/commands"
	server "github.com/dpb587/concourse-resource-endpoints/server/commands"
	syncer "github.com/dpb587/concourse-resource-endpoints/syncer/commands"
)

// without are the options that a program does not have, and why.
var without = map[string]map[string]string{
	"the syncer": {"Vars": "it has -v, -y and -l", "BaseDefaults": "it has BaseDefaultsFile"},
	"the server": {
		"Vars": "it has -v, -y and -l", "BaseDefaults": "it has BaseDefaultsFile",
		"Redeploy": "it serves the config itself", "Smoke": "it serves the config itself",
	},
	"the resource type": {
		"Var": "its source has the mapping vars", "YAMLVar": "its source has the mapping vars", "LoadVarsFrom": "its source has the mapping vars",
		"BaseDefaultsFile": "its source has the mapping base_resource_type_defaults",
	},
	"the task": {
		"Var": "its params have the mapping VARS", "YAMLVar": "its params have the mapping VARS", "LoadVarsFrom": "its params have the mapping VARS",
		"BaseDefaultsFile": "its params have the mapping BASE_RESOURCE_TYPE_DEFAULTS",
	},
}

// names are the options of each program: flags, fields, params.
func names(t *testing.T) map[string][]string {
	t.Helper()
	flags := func(help string) []string {
		var list []string
		for _, m := range regexp.MustCompile(`(?m)^  (?:-\w, |    )--([a-z-]+)`).FindAllStringSubmatch(help, -1) {
			list = append(list, m[1])
		}
		return list
	}
	var help bytes.Buffer
	if status := syncer.Run(t.Context(), []string{"sync", "--help"}, syncer.Streams{Out: &help, Err: io.Discard}); status != 0 {
		t.Fatalf("syncer sync --help: status %d", status)
	}
	ofSyncer := flags(help.String())
	help.Reset()
	if err := server.Run(t.Context(), []string{"--help"}, &help, io.Discard); err != nil {
		t.Fatal(err)
	}
	ofServer := flags(help.String())
	var fields []string
	for _, request := range []string{`{"source": {"?": 1}}`, `{"source": {"concourse": {"url": "https://ci", "token": "x"}}, "params": {"?": 1}}`} {
		c := resourcetype.Command{Name: "out", Stdin: strings.NewReader(request), Stdout: io.Discard, Stderr: io.Discard}
		_, list, ok := strings.Cut(c.Run(t.Context()).Error(), "the fields are ")
		if !ok {
			t.Fatalf("the resource type does not list its fields for %s", request)
		}
		fields = append(fields, strings.Split(list, ", ")...)
	}
	help.Reset()
	if status := syncer.Run(t.Context(), []string{"task", "--help"}, syncer.Streams{Out: &help, Err: io.Discard}); status != 0 {
		t.Fatalf("syncer task --help: status %d", status)
	}
	var params []string
	for _, m := range regexp.MustCompile(`\$([A-Z_]+)`).FindAllStringSubmatch(help.String(), -1) {
		params = append(params, m[1])
	}
	return map[string][]string{"the syncer": ofSyncer, "the server": ofServer, "the resource type": fields, "the task": params}
}

// lacking are the options of a struct that a program does not have, unless without has the reason.
func lacking(all reflect.Type, names map[string][]string) []string {
	var list []string
	for _, f := range reflect.VisibleFields(all) {
		if f.Anonymous {
			continue
		}
		flag := f.Tag.Get("name")
		if flag == "" {
			flag = strings.ToLower(regexp.MustCompile(`(.)([A-Z])`).ReplaceAllString(f.Name, "$1-$2"))
		}
		for program, name := range map[string]string{
			"the syncer": flag, "the server": flag, "the resource type": f.Tag.Get("json"), "the task": f.Tag.Get("param"),
		} {
			if without[program][f.Name] == "" && !slices.Contains(names[program], name) {
				list = append(list, program+" lacks "+f.Name)
			}
		}
	}
	slices.Sort(list)
	return list
}

// Each of the four programs that sync has every option: the syncer and the server as a flag, the resource type as a field of its
// source or params, the task as a param.
func TestEveryProgramHasEveryOption(t *testing.T) {
	t.Parallel()
	all := names(t)
	if got := lacking(reflect.TypeFor[syncing.Options](), all); len(got) > 0 {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
	forgotten := reflect.TypeFor[struct {
		syncing.Options
		Forgotten string `json:"forgotten" param:"FORGOTTEN"`
	}]()
	want := []string{
		"the resource type lacks Forgotten", "the server lacks Forgotten", "the syncer lacks Forgotten", "the task lacks Forgotten",
	}
	if diff := cmp.Diff(want, lacking(forgotten, all)); diff != "" {
		t.Errorf("for an option that no program has (-want +got):\n%s", diff)
	}
}
