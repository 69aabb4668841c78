package redeploy_test

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/dpb587/concourse-resource-endpoints/internal/receiver"
	"github.com/dpb587/concourse-resource-endpoints/internal/redeploy"
	"github.com/dpb587/concourse-resource-endpoints/internal/redeploy/lambdatest"
)

// planted is a value that no error may hold.
const planted = "planted-secret"

func client(url string, with ...func(*lambda.Options)) *lambda.Client {
	return lambda.New(lambda.Options{
		Region: "us-east-1", BaseEndpoint: &url, RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: planted}, nil
		}),
	}, with...)
}

// start starts a Lambda with two functions, which have the digest old: plain, and versioned, whose alias live points to
// version 1.
func start(t *testing.T, settle int) *lambdatest.Server {
	t.Helper()
	environment := map[string]string{"TOKEN": planted, "CONFIG": "s3://b/k", redeploy.Variable: "old"}
	s := lambdatest.New(
		lambdatest.Function{Name: "plain", Environment: environment, Settle: settle},
		lambdatest.Function{Name: "versioned", Environment: environment, Settle: settle, Aliases: []string{"live"}},
	)
	t.Cleanup(s.Close)
	return s
}

func run(t *testing.T, s *lambdatest.Server, smoke bool, names ...string) ([]redeploy.Result, error) {
	t.Helper()
	functions, err := redeploy.ParseAll(names)
	if err != nil {
		t.Fatal(err)
	}
	r := &redeploy.Redeployer{Client: client(s.URL), Smoke: smoke, Poll: time.Nanosecond}
	results, err := r.Run(t.Context(), "new", functions)
	if err != nil && strings.Contains(err.Error(), planted) {
		t.Errorf("the error tells a secret: %v", err)
	}
	if len(results) != len(names) {
		t.Fatalf("%d results for %d functions", len(results), len(names))
	}
	return results, err
}

// once makes a hook that acts before the first request of an operation only.
func once(operation string, act func()) func(string, string) {
	done := false
	return func(op, _ string) {
		if op == operation && !done {
			done = true
			act()
		}
	}
}

// answers makes a hook that fails the invocations from the nth on.
func answers(from int, payload string) func(string, string, []byte) ([]byte, string) {
	n := 0
	return func(string, string, []byte) ([]byte, string) {
		if n++; n >= from {
			return []byte(payload), "Unhandled"
		}
		return []byte(`{"status":"ok"}`), ""
	}
}

const initError = `{"errorType":"Init.Failed","errorMessage":"reading s3://b/k: access denied"}`

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestRunKeepsVariables(t *testing.T) {
	t.Parallel()
	s := start(t, 1)
	s.Before = once("UpdateFunctionConfiguration", func() { s.Change("plain", "ADDED", "meanwhile") })
	var told map[string]string
	s.OnUpdate = func(_ string, environment map[string]string) { told = environment }
	if _, err := run(t, s, false, "plain"); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"TOKEN": planted, "CONFIG": "s3://b/k", "ADDED": "meanwhile", redeploy.Variable: "new"}
	if got := s.Environment("plain", ""); !maps.Equal(got, want) || !maps.Equal(told, want) {
		t.Errorf("the variables are %v and the hook was told %v, want %v", got, told, want)
	}
}

// TestRunAgain counts requests: a function that has the digest costs one, and one with an alias two.
func TestRunAgain(t *testing.T) {
	t.Parallel()
	s := start(t, 1)
	if _, err := run(t, s, false, "plain", "versioned:live"); err != nil {
		t.Fatal(err)
	}
	before := len(s.Calls())
	if _, err := run(t, s, false, "plain", "versioned:live"); err != nil {
		t.Fatal(err)
	}
	want := []string{"GetFunctionConfiguration plain", "GetAlias versioned live", "GetFunctionConfiguration versioned 2"}
	if got := s.Calls()[before:]; !slices.Equal(got, want) {
		t.Errorf("the second time asks %q, want %q", got, want)
	}
}

// TestRunOrder holds the promise that a version is invoked before the alias points to it, and again after.
func TestRunOrder(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	if _, err := run(t, s, true, "versioned:live"); err != nil {
		t.Fatal(err)
	}
	want := []string{"Invoke versioned 2", "UpdateAlias versioned live", "Invoke versioned live"}
	if calls := s.Calls(); !slices.Equal(calls[max(0, len(calls)-3):], want) {
		t.Errorf("it ends with %q, want %q", calls, want)
	}
	if got := s.Environment("versioned", "1")[redeploy.Variable]; got != "old" {
		t.Errorf("version 1 has the digest %q", got)
	}
}

func TestRunSeveral(t *testing.T) {
	t.Parallel()
	s := start(t, 1)
	results, err := run(t, s, false, "none", "plain", "gone:live", "versioned:live")
	var lines []string
	for _, r := range results {
		lines = append(lines, r.String())
	}
	want := []string{
		"none: failed",
		"plain: updated; it runs $LATEST with CONFIG_DIGEST new",
		"gone:live: failed",
		"versioned:live: updated; it runs 2 with CONFIG_DIGEST new",
	}
	if !slices.Equal(lines, want) {
		t.Errorf("got %q, want %q", lines, want)
	}
	if text := message(err); !strings.Contains(text, "redeploying none:") || !strings.Contains(text, "redeploying gone:live:") {
		t.Errorf("error %q, want both", text)
	}
	if _, err := (&redeploy.Redeployer{}).Run(t.Context(), "", nil); err == nil {
		t.Error("an empty digest is taken")
	}
}

func TestRunDenied(t *testing.T) {
	t.Parallel()
	for operation, action := range map[string]string{
		"GetFunctionConfiguration": "", "UpdateFunctionConfiguration": "", "PublishVersion": "", "GetAlias": "", "UpdateAlias": "",
		"Invoke": "InvokeFunction",
	} {
		if action == "" {
			action = operation
		}
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			s := start(t, 0)
			s.Fail(operation, http.StatusForbidden, "AccessDeniedException", "User: arn:aws:iam::1:user/ci is not authorized")
			_, err := run(t, s, true, "versioned:live")
			if text := message(err); !strings.Contains(text, "access denied: the credentials need lambda:"+action+";") {
				t.Errorf("error %q, want the action", text)
			}
			if !slices.Contains(redeploy.Actions, "lambda:"+action) {
				t.Errorf("lambda:%s is not among the actions", action)
			}
			if got := s.Alias("versioned", "live"); got != "1" {
				t.Errorf("the alias points to %s", got)
			}
		})
	}
}

// inProcess calls a Lambda without a network, so that a test's own clock runs.
type inProcess struct{ http.Handler }

func (p inProcess) Do(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	p.ServeHTTP(w, r)
	return w.Result(), nil
}

func TestRunDeadline(t *testing.T) {
	t.Parallel()
	for name, given := range map[string]func(*lambdatest.Server){
		"the update goes on": func(*lambdatest.Server) {},
		"a conflict goes on": func(s *lambdatest.Server) {
			for range 1000 {
				s.Fail("UpdateFunctionConfiguration", http.StatusConflict, "ResourceConflictException", "in progress")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := lambdatest.NewHandler(lambdatest.Function{Name: "slow", Settle: 1 << 20}, lambdatest.Function{Name: "next"})
				given(s)
				r := &redeploy.Redeployer{Client: client("http://lambda.test", func(o *lambda.Options) { o.HTTPClient = inProcess{s} })}
				began := time.Now()
				results, err := r.Run(t.Context(), "new", []redeploy.Function{{Name: "slow"}})
				if took := time.Since(began); took != 3*time.Minute {
					t.Errorf("it took %v, want the 3 minutes of the default", took)
				}
				if results[0].Status != redeploy.Failed || !strings.Contains(message(err), context.DeadlineExceeded.Error()) {
					t.Errorf("got %v, %v; want the deadline", results[0], err)
				}
			})
		})
	}
}

// TestRunRollsBackLate moves an alias back although the caller no longer waits.
func TestRunRollsBackLate(t *testing.T) {
	t.Parallel()
	s := lambdatest.NewHandler(lambdatest.Function{Name: "hook", Aliases: []string{"live"}})
	ctx, cancel := context.WithCancel(t.Context())
	s.OnMove = func(_, _, version string, _ map[string]string) {
		if version == "2" {
			cancel()
		}
	}
	r := &redeploy.Redeployer{Smoke: true, Poll: time.Nanosecond, Client: client("http://lambda.test", func(o *lambda.Options) { o.HTTPClient = inProcess{s} })}
	results, err := r.Run(ctx, "new", []redeploy.Function{{Name: "hook", Alias: "live"}})
	if got := results[0]; err == nil || got.Status != redeploy.RolledBack || s.Alias("hook", "live") != "1" {
		t.Errorf("got %v, %v and an alias that points to %s; want it rolled back", got, err, s.Alias("hook", "live"))
	}
}

// TestSmokePayload shows that the functions need nothing to answer it: no provider, config, logger or Concourse.
func TestSmokePayload(t *testing.T) {
	t.Parallel()
	answer, err := (&receiver.Receiver{}).Invoke(t.Context(), []byte(redeploy.SmokePayload))
	if err != nil || !strings.Contains(string(answer), `"status":"ok"`) {
		t.Errorf("got %s, %v", answer, err)
	}
}

// TestRegion shows that requests go to the region of an ARN.
func TestRegion(t *testing.T) {
	t.Parallel()
	var scopes []string
	s := lambdatest.NewHandler(lambdatest.Function{Name: "hook"})
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scopes = append(scopes, r.Header.Get("Authorization"))
		s.ServeHTTP(w, r)
	})
	r := &redeploy.Redeployer{Client: client("http://lambda.test", func(o *lambda.Options) { o.HTTPClient = inProcess{handler} })}
	if _, err := r.Run(t.Context(), "new", []redeploy.Function{{Name: "arn:aws:lambda:eu-west-1:123456789012:function:hook"}}); err != nil {
		t.Fatal(err)
	}
	for _, scope := range scopes {
		if !strings.Contains(scope, "/eu-west-1/lambda/") {
			t.Errorf("a request is signed for %s", scope)
		}
	}
	if len(scopes) != 3 {
		t.Errorf("%d requests, want to read, update and read", len(scopes))
	}
}
