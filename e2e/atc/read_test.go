package atc_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/e2e/stack"
	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/generate"
	"github.com/dpb587/concourse-resource-endpoints/internal/pipeline"
	"github.com/dpb587/concourse-resource-endpoints/internal/read"
)

// BenchmarkRead reads a thousand pipelines of three resources each: all of them, only the list of those that did not change,
// and in quick mode.
func BenchmarkRead(b *testing.B) {
	const pipelines = 1000
	c, err := concourse.New(concourse.Options{URL: atc.URL, Credentials: concourse.Credentials{
		Username: stack.AdminUser, Password: stack.AdminPassword,
	}})
	if err != nil {
		b.Fatal(err)
	}
	setMany(b, c, "main", pipelines)
	from := &read.ATC{URL: atc.URL, Transport: c.Transport()}
	readAll := func(b *testing.B, o read.Options) *pipeline.Reading {
		b.Helper()
		o.Paused, o.Settings = true, "s"
		r, err := from.Read(b.Context(), o)
		if err != nil {
			b.Fatal(err)
		}
		return r
	}
	first := readAll(b, read.Options{}) // waits until what was set has settled
	var known []config.Pipeline
	for _, p := range first.Pipelines {
		known = append(known, p.Pipeline)
	}
	for name, o := range map[string]read.Options{"all": {}, "unchanged": {Previous: known}, "quick": {Previous: known, Quick: true}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if n := len(readAll(b, o).Pipelines); n < pipelines {
					b.Fatalf("%d pipelines were read", n)
				}
			}
		})
	}
}

// BenchmarkCoverage says of 500 pipelines what is covered: it reads them all, and counts.
func BenchmarkCoverage(b *testing.B) {
	const pipelines, team = 500, "coverage"
	c, err := concourse.New(concourse.Options{URL: atc.URL, Credentials: concourse.Credentials{
		Username: stack.AdminUser, Password: stack.AdminPassword,
	}})
	if err != nil {
		b.Fatal(err)
	}
	put(b, http.Client{Transport: c.Transport(), Timeout: time.Minute}, "/api/v1/teams/"+team, "application/json",
		`{"auth":{"owner":{"users":["local:`+stack.AdminUser+`"]}}}`)
	setMany(b, c, team, pipelines)
	from := &read.ATC{URL: atc.URL, Transport: c.Transport()}
	cover := func() generate.Summary {
		reading, err := from.Read(b.Context(), read.Options{Teams: []string{team}, Paused: true})
		if err != nil {
			b.Fatal(err)
		}
		return generate.Summarise(generate.Cover(reading, generate.Settings{}))
	}
	cover() // waits until what was set has settled
	for b.Loop() {
		if summary := cover(); len(summary.Groups) == 0 || summary.Groups[0].Count < pipelines {
			b.Fatalf("the summary is %+v", summary)
		}
	}
}

// put sends a request that sets something.
func put(b *testing.B, client http.Client, path, contentType, body string) {
	b.Helper()
	req, err := http.NewRequestWithContext(context.WithoutCancel(b.Context()), http.MethodPut, atc.URL+path, strings.NewReader(body))
	if err != nil {
		b.Error(err)
		return
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := client.Do(req)
	if err != nil {
		b.Error(err)
		return
	}
	_ = resp.Body.Close()
	if resp.StatusCode >= http.StatusBadRequest {
		b.Errorf("setting %s: %s", path, resp.Status)
	}
}

// setMany sets pipelines by the API, which takes a few milliseconds each.
func setMany(b *testing.B, c *concourse.Client, team string, pipelines int) {
	b.Helper()
	client := http.Client{Transport: c.Transport(), Timeout: time.Minute}
	var wg sync.WaitGroup
	next := make(chan int)
	for range 8 {
		wg.Go(func() {
			for i := range next {
				path := fmt.Sprintf("/api/v1/teams/%s/pipelines/bench-%04d/config", team, i)
				put(b, client, path, "application/x-yaml", strings.ReplaceAll(pipelineYAML, "acme/app", fmt.Sprintf("acme/app-%d", i)))
			}
		})
	}
	for i := range pipelines {
		next <- i
	}
	close(next)
	wg.Wait()
}
