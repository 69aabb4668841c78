// Package ci_test checks the pipelines without a Concourse; e2e/selfsync runs them on a real one.
package ci_test

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/dpb587/concourse-resource-endpoints/syncer/commands"
)

// step is what the tests look at in a step, and in the steps in it.
type step struct {
	Get        string `json:"get"`
	Put        string `json:"put"`
	Task       string `json:"task"`
	File       string `json:"file"`
	Image      string `json:"image"`
	InParallel struct {
		Steps []step `json:"steps"`
	} `json:"in_parallel"`
	Config struct {
		Params map[string]string `json:"params"`
		Run    struct {
			Path string   `json:"path"`
			Args []string `json:"args"`
		} `json:"run"`
	} `json:"config"`
}

type image struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Source struct {
		Repository string `json:"repository"`
		Tag        string `json:"tag"`
	} `json:"source"`
}

// TestOnlyTheImageRuns: what runs with the login is the image that the operator names, and nothing else: no script, no task of a
// repository, no pipeline that sets itself from one. Once the task came from this project's branch main.
func TestOnlyTheImageRuns(t *testing.T) {
	t.Parallel()
	var help bytes.Buffer
	if status := commands.Run(t.Context(), []string{"task", "--help"}, commands.Streams{Out: &help, Err: &help}); status != 0 {
		t.Fatalf("syncer task --help: status %d", status)
	}
	for _, file := range []string{"self-sync.yml", "self-sync-idtoken.yml"} {
		var pipeline struct {
			Jobs []struct {
				Plan []step `json:"plan"`
			} `json:"jobs"`
			Resources     []image `json:"resources"`
			ResourceTypes []image `json:"resource_types"`
		}
		if err := yaml.Unmarshal([]byte(read(t, file)), &pipeline); err != nil {
			t.Fatal(err)
		}
		for _, i := range append(pipeline.Resources, pipeline.ResourceTypes...) {
			if i.Type == "checks-config" {
				continue
			}
			if i.Type != "registry-image" || i.Source.Repository != "((image.repository))" || i.Source.Tag != "((image.tag))" {
				t.Errorf("%s: %s takes something else than the operator's image: %+v", file, i.Name, i)
			}
		}
		tasks := 0
		for _, job := range pipeline.Jobs {
			for _, s := range job.Plan {
				if s.Task != "" {
					tasks++
					checkTask(t, file, s, help.String())
				} else if s.File != "" || s.Get+s.Put == "" && len(s.InParallel.Steps) == 0 {
					t.Errorf("%s: a step is neither a get, a put nor the task: %+v", file, s)
				}
			}
		}
		if tasks != 1 {
			t.Errorf("%s has %d tasks, want one", file, tasks)
		}
	}
}

// checkTask checks that the task is the image's syncer, and that the syncer knows its params.
func checkTask(t *testing.T, file string, s step, help string) {
	t.Helper()
	run := append([]string{s.Config.Run.Path}, s.Config.Run.Args...)
	if s.File != "" || s.Image != "image" || strings.Join(run, " ") != "syncer task" {
		t.Errorf("%s: the task runs %v of the image %q and the file %q", file, run, s.Image, s.File)
	}
	for name := range s.Config.Params {
		if !strings.Contains(help, "$"+name) && name != "AWS_REGION" && name != "AWS_ROLE_ARN" {
			t.Errorf("%s: syncer task knows no param %s", file, name)
		}
	}
}

// TestExampleImage: the settings that people copy name a version of the image. latest would be whatever was pushed last.
func TestExampleImage(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"self-sync.yml", "self-sync-idtoken.yml", "../README.md"} {
		tags := regexp.MustCompile(`image: \{repository: \S+, tag: (\S+)\}`).FindAllStringSubmatch(read(t, file), -1)
		if len(tags) == 0 {
			t.Errorf("%s has no example of an image", file)
		}
		for _, tag := range tags {
			if !regexp.MustCompile(`^v\d+\.\d+\.\d+$`).MatchString(tag[1]) {
				t.Errorf("%s: the image's tag is %s, want a version", file, tag[1])
			}
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
