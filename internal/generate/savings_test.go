package generate_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/generate"
	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

func TestSave(t *testing.T) {
	t.Parallel()
	minute := generate.Cluster{Interval: time.Minute}
	with := func(change func(*generate.Coverage)) generate.Coverage {
		c := generate.Coverage{Resource: "main/p/r", Group: generate.Covered, Role: config.Trigger}
		change(&c)
		return c
	}
	every := func(every string) generate.Coverage {
		return with(func(c *generate.Coverage) { c.Polling.Every = every })
	}
	grouped := func(g generate.Group) generate.Coverage { return with(func(c *generate.Coverage) { c.Group = g }) }
	used := func(role config.Role) generate.Coverage {
		return with(func(c *generate.Coverage) { c.Role = role })
	}
	shared := func(every string) generate.Coverage {
		return with(func(c *generate.Coverage) { c.Polling.Scope, c.Polling.Every = "scope", every })
	}
	since82 := generate.Cluster{Interval: time.Minute, TriggersOnly: true}
	webhook := with(func(c *generate.Coverage) { c.Polling.Webhook = true })
	tests := []struct {
		name    string
		list    []generate.Coverage
		cluster generate.Cluster
		want    string // checks an hour now, then, and the advice
	}{
		{"the default", []generate.Coverage{every("")}, minute, "60.00 0.04 24h"},
		{"another default", []generate.Coverage{every("")}, generate.Cluster{Interval: 2 * time.Minute}, "30.00 0.04 24h"},
		{"a check_every", []generate.Coverage{every("10m")}, minute, "6.00 0.04 24h"},
		{"as slow as the advice", []generate.Coverage{every("24h")}, minute, "0.04 0.04"},
		{"slower than the advice", []generate.Coverage{every("48h")}, minute, "0.02 0.02"},
		{"never", []generate.Coverage{every("never")}, minute, "0.00 0.04 24h"},
		{"a ((var))", []generate.Coverage{every("((interval))")}, minute, "60.00 0.04 24h"},
		{"more often than Concourse looks", []generate.Coverage{every("1s")}, minute, "360.00 0.04 24h"},
		{"a webhook_token", []generate.Coverage{webhook}, generate.Cluster{Interval: time.Minute, WebhookInterval: time.Hour}, "1.00 0.04 24h"},
		{"a webhook_token's interval is never the shorter one", []generate.Coverage{webhook}, minute, "60.00 0.04 24h"},
		{"assumed", []generate.Coverage{grouped(generate.Assumed)}, minute, "60.00 1.00 1h"},
		{"one branch a check", []generate.Coverage{with(func(c *generate.Coverage) { c.Rules = "git-multibranch" })}, minute, "60.00 1.00 1h"},
		{"of others", []generate.Coverage{grouped(generate.NotYours)}, minute, "60.00 60.00"},
		{"without events", []generate.Coverage{grouped(generate.Eventless)}, minute, "60.00 60.00"},
		{"an input before 8.2", []generate.Coverage{used(config.Input)}, minute, "60.00 0.04 24h"},
		{"an input since 8.2", []generate.Coverage{used(config.Input)}, since82, "0.00 0.00"},
		{"a trigger since 8.2", []generate.Coverage{used(config.Trigger)}, since82, "60.00 0.04 24h"},
		{"only put", []generate.Coverage{used(config.PutOnly)}, minute, "0.00 0.00"},
		{"unused", []generate.Coverage{used(config.Unused)}, minute, "0.00 0.00"},
		{"two share one check", []generate.Coverage{shared(""), shared("")}, minute, "60.00 0.04 24h 24h"},
		{"of two that share one check, the more frequent one decides", []generate.Coverage{shared("10m"), shared("1m")}, minute, "60.00 0.04 24h 24h"},
		{"two that share none", []generate.Coverage{every(""), with(func(c *generate.Coverage) { c.Resource = "main/p/other" })}, minute, "120.00 0.08 24h 24h"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := generate.Save(test.list, test.cluster)
			got := fmt.Sprintf("%.2f %.2f", s.Now, s.Then)
			for _, a := range s.Advice {
				got += " " + a.Then
			}
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// With global resources on, Concourse checks once what has the same source and the same base type, or the same image of a custom type,
// whatever the team, the pipeline and the type's name.
func TestPollingScope(t *testing.T) {
	t.Parallel()
	custom := func(name, image string) map[string]pipeline.CustomType {
		return map[string]pipeline.CustomType{name: {Name: name, Type: "registry-image", Source: resource.Source{"repository": image}}}
	}
	read := func(team, name, typeName, uri string, types map[string]pipeline.CustomType) pipeline.Pipeline {
		return pipeline.Pipeline{Pipeline: config.Pipeline{Team: team, Name: name}, Types: types, Resources: []pipeline.Resource{
			{Name: "r", Type: typeName, Role: config.Trigger, Source: resource.Source{"uri": uri, "private_key": "hunter2"}},
		}}
	}
	const uri = "https://github.com/acme/app"
	tests := []struct {
		name   string
		a, b   pipeline.Pipeline
		global bool
		shared bool
	}{
		{"the same source in two teams", read("a", "p", "git", uri, nil), read("b", "p", "git", uri, nil), true, true},
		{"global resources are off", read("a", "p", "git", uri, nil), read("b", "p", "git", uri, nil), false, false},
		{"another source", read("a", "p", "git", uri, nil), read("a", "q", "git", uri+"2", nil), true, false},
		{"a ((var)) in two pipelines", read("a", "p", "git", "https://h/((r))", nil), read("a", "q", "git", "https://h/((r))", nil), true, false},
		{"a base type with unique versions", read("a", "p", "time", uri, nil), read("a", "q", "time", uri, nil), true, false},
		{"the same image by two names", read("a", "p", "x", uri, custom("x", "acme/git")), read("a", "q", "y", uri, custom("y", "acme/git")), true, true},
		{"two images", read("a", "p", "x", uri, custom("x", "acme/git")), read("a", "q", "x", uri, custom("x", "acme/git2")), true, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			list := generate.Cover(&pipeline.Reading{
				GlobalResources: test.global, UniqueHistory: map[string]bool{"time": true}, Pipelines: []pipeline.Pipeline{test.a, test.b},
			}, generate.Settings{})
			s := generate.Save(list, generate.Cluster{Interval: time.Minute})
			if s.Polled != 2 || (s.Scopes == 1) != test.shared || strings.Contains(fmt.Sprint(list), "hunter2") {
				t.Errorf("%d resources share %d checks, want shared %v", s.Polled, s.Scopes, test.shared)
			}
		})
	}
}
