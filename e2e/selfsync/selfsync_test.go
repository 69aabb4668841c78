package selfsync_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/e2e/stack"
	"github.com/dpb587/concourse-resource-endpoints/e2e/story"
)

// limit is long enough for a check, a build and a publish, which take about ten seconds.
const limit = 90 * time.Second

// own are the checks of the pipeline self-sync.
var own = []string{"main/self-sync/image"}

const (
	// pipeline builds a branch of the shop. Concourse never checks its resource by itself, not even a first time.
	pipeline = `
resources:
- name: source
  type: git
  check_every: never
  source:
    uri: https://github.com/acme/shop.git
    branch: ((branch))
jobs:
- name: build
  plan:
  - get: source
    trigger: true
`
	// watcher uses the worker's base resource type without a config, so it only watches.
	watcher = `
resources:
- name: checks
  type: concourse-resource-endpoints
  check_every: 5s
  source:
    concourse: {url: ((concourse)), username: ((login.username)), password: ((login.password))}
    include_paused: true
jobs:
- name: look
  plan:
  - get: checks
    trigger: true
`
)

func TestSelfSync(t *testing.T) {
	s := begin(t)
	settings := fmt.Sprintf(`
concourse: %s
config: {url: %q, region: us-east-1}
functions: [%s]
image: {repository: %s/concourse-resource-endpoints, tag: v1.0.0}
repository: {uri: "https://github.com/%s.git", branch: main}
role: arn:aws:iam::123456789012:role/self-sync
`, s.stack.ContainerURL, configURL, function, s.registry, endpoints)
	s.file("settings.yml", settings)

	s.fly("set-team", "-n", "web", "--local-user", stack.AdminUser, "--non-interactive")
	s.set("web", "docs", pipeline, "--instance-var", "branch=v1")
	s.setSelfSync("ci/self-sync.yml")
	s.fly("unpause-pipeline", "-p", "self-sync")

	base := append(slices.Clone(own), "web/docs/source")
	s.publishes("the first sync", 2*time.Minute, base...)
	s.succeeded("main/self-sync/sync", 1)
	s.succeeded("web/docs/branch:v1/build", 1)

	t.Run("a new pipeline", func(*testing.T) { s.testNewPipeline(base) })
	t.Run("a failing S3", func(*testing.T) { s.testFailingS3(base) })
	t.Run("paused", func(*testing.T) { s.testPaused(base) })
	t.Run("destroyed", func(*testing.T) { s.testDestroyed(base) })
	t.Run("by a token", func(*testing.T) { s.testToken(base) })
	t.Run("the operator's copy", func(*testing.T) { s.testCopy(settings, append(base, "web/late/source")) })
}

// setSelfSync sets the pipeline self-sync.
func (s *scene) setSelfSync(file string) {
	s.t.Helper()
	s.fly("set-pipeline", "-n", "-p", "self-sync", "-c", filepath.Join(s.dir, file), "-l", filepath.Join(s.dir, "settings.yml"))
}

// set sets and unpauses a pipeline on a branch of the shop.
func (s *scene) set(team, name, text string, args ...string) {
	s.t.Helper()
	file := s.file(name+".yml", text)
	s.fly(append([]string{"set-pipeline", "-n", "--team", team, "-p", name, "-c", file}, args...)...)
	ref := name
	if slices.Contains(args, "--instance-var") {
		ref += "/branch:v1"
	}
	s.fly("unpause-pipeline", "--team", team, "-p", ref)
}

// A new pipeline appears in the config, its resource is checked once, and from then on a push checks it.
func (s *scene) testNewPipeline(base []string) {
	s.set("main", "app", pipeline, "-v", "branch=main")
	s.publishes("a new pipeline", limit, append(slices.Clone(base), "main/app/source")...)
	s.succeeded("main/self-sync/sync", 2)
	s.succeeded("main/app/build", 1)

	pushed, err := s.stack.Git.Push(s.ctx, shop, "main", stack.Edit{Message: "Open on Sundays", Write: map[string]string{"README.md": "# Shop, open\n"}})
	s.must(err)
	s.delivers(pushed, "main/app/source")
	s.until("the push is built", limit, func() error {
		versions := s.fly("resource-versions", "-r", "app/source")
		if !strings.Contains(versions, pushed.After) {
			return fmt.Errorf("app/source has no version %s:\n%s", pushed.After, versions)
		}
		return s.hasBuilt("main/app/build", 2)
	})
}

// When S3 refuses, the old config stays, and the build says why.
func (s *scene) testFailingS3(base []string) {
	before, err := s.published()
	s.must(err)
	_, updates := s.aws.digest()
	s.aws.deny(true)
	s.set("web", "late", pipeline, "-v", "branch=main")
	s.finished("main/self-sync/sync", 3, "failed", "errored")
	out, err := s.stack.Fly(s.ctx, "watch", "-j", "self-sync/sync", "-b", "3")
	if err == nil || !strings.Contains(out, "+ web/late/source (git)") || !strings.Contains(out, "out: error: publishing to "+configURL+": access denied") {
		s.t.Errorf("the build that could not publish: error is %v, output is\n%s", err, out)
	}
	after, err := s.published()
	s.must(err)
	if _, now := s.aws.digest(); after.Digest != before.Digest || now != updates {
		s.t.Errorf("S3 refuses, but the config or the function changed: %v", after.names())
	}
	s.aws.deny(false)
	s.fly("trigger-job", "-j", "self-sync/sync")
	s.publishes("S3 is well again", limit, append(slices.Clone(base), "main/app/source", "web/late/source")...)
}

// Pausing drops a pipeline's checks, unless the source includes paused pipelines.
func (s *scene) testPaused(base []string) {
	s.set("main", "watch", watcher, "-v", "concourse="+s.stack.ContainerURL)
	s.succeeded("main/watch/look", 1)
	s.fly("pause-pipeline", "-p", "app")
	s.publishes("pausing", limit, append(slices.Clone(base), "web/late/source")...)
	s.fly("check-resource", "-r", "watch/checks")
	s.must(s.hasVersions("watch/checks", 1))
}

// Destroying removes checks, even if that gives the same checks as an earlier config.
func (s *scene) testDestroyed(base []string) {
	s.fly("destroy-pipeline", "-n", "-p", "app")
	s.fly("destroy-pipeline", "-n", "--team", "web", "-p", "late")
	s.publishes("destroying", limit, base...)
	s.succeeded("main/watch/look", 2)
}

// The variant without keys publishes with the role that Concourse's token gives.
func (s *scene) testToken(base []string) {
	s.setSelfSync("ci/self-sync-idtoken.yml")
	s.set("web", "late", pipeline, "-v", "branch=main")
	s.publishes("publishing by a token", limit, append(slices.Clone(base), "web/late/source")...)
	s.aws.mu.Lock()
	defer s.aws.mu.Unlock()
	want := claims{Audience: "sts.amazonaws.com", Subject: "main/self-sync", Issuer: s.stack.URL}
	if len(s.aws.tokens) == 0 || s.aws.tokens[0] != want {
		s.t.Errorf("STS received %+v, want %+v first", s.aws.tokens, want)
	}
}

// The pipeline with the job of set-self.yml follows the operator's own repository, and does not hold the secrets.
func (s *scene) testCopy(settings string, base []string) {
	_, addition, _ := strings.Cut(s.read("ci/set-self.yml"), "\njobs:\n")
	job, resource, _ := strings.Cut(addition, "resources:\n")
	text := strings.Replace(s.read("ci/self-sync.yml"), "\nresource_types:\n", "\n"+job+"resource_types:\n", 1) + resource
	s.file("ci/copy.yml", text)
	s.push(endpoints, "main", map[string]string{"self-sync.yml": text, "settings.yml": settings})
	s.setSelfSync("ci/copy.yml")
	s.succeeded("main/self-sync/set-self", 1)
	if out := s.fly("watch", "-j", "self-sync/set-self"); !strings.Contains(out, "no changes to apply") {
		s.t.Errorf("self-sync set itself, and an unchanged pipeline has changes:\n%s", out)
	}
	s.publishes("the copy's own resource", limit, append(base, "main/self-sync/repository")...)
	text = strings.Replace(text, "check_every: 5s", "check_every: 6s", 1)
	s.delivers(s.push(endpoints, "main", map[string]string{"self-sync.yml": text}), "main/self-sync/repository")
	s.succeeded("main/self-sync/set-self", 2)
	now := s.fly("get-pipeline", "-p", "self-sync")
	for _, want := range []string{"check_every: 6s", s.registry, "((keys.secret_access_key))", "((login.password))"} {
		if !strings.Contains(now, want) {
			s.t.Errorf("self-sync holds no %s:\n%s", want, now)
		}
	}
	for _, secret := range []string{s.aws.s3.SecretKey, s.aws.s3.AccessKey} {
		if strings.Contains(now, secret) {
			s.t.Errorf("self-sync holds the secret %s:\n%s", secret, now)
		}
	}
}

func (s *scene) read(name string) string {
	s.t.Helper()
	content, err := readFile(filepath.Join(s.dir, name))
	s.must(err)
	return content
}

// delivers sends the push to the function as GitHub does, and expects exactly the given check.
func (s *scene) delivers(pushed stack.Pushed, check string) {
	s.t.Helper()
	body := story.GitHubPush(pushed)
	mac := hmac.New(sha256.New, []byte(webhookSecret))
	mac.Write(body)
	raw, failed, err := s.lambda.Invoke(s.ctx, story.FunctionURL("push", "sha256="+hex.EncodeToString(mac.Sum(nil)), body))
	s.must(err)
	if failed != nil {
		s.t.Fatal(failed)
	}
	var response struct{ Body string }
	s.must(json.Unmarshal(raw, &response))
	var answer struct {
		Checks struct{ Success []string }
	}
	s.must(json.Unmarshal([]byte(response.Body), &answer))
	if !slices.Equal(answer.Checks.Success, []string{check}) {
		s.t.Errorf("a push to %s asked %s", pushed.Repo, raw)
	}
}
