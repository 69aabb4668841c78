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
	setMany(b, c, pipelines)
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

// setMany sets pipelines by the API, which takes a few milliseconds each.
func setMany(b *testing.B, c *concourse.Client, pipelines int) {
	b.Helper()
	client := http.Client{Transport: c.Transport(), Timeout: time.Minute}
	var wg sync.WaitGroup
	next := make(chan int)
	for range 8 {
		wg.Go(func() {
			for i := range next {
				url := fmt.Sprintf("%s/api/v1/teams/main/pipelines/bench-%04d/config", atc.URL, i)
				body := strings.ReplaceAll(pipelineYAML, "acme/app", fmt.Sprintf("acme/app-%d", i))
				req, err := http.NewRequestWithContext(context.WithoutCancel(b.Context()), http.MethodPut, url, strings.NewReader(body))
				if err != nil {
					b.Error(err)
					continue
				}
				req.Header.Set("Content-Type", "application/x-yaml")
				resp, err := client.Do(req)
				if err != nil {
					b.Error(err)
					continue
				}
				_ = resp.Body.Close()
				if resp.StatusCode >= http.StatusBadRequest {
					b.Errorf("setting pipeline %d: %s", i, resp.Status)
				}
			}
		})
	}
	for i := range pipelines {
		next <- i
	}
	close(next)
	wg.Wait()
}
