package selfsync_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/dpb587/concourse-resource-endpoints/e2e/image"
	"github.com/dpb587/concourse-resource-endpoints/e2e/stack"
)

const (
	root = "../.."

	configBucket = "acme-ci"
	configKey    = "endpoints/config.json"
	configURL    = "s3://" + configBucket + "/" + configKey

	// The operator's copy of ci/, and the repository that the tests' pipelines build.
	endpoints = "acme/endpoints"
	shop      = "acme/shop"

	webhookSecret = "a secret of the tests"
)

func TestMain(m *testing.M) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := stack.Prepare(ctx, "..", say); err != nil {
		say(err.Error())
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func say(line string) { fmt.Fprintln(os.Stderr, line) }

// scene is a Concourse, an AWS with one function, and the repositories that the pipelines get.
type scene struct {
	t     *testing.T
	ctx   context.Context //nolint:containedctx // it lives for one test
	dir   string
	stack *stack.Stack
	aws   *aws
	// registry is the host and port where AWS listens; the image's name begins with it.
	registry string
	lambda   *stack.Lambda
}

func begin(t *testing.T) *scene {
	t.Helper()
	for _, can := range []func() error{stack.CanRunWorker, image.CanBuild} {
		if err := can(); err != nil && os.Getenv("CI") == "true" {
			t.Fatal(err)
		} else if err != nil {
			t.Skip(err)
		}
	}
	// t.Context() ends before the cleanups run, and would stop all servers at once.
	ctx, stop := signal.NotifyContext(context.WithoutCancel(t.Context()), os.Interrupt, syscall.SIGTERM)
	t.Cleanup(stop)
	ctx, cancel := context.WithTimeout(ctx, 8*time.Minute)
	t.Cleanup(cancel)
	s := &scene{t: t, ctx: ctx, dir: t.TempDir()}
	s.startStack(s.images())
	s.startAWS()
	s.fillRepositories()
	return s
}

// images builds the image and makes two base resource types: the image itself, and a registry-image that gets it.
func (s *scene) images() map[string]string {
	path, err := filepath.Abs(root)
	s.must(err)
	images, err := image.Build(s.ctx, path, say)
	s.must(err)
	started := time.Now()
	own, fetcher := images["resource-type"], filepath.Join(s.dir, "registry-image")
	s.must(registryImage(s.ctx, own, fetcher))
	build := exec.CommandContext(s.ctx, "go", "build", "-tags", "lambda.norpc", "-o", filepath.Join(s.dir, "bootstrap"), "./lambda/webhook")
	build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		s.t.Fatalf("building the function: %v\n%s", err, out)
	}
	s.t.Logf("the resource types and the function took %s", time.Since(started).Round(time.Second))
	return map[string]string{"concourse-resource-endpoints": own.Dir, "registry-image": fetcher}
}

// startStack starts a Concourse whose credential manager holds the secrets of the pipelines.
func (s *scene) startStack(types map[string]string) {
	var err error
	s.stack, err = stack.Start(s.ctx, stack.Options{
		Dir: s.dir, Worker: true, GlobalResources: true, CheckInterval: 24 * time.Hour, ResourceTypes: types,
		GitInsteadOf: []string{"https://github.com/"}, Progress: say,
		WebFlags: []string{
			"--lidar-scanner-interval", "1s",
			"--dummy-creds-var", "login={username: " + stack.AdminUser + ", password: " + stack.AdminPassword + "}",
			"--dummy-creds-var", "keys={access_key_id: e2e-access, secret_access_key: e2e-secret}",
		},
	})
	s.must(err)
	s.t.Cleanup(s.stack.Close)
}

// startAWS starts the servers that the builds call. Builds call AWS, AWS restarts the function, and the function reads S3:
// the cleanups, of which the last runs first, stop them in this order.
func (s *scene) startAWS() {
	dir := filepath.Join(s.dir, "s3")
	s.must(os.MkdirAll(dir, 0o700))
	server, err := stack.StartS3(s.ctx, stack.S3Options{Dir: dir})
	s.must(err)
	s.t.Cleanup(server.Close)
	s.must(server.CreateBucket(s.ctx, configBucket, false))
	s.t.Cleanup(func() { s.lambda.Close() })
	s.aws = newAWS(server, s.restart)
	s.registry = s.aws.serve(s.t, s.stack.HostAddress)
	s.t.Cleanup(s.stack.Close)
}

// restart stops the function and starts it again, as Lambda does when its environment has changed.
func (s *scene) restart() {
	var err error
	if s.lambda != nil {
		err = s.lambda.Restart(s.ctx)
	} else {
		s.lambda, err = stack.StartLambda(s.ctx, stack.LambdaOptions{
			Name: function, Binary: filepath.Join(s.dir, "bootstrap"), Dir: s.dir,
			Env: append(s.aws.s3.Env(), "CONFIG="+configURL, "GITHUB_WEBHOOK_SECRET="+webhookSecret,
				"CONCOURSE_URL="+s.stack.ContainerURL, "CONCOURSE_USERNAME="+stack.AdminUser, "CONCOURSE_PASSWORD="+stack.AdminPassword),
		})
	}
	if err != nil {
		s.t.Errorf("the function's cold start: %v", err)
	}
}

// fillRepositories makes the shop, and copies of ci/ that check more often than the project's own.
func (s *scene) fillRepositories() {
	s.must(os.MkdirAll(filepath.Join(s.dir, "ci"), 0o700))
	for _, name := range []string{"ci/self-sync.yml", "ci/self-sync-idtoken.yml", "ci/set-self.yml"} {
		content, err := os.ReadFile(filepath.Join(root, name))
		s.must(err)
		s.file(name, strings.Replace(string(content), "check_every: 1m0s", "check_every: 5s", 1))
	}
	for _, repo := range []string{shop, endpoints} {
		s.must(s.stack.Git.CreateRepo(s.ctx, repo))
	}
	s.push(shop, "main", map[string]string{"README.md": "# Shop\n"})
	s.push(shop, "v1", map[string]string{"v1.md": "# v1\n"})
}

// push pushes files to a branch of a repository.
func (s *scene) push(repo, branch string, files map[string]string) stack.Pushed {
	s.t.Helper()
	pushed, err := s.stack.Git.Push(s.ctx, repo, branch, stack.Edit{Write: files})
	s.must(err)
	return pushed
}

func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// fly runs fly. The test fails if fly fails.
func (s *scene) fly(args ...string) string {
	s.t.Helper()
	out, err := s.stack.Fly(s.ctx, args...)
	s.must(err)
	return out
}

// file writes a file and returns its path.
func (s *scene) file(name, content string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	s.must(os.WriteFile(path, []byte(content), 0o600))
	return path
}

// until polls until done returns nil. The test fails if that takes longer than the limit.
func (s *scene) until(what string, limit time.Duration, done func() error) {
	s.t.Helper()
	started := time.Now()
	ctx, cancel := context.WithTimeout(s.ctx, limit)
	defer cancel()
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		err := done()
		if err == nil {
			s.t.Logf("%s: %.1f s", what, time.Since(started).Seconds())
			return
		}
		select {
		case <-ctx.Done():
			s.t.Fatalf("%s: not within %s: %v\n%s", what, limit, err, s.builds())
		case <-tick.C:
		}
	}
}

// builds shows the state of the pipelines, to explain why something did not happen.
func (s *scene) builds() string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), 20*time.Second)
	defer cancel()
	var all strings.Builder
	for _, args := range [][]string{
		{"builds"},
		{"resources", "-p", "self-sync"},
		{"resource-versions", "-r", "self-sync/checks"},
		{"watch", "-j", "self-sync/sync"},
		{"check-resource", "-r", "self-sync/checks", "--shallow"},
	} {
		out, err := s.stack.Fly(ctx, args...)
		fmt.Fprintf(&all, "$ fly %s\n%s%v\n", strings.Join(args, " "), out, err)
	}
	return all.String()
}

// document holds the parts of the published config that the tests check.
type document struct {
	Digest string `json:"digest"`
	Checks []struct {
		Check        string         `json:"check"`
		Team         string         `json:"team"`
		InstanceVars map[string]any `json:"instance_vars"`
	} `json:"checks"`
}

// names are the names of the checks, sorted: TEAM/PIPELINE/RESOURCE.
func (d document) names() []string {
	var names []string
	for _, c := range d.Checks {
		names = append(names, c.Team+"/"+c.Check)
	}
	slices.Sort(names)
	return names
}

// published reads the config.
func (s *scene) published() (document, error) {
	var d document
	bucket, key := configBucket, configKey
	out, err := s.aws.s3.Client().GetObject(s.ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return d, err
	}
	defer func() { _ = out.Body.Close() }()
	data, err := io.ReadAll(out.Body)
	if err == nil {
		err = json.Unmarshal(data, &d)
	}
	return d, err
}

// publishes waits until the config has exactly these checks and the function runs with it.
func (s *scene) publishes(what string, limit time.Duration, names ...string) {
	s.t.Helper()
	slices.Sort(names)
	s.until(what, limit, func() error {
		d, err := s.published()
		if err != nil {
			return err
		}
		if !slices.Equal(d.names(), names) {
			return fmt.Errorf("the config has %v, want %v", d.names(), names)
		}
		if digest, _ := s.aws.digest(); digest != d.Digest {
			return errors.New("the function does not run with it yet")
		}
		return nil
	})
}
