package providers_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/e2e/stack"
)

// A cold start that can't succeed fails the function's init, with an error that says what to do.
func TestColdStartErrors(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "config.json")
	good := file(t, document(t, "https://ci.example.com"))
	for name, tt := range map[string]struct {
		function string
		env      []string
		want     string
	}{
		"no CONFIG":       {"webhook", nil, "CONFIG is not set: the config's location, s3://BUCKET/KEY or a file's path"},
		"missing config":  {"webhook", []string{"CONFIG=" + missing}, "there is no config yet; `syncer sync --config " + missing + "` publishes one"},
		"invalid config":  {"notification", []string{"CONFIG=" + file(t, []byte(`{"version":1,"checks":[`))}, "it is cut off"},
		"later config":    {"notification", []string{"CONFIG=" + file(t, []byte(`{"version":7}`))}, "the config has version 7"},
		"no secret":       {"webhook", []string{"CONFIG=" + good}, "no webhook secret is configured: set GITHUB_WEBHOOK_SECRET"},
		"secret not set":  {"webhook", []string{"CONFIG=" + good, "GITHUB_WEBHOOK_SECRET=env:NOWHERE"}, "resolving the reference env:NOWHERE: its value is empty or not set"},
		"refresh":         {"notification", []string{"CONFIG=" + good, "CONFIG_REFRESH=soon"}, "CONFIG_REFRESH: it is not a duration such as 60s"},
		"half a login":    {"notification", []string{"CONFIG=" + good, "CONCOURSE_URL=https://ci.example.com", "CONCOURSE_USERNAME=bot"}, "the Concourse login: password is missing beside username"},
		"unknown scheme":  {"notification", []string{"CONFIG=gs://bucket/key"}, "give a file's path, or s3://BUCKET/KEY"},
		"too many logins": {"notification", []string{"CONFIG=" + good, "CONCOURSE_URL=https://ci.example.com", "CONCOURSE_TOKEN=x", "CONCOURSE_USERNAME=b", "CONCOURSE_PASSWORD=c"}, "the Concourse login: more than one login is given"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := stack.StartLambda(within(t, time.Minute), stack.LambdaOptions{
				Name: tt.function, Binary: program(tt.function), Dir: t.TempDir(), Env: tt.env,
			})
			wantInitError(t, err, tt.want)
		})
	}
}

func wantInitError(t *testing.T, err error, want string) {
	t.Helper()
	var failed *stack.InitError
	if !errors.As(err, &failed) {
		t.Fatalf("error %v, want an InitError", err)
	}
	if failed.Type != "Init.Failed" || !strings.Contains(failed.Message, want) {
		t.Errorf("failed with %s: %s, want %q", failed.Type, failed.Message, want)
	}
	if !strings.Contains(failed.Log, "the function could not be started") {
		t.Errorf("the log does not say so: %s", failed.Log)
	}
}

// The config comes from S3. The function looks at it again when it is old enough, and keeps the last good one.
func TestConfigInS3(t *testing.T) {
	ctx := within(t, 3*time.Minute)
	s3, err := stack.StartS3(ctx, stack.S3Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s3.Close)
	a := newATC(t)
	env := append(append(a.env(), s3.Env()...), "CONFIG=s3://acme-ci/endpoints.json", "CONFIG_REFRESH=1ns")
	start := func() (*stack.Lambda, error) {
		return stack.StartLambda(ctx, stack.LambdaOptions{Name: "notification", Binary: program("notification"), Dir: t.TempDir(), Env: env})
	}
	publish := func(content []byte) {
		t.Helper()
		if _, err := s3.PutObject(ctx, "acme-ci", "endpoints.json", content); err != nil {
			t.Fatal(err)
		}
	}
	_, err = start()
	wantInitError(t, err, `there is no bucket "acme-ci"`)
	if err := s3.CreateBucket(ctx, "acme-ci", false); err != nil {
		t.Fatal(err)
	}
	_, err = start()
	wantInitError(t, err, "`syncer sync --config s3://acme-ci/endpoints.json` publishes one")
	publish(document(t, a.url, "s3-eventbridge"))
	l, err := start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	wantChecked := func(when string, want ...string) {
		t.Helper()
		if _, failed, err := l.Invoke(ctx, []byte(notification(t, "ecr-push"))); err != nil || failed != nil {
			t.Fatalf("%s: invoking the function: %v, %v", when, err, failed)
		}
		a.wantChecked(t, want...)
	}
	wantChecked("before the resource is in the config")
	publish(document(t, a.url, "ecr"))
	wantChecked("after it was added", resource("ecr"))
	wantChecked("while nothing changes", resource("ecr"))
	if n := strings.Count(l.Log(), "config loaded"); n != 2 {
		t.Errorf("the config was loaded %d times, want 2: only when it changed", n)
	}
	publish([]byte(`{"version":1`))
	wantChecked("after the config was spoilt", resource("ecr"))
	s3.Close()
	wantChecked("after S3 went away", resource("ecr"))
	if n := strings.Count(l.Log(), "the last good one serves on"); n != 2 {
		t.Errorf("the log says %d times that the last good one serves on:\n%s", n, l.Log())
	}
}
