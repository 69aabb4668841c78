package redeploy_test

import (
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/redeploy"
	"github.com/dpb587/concourse-resource-endpoints/internal/redeploy/lambdatest"
)

func TestRun(t *testing.T) {
	t.Parallel()
	const plain, versioned = "plain", "versioned:live"
	tests := []struct {
		name     string
		function string
		smoke    bool
		settle   int
		given    func(*lambdatest.Server)
		status   redeploy.Status
		version  string
		digest   string
		// updates is how many updates are asked for; -1 where it does not matter.
		updates int
		err     string
	}{
		{name: "updates", function: plain, settle: 3, status: redeploy.Updated, version: "$LATEST", digest: "new", updates: 1},
		{name: "takes an ARN", function: "arn:aws:lambda:eu-west-1:123456789012:function:plain", status: redeploy.Updated, version: "$LATEST", digest: "new", updates: 1},
		{name: "takes a partial ARN", function: "123456789012:function:versioned:live", status: redeploy.Updated, version: "2", digest: "new", updates: 1},
		{
			name: "leaves what has the digest", function: plain, status: redeploy.Unchanged, version: "$LATEST", digest: "new",
			given: func(s *lambdatest.Server) { s.Change("plain", redeploy.Variable, "new") },
		},
		{
			name: "waits for somebody else's update", function: plain, status: redeploy.Updated, version: "$LATEST", digest: "new", updates: 1,
			given: func(s *lambdatest.Server) { s.Occupy("plain", 4) },
		},
		{
			name: "retries after a conflict", function: plain, settle: 2, status: redeploy.Updated, version: "$LATEST", digest: "new", updates: 2,
			given: func(s *lambdatest.Server) {
				s.Before = once("UpdateFunctionConfiguration", func() { s.Occupy("plain", 3) })
			},
		},
		{
			name: "reads again what somebody else changed", function: plain, status: redeploy.Updated, version: "$LATEST", digest: "new", updates: 2,
			given: func(s *lambdatest.Server) {
				s.Before = once("UpdateFunctionConfiguration", func() { s.Change("plain", "ADDED", "x") })
			},
		},
		{
			name: "updates again what somebody else undid", function: plain, status: redeploy.Updated, version: "$LATEST", digest: "new", updates: 2,
			given: func(s *lambdatest.Server) {
				undone := false
				s.OnUpdate = func(string, map[string]string) {
					if !undone {
						undone = true
						s.Change("plain", redeploy.Variable, "another sync's")
					}
				}
			},
		},
		{
			name: "gives up where somebody else never stops", function: plain, status: redeploy.Failed, version: "$LATEST", digest: "old", updates: 5,
			given: func(s *lambdatest.Server) {
				s.Before = func(operation, _ string) {
					if operation == "UpdateFunctionConfiguration" {
						s.Change("plain", "ADDED", "x")
					}
				}
			},
			err: "gave up after 5 attempts",
		},
		{
			name: "tells why an update failed", function: plain, settle: 2, status: redeploy.Failed, version: "$LATEST", digest: "old", updates: 1,
			given: func(s *lambdatest.Server) { s.FailUpdate("plain", "the subnet is full") },
			err:   "redeploying plain: updating the environment: Lambda could not apply it: the subnet is full",
		},
		{
			name: "updates again where the digest's update failed", function: plain, status: redeploy.Updated, version: "$LATEST", digest: "new", updates: 1,
			given: func(s *lambdatest.Server) {
				s.Change("plain", redeploy.Variable, "new")
				s.FailUpdate("plain", "the subnet is full")
				s.Occupy("plain", 1)
			},
		},
		{
			name: "refuses variables that it can't read", function: plain, status: redeploy.Failed,
			given: func(s *lambdatest.Server) { s.Encrypt("plain") },
			err:   "kms:Decrypt",
		},
		{
			name: "explains the limit", function: plain, status: redeploy.Failed, version: "$LATEST", digest: "old", updates: 1,
			given: func(s *lambdatest.Server) { s.Change("plain", "LONG", strings.Repeat(planted, 4096/len(planted)+1)) },
			err:   "larger than Lambda's 4 KB",
		},
		{
			name: "tells none of what Lambda says of the variables", function: plain, status: redeploy.Failed, version: "$LATEST", digest: "old", updates: 1,
			given: func(s *lambdatest.Server) {
				s.Fail("UpdateFunctionConfiguration", 400, "InvalidParameterValueException", "reserved keys: "+planted)
			},
			err: "Lambda refuses it: InvalidParameterValueException",
		},
		{
			name: "tells that the key can't be used", function: plain, status: redeploy.Failed, version: "$LATEST", digest: "old", updates: 1,
			given: func(s *lambdatest.Server) {
				s.Fail("UpdateFunctionConfiguration", 502, "KMSAccessDeniedException", planted)
			},
			err: "KMSAccessDeniedException: Lambda can't encrypt it; allow kms:Encrypt and kms:Decrypt",
		},
		{name: "names what is not there", function: "none", status: redeploy.Failed, err: "redeploying none: reading the configuration: not found"},
		{name: "names an alias that is not there", function: "plain:live", status: redeploy.Failed, err: "reading the alias live: not found"},
		{
			name: "leaves a working function", function: plain, smoke: true, status: redeploy.Updated, version: "$LATEST", digest: "new", updates: 1,
			given: func(s *lambdatest.Server) { s.OnInvoke = answers(2, initError) },
		},
		{
			name: "tells that a function does not work", function: plain, smoke: true, status: redeploy.Failed, version: "$LATEST", digest: "new", updates: 1,
			given: func(s *lambdatest.Server) { s.OnInvoke = answers(1, initError) },
			err:   "invoking $LATEST: it answers with an error: Init.Failed: reading s3://b/k: access denied",
		},
		{
			name: "tells that an unchanged function still does not work", function: plain, smoke: true, status: redeploy.Failed, version: "$LATEST", digest: "new",
			given: func(s *lambdatest.Server) {
				s.Change("plain", redeploy.Variable, "new")
				s.OnInvoke = answers(1, `{"errorType":"errorString","errorMessage":"`+planted+`"}`)
			},
			err: "errorString; the function's log says more",
		},

		{name: "moves the alias", function: versioned, settle: 2, smoke: true, status: redeploy.Updated, version: "2", digest: "new", updates: 1},
		{
			name: "takes the version that a former attempt published", function: versioned, status: redeploy.Updated, version: "2", digest: "new",
			given: func(s *lambdatest.Server) { s.Change("versioned", redeploy.Variable, "new"); s.Publish("versioned") },
		},
		{
			name: "leaves an alias that points to the digest", function: versioned, status: redeploy.Unchanged, version: "2", digest: "new",
			given: func(s *lambdatest.Server) {
				s.Change("versioned", redeploy.Variable, "new")
				s.PointAlias("versioned", "live", s.Publish("versioned"), nil)
				s.ChangeCode("versioned", "unreleased")
			},
		},
		{
			name: "moves no alias of $LATEST", function: versioned, status: redeploy.Updated, version: "$LATEST", digest: "new", updates: 1,
			given: func(s *lambdatest.Server) { s.PointAlias("versioned", "live", lambdatest.Latest, nil) },
		},
		{
			name: "leaves a gradual deployment", function: versioned, status: redeploy.Failed,
			given: func(s *lambdatest.Server) { s.PointAlias("versioned", "live", "1", map[string]float64{"3": 0.1}) },
			err:   "it points to version 1 and, with a weight, to 3; finish that deployment first",
		},
		{
			name: "releases no code", function: versioned, status: redeploy.Failed, version: "1", digest: "old",
			given: func(s *lambdatest.Server) { s.ChangeCode("versioned", "unreleased") },
			err:   "$LATEST has other code",
		},
		{
			name: "releases no settings", function: versioned, status: redeploy.Failed, version: "1", digest: "old",
			given: func(s *lambdatest.Server) {
				s.Change("versioned", "TOKEN", planted+"2")
				s.Change("versioned", "ADDED", planted)
			},
			err: "$LATEST has other values of ADDED, TOKEN,",
		},
		{
			name: "takes no settings away", function: versioned, status: redeploy.Failed, version: "1", digest: "old",
			given: func(s *lambdatest.Server) { s.Unset("versioned", "TOKEN") },
			err:   "$LATEST has other values of TOKEN,",
		},
		{
			name: "moves no alias to what can't be started", function: versioned, settle: 2, status: redeploy.Failed, version: "1", digest: "old", updates: 1,
			given: func(s *lambdatest.Server) { s.FailVersion("versioned", "the image is gone") },
			err:   "starting version 2: InvalidImage: the image is gone; the alias live stays at version 1",
		},
		{
			name: "finds the alias moved already", function: versioned, status: redeploy.Updated, version: "2", digest: "new", updates: 1,
			given: func(s *lambdatest.Server) {
				s.Before = once("UpdateAlias", func() { s.PointAlias("versioned", "live", "2", nil) })
			},
		},
		{
			name: "publishes again after a conflict", function: versioned, status: redeploy.Updated, version: "2", digest: "new", updates: 1,
			given: func(s *lambdatest.Server) { s.Before = once("PublishVersion", func() { s.Occupy("versioned", 3) }) },
		},
		{
			name: "releases no code that comes in between", function: versioned, status: redeploy.Failed, version: "1", digest: "old", updates: 1,
			given: func(s *lambdatest.Server) {
				s.Before = once("PublishVersion", func() { s.ChangeCode("versioned", "unreleased") })
			},
			err: "$LATEST has other code",
		},
		{
			name: "moves an alias whose description somebody changed", function: versioned, status: redeploy.Updated, version: "2", digest: "new", updates: 1,
			given: func(s *lambdatest.Server) {
				s.Before = once("UpdateAlias", func() { s.PointAlias("versioned", "live", "1", nil) })
			},
		},
		{
			name: "moves no alias that somebody else moves", function: versioned, status: redeploy.Failed, version: "3", updates: 1,
			given: func(s *lambdatest.Server) {
				s.Before = once("UpdateAlias", func() {
					s.ChangeCode("versioned", "released meanwhile")
					s.PointAlias("versioned", "live", s.Publish("versioned"), nil)
				})
			},
			err: "moving the alias live from version 1 to 2: somebody else has moved it to 3",
		},
		{
			name: "moves no alias to what does not work", function: versioned, smoke: true, status: redeploy.Failed, version: "1", digest: "old", updates: 1,
			given: func(s *lambdatest.Server) { s.OnInvoke = answers(1, initError) },
			err:   "invoking 2: it answers with an error: Init.Failed: reading s3://b/k: access denied; the alias live stays at version 1",
		},
		{
			name: "moves the alias back", function: versioned, smoke: true, status: redeploy.RolledBack, version: "1", digest: "old", updates: 1,
			given: func(s *lambdatest.Server) { s.OnInvoke = answers(2, "Task timed out") },
			err:   "invoking live: it answers with an error: Unhandled; the function's log says more; the alias live is back at version 1",
		},
		{
			name: "tells that it can't move back", function: versioned, smoke: true, status: redeploy.Failed, version: "2", digest: "new", updates: 1,
			given: func(s *lambdatest.Server) {
				s.OnInvoke = answers(2, "")
				s.OnMove = func(string, string, string, map[string]string) {
					s.Fail("UpdateAlias", 400, "InvalidParameterValueException", "no")
				}
			},
			err: "rolling back: moving the alias live from version 2 to 1",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, tt.settle)
			if tt.given != nil {
				tt.given(s)
			}
			results, err := run(t, s, tt.smoke, tt.function)
			got := results[0]
			if got.Status != tt.status || got.Version != tt.version || got.Digest != tt.digest {
				t.Errorf("got %v; want %s, version %q, digest %q", got, tt.status, tt.version, tt.digest)
			}
			if text := message(err); (tt.err == "") != (err == nil) || !strings.Contains(text, tt.err) {
				t.Errorf("error %q, want %q in it", text, tt.err)
			}
			if n := s.Count("UpdateFunctionConfiguration"); n != tt.updates {
				t.Errorf("%d updates, want %d: %v", n, tt.updates, s.Calls())
			}
			name := got.Function[strings.LastIndex(got.Function, ":")+1:]
			if tt.version != "" {
				// What $LATEST is set to is not what it runs where an update failed.
				if runs := s.Environment(name, got.Alias)[redeploy.Variable]; tt.digest != "" && runs != tt.digest && (tt.err == "" || got.Alias != "") {
					t.Errorf("it says %q and runs %q", tt.digest, runs)
				}
				if led := s.Alias(name, got.Alias); got.Alias != "" && led != tt.version {
					t.Errorf("it says version %q, the alias points to %q", tt.version, led)
				}
			}
		})
	}
}
