package main_test

import (
	"encoding/json"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	concourse "github.com/concourse/concourse/atc"

	"github.com/dpb587/concourse-resource-endpoints/internal/read/atctest"
)

// password is the login's. Every secret of the tests holds the word "planted".
const password = "planted-password"

// pipeline is a pipeline of the fake ATC.
type pipeline struct {
	concourse.Pipeline
	// resources are the resources in its config.
	resources []object
}

// atc is a fake ATC, whose pipelines the test may change while it answers.
type atc struct {
	*httptest.Server
	fake *atctest.ATC

	mu   sync.Mutex
	data atctest.Data
	// checks are the resources that were asked to check.
	checks []string
}

func newATC(t *testing.T, pipelines ...pipeline) *atc {
	t.Helper()
	a := &atc{data: atctest.Data{
		Teams: []string{"main", "web"},
		Users: map[string]atctest.User{"robot": {
			Password: password, Teams: map[string][]string{"main": {"pipeline-operator"}, "web": {"pipeline-operator"}},
		}},
	}}
	a.fake = &atctest.ATC{
		Load: func() (*atctest.Data, error) {
			a.mu.Lock()
			defer a.mu.Unlock()
			data := a.data
			return &data, nil
		},
		Checked: func(check string) {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.checks = append(a.checks, check)
		},
	}
	a.set(t, pipelines...)
	a.Server = httptest.NewServer(a.fake)
	t.Cleanup(a.Close)
	return a
}

// set replaces all pipelines.
func (a *atc) set(t *testing.T, pipelines ...pipeline) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.data.Pipelines = nil
	for _, p := range pipelines {
		config, err := json.Marshal(object{"resources": p.resources})
		if err != nil {
			t.Fatal(err)
		}
		a.data.Pipelines = append(a.data.Pipelines, atctest.Pipeline{Pipeline: p.Pipeline, Config: config})
	}
}

// taken returns the configs that were read and the checks that were posted since the last call, sorted. asked counts the other
// requests to the API.
func (a *atc) taken() (configs, checks []string, asked int) {
	for _, request := range a.fake.Requests() {
		if strings.HasPrefix(request, "GET /api/") {
			asked++
		}
		if path, ok := strings.CutPrefix(request, "GET /api/v1/teams/"); ok && strings.Contains(path, "/config") {
			configs = append(configs, path)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	checks, a.checks = a.checks, nil
	slices.Sort(configs)
	slices.Sort(checks)
	return configs, checks, asked - len(configs)
}

// git is a resource on a branch of a repository.
func git(name, uri, branch string) object {
	return object{"name": name, "type": "git", "source": object{"uri": uri, "branch": branch, "private_key": "planted-key"}}
}
