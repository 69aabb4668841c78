package main_test

import (
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/redeploy/lambdatest"
)

func TestRedeploy(t *testing.T) {
	t.Parallel()
	a, b := newATC(t, app), newBucket(t)
	lambda := lambdatest.New(lambdatest.Function{Name: "webhook", Environment: map[string]string{"CONFIG": configURL}})
	t.Cleanup(lambda.Close)
	env := []string{"AWS_ENDPOINT_URL_LAMBDA=" + lambda.URL}
	s := source(a, b)
	s["redeploy"] = []string{"webhook"}
	var asked atomic.Int64
	a.fake.Checked = func(check string) {
		asked.Add(1)
		if lambda.Environment("webhook", "")["CONFIG_DIGEST"] == "" {
			t.Errorf("%s is asked to check before the function knows of it: what happens until then is missed", check)
		}
	}
	put := answer[response](t, run(t, "out", object{"source": s}, env, t.TempDir()))
	if put.metadata("webhook") != "updated" || asked.Load() != 1 {
		t.Errorf("out answers %v, and asked %d to check", put, asked.Load())
	}
	again := answer[response](t, run(t, "out", object{"source": s}, env, t.TempDir()))
	if again.metadata("webhook") != "unchanged" || lambda.Count("UpdateFunctionConfiguration") != 1 {
		t.Errorf("the second put answers %v, after %v", again, lambda.Calls())
	}
	s["redeploy"] = []string{"webhook", "gone"}
	r := run(t, "out", object{"source": s}, env, t.TempDir())
	if !r.failed || !strings.Contains(r.stderr, "is published, but not all functions run it") || !strings.Contains(r.stderr, "gone") {
		t.Errorf("with a function that is not there: failed %t: %s", r.failed, r.stderr)
	}
}

// With vars and aliases, resources have checks that otherwise have none.
func TestVarsAndAliases(t *testing.T) {
	t.Parallel()
	p := app
	p.resources = []object{{"name": "fork", "type": "my-git", "source": object{"uri": "https://((host))/acme/shop", "branch": "v((major))"}}}
	a, b := newATC(t, p), newBucket(t)
	s := source(a, b)
	s["vars"], s["type_aliases"] = object{"host": "git.example.com", "major": 12}, object{"my-git": "git"}
	answer[response](t, run(t, "out", object{"source": s}, nil, t.TempDir()))
	var document struct {
		Checks []struct{ Filter object }
	}
	if err := json.Unmarshal([]byte(b.published(t)), &document); err != nil {
		t.Fatal(err)
	}
	if len(document.Checks) != 1 || document.Checks[0].Filter["branch"] != "v12" || document.Checks[0].Filter["uri"] != "https://git.example.com/acme/shop" {
		t.Errorf("published %v", document)
	}
}

// The cluster's defaults of base types and the teams change the checks; the teams may be in source or in source.concourse.
func TestDefaultsAndTeams(t *testing.T) {
	t.Parallel()
	p := app
	p.resources = []object{{"name": "bare", "type": "git", "source": object{"branch": "main"}}}
	a, b := newATC(t, p, docs), newBucket(t)
	for _, teams := range []string{"source", "concourse"} {
		s := source(a, b)
		s["base_resource_type_defaults"] = object{"git": object{"uri": shop}}
		if teams == "source" {
			s["teams"] = []string{"main"}
		} else {
			s["concourse"].(object)["teams"] = []string{"main"}
		}
		dir := t.TempDir()
		answer[response](t, run(t, "in", object{"source": s, "version": version{Digest: "x"}}, nil, dir))
		if plan := read(t, dir, "plan.txt"); plan != "+ main/app/bare (git)\nplan: 1 to add, 0 to change, 0 to remove; 1 checks then\n" {
			t.Errorf("teams in %s: the plan is\n%s", teams, plan)
		}
	}
}
