package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	api "github.com/concourse/concourse/atc"

	"github.com/dpb587/concourse-resource-endpoints/e2e/stack"
	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/read/atctest"
)

// perPipeline is how many resources a pipeline has.
const perPipeline = 5

// growing is an ATC that gets one more pipeline now and then. It notes which resources were checked.
type growing struct {
	url string

	mu      sync.Mutex
	data    atctest.Data
	checked map[string]bool
}

func startGrowing(ctx context.Context) *growing {
	g := &growing{checked: make(map[string]bool), data: atctest.Data{
		Users: map[string]atctest.User{username: {Password: password, Admin: true}}, Teams: []string{config.DefaultTeam},
	}}
	server := httptest.NewServer(&atctest.ATC{Load: g.load, Checked: g.check})
	context.AfterFunc(ctx, server.Close)
	g.url = server.URL
	return g
}

func (g *growing) load() (*atctest.Data, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.data
	return &now, nil
}

func (g *growing) check(name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.checked[name] = true
}

// grow adds a pipeline. It was not set just now: a reader would wait until no change of the same second can hide.
func (g *growing) grow() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := len(g.data.Pipelines)
	resources := []any{}
	for i := range perPipeline {
		resources = append(resources, object{"name": fmt.Sprintf("resource-%d", i), "type": "git", "source": object{"uri": uri(n), "branch": fmt.Sprint("b", i)}})
	}
	raw, err := json.Marshal(object{"resources": resources})
	g.data.Pipelines = append(g.data.Pipelines, atctest.Pipeline{
		Pipeline: api.Pipeline{ID: n + 1, Name: fmt.Sprint("pipeline-", n), TeamName: config.DefaultTeam, LastUpdated: 1700000000}, Config: raw,
	})
	return err
}

// unchecked counts the resources that were never checked.
func (g *growing) unchecked() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.data.Pipelines)*perPipeline - len(g.checked)
}

// place is where a config is published.
type place struct {
	location string
	env      []string
	read     func() ([]byte, error) // nil content where there is none yet
	files    func() (int, error)    // that are beside it
}

// syncKills kills a sync again and again, each time with one more pipeline.
func syncKills(ctx context.Context, t *trial, p place) error {
	g := startGrowing(ctx)
	random := rand.New(rand.NewPCG(9, 9)) //nolint:gosec // kills must be the same each time
	broken, ended := 0, 0
	times := t.size(100, 10)
	for n := range times {
		if err := g.grow(); err != nil {
			return err
		}
		// A sync publishes in its first moments, and then catches up.
		within := []int{30, 60, 500}[n%3]
		alive, cancel := context.WithTimeout(ctx, time.Duration(1+random.IntN(within))*time.Millisecond)
		if syncOnce(alive, t, g.url, p) == nil {
			ended++
		}
		cancel()
		if raw, err := p.read(); err != nil {
			return err
		} else if _, err := config.Parse(raw); raw != nil && err != nil {
			broken++
		}
	}
	t.note("%d of %d syncs ended before they were killed, %d of %d resources not caught up then", ended, times, g.unchecked(), times*perPipeline)
	t.atMost("documents not whole", float64(broken), 0)
	return afterKills(ctx, t, g, p)
}

// afterKills lets syncs run to their end. Each catches up for a minute at most.
func afterKills(ctx context.Context, t *trial, g *growing, p place) error {
	syncs := 0
	for ; syncs == 0 || syncs < 5 && g.unchecked() > 0; syncs++ {
		if err := syncOnce(ctx, t, g.url, p); err != nil {
			return err
		}
		if syncs == 0 {
			files, err := p.files()
			if err != nil {
				return err
			}
			t.atMost("files left after the next sync", float64(files), 0)
		}
	}
	t.atMost(fmt.Sprintf("resources never caught up, after %d more syncs", syncs), float64(g.unchecked()), 0)
	return nil
}

// syncOnce runs the syncer to its end, or kills it when ctx ends.
func syncOnce(ctx context.Context, t *trial, atcURL string, p place) error {
	cmd := exec.Command(t.program("syncer"), "sync", "-n", "--config", p.location)
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.dir, "CONCOURSE_URL=" + atcURL, "CONCOURSE_USERNAME=" + username, "CONCOURSE_PASSWORD=" + password,
	}, p.env...)
	syncer, err := stack.Run("the syncer", t.file("syncer.log"), cmd)
	if err != nil {
		return err
	}
	return syncer.Wait(ctx)
}

func syncKillsFile(ctx context.Context, t *trial) error {
	dir := t.file("config")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	path := filepath.Join(dir, "config.json")
	return syncKills(ctx, t, place{
		location: path,
		read: func() ([]byte, error) {
			raw, err := os.ReadFile(path)
			if os.IsNotExist(err) {
				return nil, nil
			}
			return raw, err
		},
		files: func() (int, error) {
			all, err := os.ReadDir(dir)
			return len(all) - 1, err
		},
	})
}

func syncKillsS3(ctx context.Context, t *trial) error {
	server, err := stack.StartS3(ctx, stack.S3Options{Dir: t.dir})
	if err != nil {
		return err
	}
	bucket := aws.String("soak-ci")
	if err := server.CreateBucket(ctx, *bucket, false); err != nil {
		return err
	}
	list := func() (int, error) {
		all, err := server.Client().ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: bucket})
		if err != nil {
			return 0, fmt.Errorf("listing the bucket: %w", err)
		}
		return len(all.Contents), nil
	}
	return syncKills(ctx, t, place{
		location: "s3://soak-ci/config.json", env: server.Env(),
		read: func() ([]byte, error) {
			if n, err := list(); err != nil || n == 0 {
				return nil, err
			}
			object, err := server.Client().GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: aws.String("config.json")})
			if err != nil {
				return nil, fmt.Errorf("reading the config: %w", err)
			}
			defer func() { _ = object.Body.Close() }()
			return io.ReadAll(object.Body)
		},
		files: func() (int, error) {
			n, err := list()
			return n - 1, err
		},
	})
}
