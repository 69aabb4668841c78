// Package story plays on real servers what the project is for: a push and an object each make Concourse check the right
// resources at once. The demo shows it, and the tests check it.
package story

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/e2e/stack"
)

const (
	// Repo is the repository on the git server that the pipelines know as https://github.com/acme/shop.git.
	Repo = "acme/shop"
	// Bucket holds the objects that the pipelines watch.
	Bucket = "acme-releases"
	// ConfigBucket holds the config.
	ConfigBucket = "acme-ci"
	// ConfigURL is where the config is published.
	ConfigURL = "s3://" + ConfigBucket + "/endpoints/config.json"

	// webhookSecret is used nowhere else.
	webhookSecret = "a secret of the story"
)

// Options say how to begin.
type Options struct {
	// Root is the repository's root, where the programs are built from.
	Root string
	// Dir is for logs and state; it must exist.
	Dir string
	// Progress is told each step, in one line.
	Progress func(string)
}

// Story is the servers, and this project's programs between them.
type Story struct {
	Stack         *stack.Stack
	S3            *stack.S3Server
	Webhook       *stack.Lambda
	Notification  *stack.Lambda
	options       Options
	notifications chan []byte
	sink          *httptest.Server
}

// Begin starts the servers, fills the repository and the bucket, and sets the example pipelines. Close ends what it started,
// even after an error.
func Begin(ctx context.Context, options Options) (*Story, error) {
	s := &Story{options: options, notifications: make(chan []byte, 16)}
	for _, step := range []struct {
		says string
		do   func(context.Context) error
	}{
		{"building the syncer and the two Lambda functions", s.build},
		{"starting Concourse with a worker, and a git server", s.startStack},
		{"starting an S3 server that posts a notification for each object", s.startS3},
		{"pushing a repository and putting objects for the pipelines to watch", s.fill},
		{"setting the pipelines of examples/pipelines with fly", s.setPipelines},
	} {
		options.Progress(step.says)
		if err := step.do(ctx); err != nil {
			return s, fmt.Errorf("%s: %w", step.says, err)
		}
	}
	return s, nil
}

// Close ends what was started.
func (s *Story) Close() {
	s.Webhook.Close()
	s.Notification.Close()
	if s.S3 != nil {
		s.S3.Close()
	}
	if s.sink != nil {
		s.sink.Close()
	}
	if s.Stack != nil {
		s.Stack.Close()
	}
}

func (s *Story) build(ctx context.Context) error {
	for _, p := range []string{"syncer", "server", "lambda/webhook", "lambda/notification"} {
		cmd := exec.CommandContext(ctx, "go", "build", "-tags", "lambda.norpc", "-o", s.Program(filepath.Base(p)), "./"+p)
		cmd.Dir = s.options.Root
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", p, err, out)
		}
	}
	return nil
}

// Program is the path of one of the programs that were built.
func (s *Story) Program(name string) string { return filepath.Join(s.options.Dir, "bin", name) }

func (s *Story) startStack(ctx context.Context) (err error) {
	s.Stack, err = stack.Start(ctx, stack.Options{
		Dir: s.options.Dir, Worker: true, GlobalResources: true, CheckInterval: 24 * time.Hour,
		GitInsteadOf: []string{"https://github.com/", "git@github.com:"}, Progress: s.options.Progress,
	})
	return err
}

// startS3 first starts the receiver of notifications: the S3 server posts a test event as it starts, and fails if nobody takes it.
func (s *Story) startS3(ctx context.Context) (err error) {
	s.sink = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		select {
		case s.notifications <- body:
		case <-r.Context().Done():
		}
	}))
	dir := filepath.Join(s.options.Dir, "s3")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	s.S3, err = stack.StartS3(ctx, stack.S3Options{Dir: dir, Address: s.Stack.HostAddress, EventWebhookURL: s.sink.URL})
	return err
}

func (s *Story) fill(ctx context.Context) error {
	if err := s.Stack.Git.CreateRepo(ctx, Repo); err != nil {
		return err
	}
	if _, err := s.Stack.Git.Push(ctx, Repo, "main", stack.Edit{Message: "Open the shop", Write: map[string]string{
		"cart/price.go": "package cart\n", "docs/index.md": "# Shop\n",
	}}); err != nil {
		return err
	}
	for _, bucket := range []string{Bucket, ConfigBucket} {
		if err := s.S3.CreateBucket(ctx, bucket, false); err != nil {
			return err
		}
	}
	for _, key := range []string{"shop/shop-1.0.0.tgz", "settings/settings-1.0.0.json"} {
		if _, err := s.S3.PutObject(ctx, Bucket, key, []byte(key)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Story) setPipelines(ctx context.Context) error {
	s3 := []string{
		"-v", "s3.endpoint=" + s.S3.ContainerURL,
		"-v", "s3.access_key_id=" + s.S3.AccessKey, "-v", "s3.secret_access_key=" + s.S3.SecretKey,
	}
	return errors.Join(
		s.SetPipeline(ctx, "app", "app.yml"),
		s.SetPipeline(ctx, "docs", "docs.yml"),
		s.SetPipeline(ctx, "deploy", "deploy.yml", s3...),
	)
}

// SetPipeline sets a pipeline to a file of examples/pipelines and unpauses it.
func (s *Story) SetPipeline(ctx context.Context, name, file string, args ...string) error {
	path := filepath.Join(s.options.Root, "examples", "pipelines", file)
	if _, err := s.Stack.Fly(ctx, append([]string{"set-pipeline", "-n", "-p", name, "-c", path}, args...)...); err != nil {
		return err
	}
	_, err := s.Stack.Fly(ctx, "unpause-pipeline", "-p", name)
	return err
}

// Sync runs `syncer sync` with fly's login to the Concourse, and returns what it printed.
func (s *Story) Sync(ctx context.Context, args ...string) (string, error) {
	return s.Syncer(ctx, append([]string{"sync", "-n", "-t", stack.Target, "--config", ConfigURL}, args...)...)
}

// Syncer runs the syncer and returns what it printed to stdout and stderr.
func (s *Story) Syncer(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, s.Program("syncer"), args...)
	cmd.Env = append(os.Environ(), append(s.S3.Env(), "FLY_HOME="+s.Stack.FlyHome)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("syncer: %w\n%s", err, out)
	}
	return string(out), nil
}

// StartFunctions starts both Lambda functions, which load the published config.
func (s *Story) StartFunctions(ctx context.Context) (err error) {
	env := append(s.S3.Env(), "CONFIG="+ConfigURL, "CONCOURSE_URL="+s.Stack.URL, "CONCOURSE_USERNAME="+stack.AdminUser, "CONCOURSE_PASSWORD="+stack.AdminPassword)
	s.Webhook, err = stack.StartLambda(ctx, stack.LambdaOptions{
		Name: "webhook", Binary: s.Program("webhook"), Dir: s.options.Dir, Env: append(env, "GITHUB_WEBHOOK_SECRET="+webhookSecret),
	})
	if err != nil {
		return err
	}
	s.Notification, err = stack.StartLambda(ctx, stack.LambdaOptions{
		Name: "notification", Binary: s.Program("notification"), Dir: s.options.Dir, Env: env,
	})
	return err
}

// Notified waits for the S3 server's notification of the object with the key, and returns it. It skips earlier ones.
func (s *Story) Notified(ctx context.Context, key string) ([]byte, error) {
	for {
		select {
		case body := <-s.notifications:
			if mentions(body, key) {
				return body, nil
			}
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), fmt.Errorf("the S3 server posted no notification of %s", key))
		}
	}
}
