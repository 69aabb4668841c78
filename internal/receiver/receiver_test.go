package receiver_test

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/match"
	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/aws"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providers"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providertest"
	"github.com/dpb587/concourse-resource-endpoints/internal/receiver"
)

// What must never be seen in an answer or a log.
const (
	plantedSecret = "planted-webhook-secret"
	plantedPath   = "planted-path%secret"
	plantedToken  = "planted-webhook-token"
)

const document = `{
	"version": 1,
	"atc": {"url": "https://ci.example.com"},
	"checks": [
		{"check": "app/source", "type": "git", "webhook_token": "env:TOKEN", "filter": {"uri": "https://github.com/octo/app", "branch": "main", "paths": ["src"]}},
		{"check": "app/docs", "type": "git", "filter": {"uri": "https://github.com/octo/app", "branch": "main", "paths": ["docs"]}},
		{"check": "app/mirror", "team": "other", "type": "git", "filter": {"uri": "git@github.com:octo/app.git"}},
		{"check": "images/app", "type": "registry-image", "filter": {"repository": "ann/app"}},
		{"check": "deploy/tarball", "type": "s3", "filter": {"bucket": "releases", "regexp": "app-(.*).tgz"}}
	]
}`

// checker is a fake of the ATC. It notes whom it is asked to check.
type checker struct {
	// answer is what it says to a resource; nil takes all.
	answer func(ctx context.Context, resource string) error

	mu    sync.Mutex
	calls []string
}

func (c *checker) Check(ctx context.Context, ref config.Ref, token string) (concourse.Build, error) {
	c.mu.Lock()
	call := ref.String()
	if token != "" {
		call += " by token"
	}
	c.calls = append(c.calls, call)
	c.mu.Unlock()
	if c.answer == nil {
		return concourse.Build{ID: 1}, nil
	}
	return concourse.Build{ID: 1}, c.answer(ctx, ref.Resource)
}

func (c *checker) called() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(slices.Values(c.calls))
}

// refusal answers one resource with a status of the ATC's, in an error with details that no answer may hold.
func refusal(resource string, status int) func(context.Context, string) error {
	return func(_ context.Context, asked string) error {
		if asked != resource {
			return nil
		}
		return fmt.Errorf("https://ci.internal refuses bot: Concourse answered %d%w", status, &concourse.StatusError{Status: status, Concourse: true})
	}
}

// log is a log that tests may read.
type log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// lines are those with the message.
func (l *log) lines(t *testing.T, message string) []map[string]any {
	t.Helper()
	var found []map[string]any
	for line := range strings.Lines(l.String()) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("a line that is not JSON: %v: %s", err, line)
		}
		if fields["msg"] == message {
			found = append(found, fields)
		}
	}
	return found
}

// newReceiver is one that takes webhooks and notifications, with all it says in the log.
func newReceiver(tb testing.TB, c *checker) (*receiver.Receiver, *log) {
	tb.Helper()
	parsed, err := config.Parse([]byte(document))
	if err != nil {
		tb.Fatal(err)
	}
	matcher, err := match.New(parsed)
	if err != nil {
		tb.Fatal(err)
	}
	l := new(log)
	logger := slog.New(slog.NewJSONHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
	current := &receiver.Current{
		Matcher: matcher,
		Checker: c,
		Secrets: map[string][]string{
			"github": {plantedSecret, "planted-old"}, "gitea": {plantedSecret}, "dockerhub": {plantedPath}, "event-grid": {plantedPath}, "generic": {plantedSecret},
		},
		WebhookToken: func(_ context.Context, reference string) (string, error) {
			if reference != "env:TOKEN" {
				return "", errors.New("no such reference")
			}
			return plantedToken, nil
		},
	}
	return &receiver.Receiver{
		Ask: func(ctx context.Context, current *receiver.Current, targets []notify.Target) notify.Report {
			return notify.New(current.Checker, notify.Options{
				Attempts: 2, Backoff: time.Microsecond, MaxBackoff: time.Microsecond, Logger: logger,
			}).Notify(ctx, targets)
		},
		Current:           func(context.Context) (*receiver.Current, error) { return current, nil },
		Providers:         providers.All(),
		ParseNotification: aws.ParseNotification,
		Logger:            logger,
	}, l
}

// push is GitHub's of one commit to octo/app's main that touches the file.
func push(file string) string {
	return `{"ref":"refs/heads/main","before":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","after":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",` +
		`"created":false,"deleted":false,"forced":false,` +
		`"commits":[{"id":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","message":"x","added":["` + file + `"],"removed":[],"modified":[]}],` +
		`"repository":{"clone_url":"https://github.com/octo/app.git","default_branch":"main"}}`
}

type headers = providertest.Headers

// signed are GitHub's headers of a body.
func signed(event, body string) headers {
	return headers{"X-GitHub-Event": event, "X-GitHub-Delivery": "d-1", "X-Hub-Signature-256": "sha256=" + mac(sha256.New, plantedSecret, body)}
}

func mac(h func() hash.Hash, secret, body string) string { return providertest.HexMAC(h, secret, body) }

func sha1Signature(body string) string { return "sha1=" + mac(sha1.New, plantedSecret, body) }

// wantNothingPlanted fails where text holds a secret, or a signature that would have been right.
func wantNothingPlanted(t *testing.T, what, text, body string) {
	t.Helper()
	for _, secret := range []string{
		"planted", mac(sha256.New, plantedSecret, body), mac(sha1.New, plantedSecret, body),
	} {
		if strings.Contains(text, secret) {
			t.Errorf("%s holds a secret (%.8s...): %s", what, secret, text)
		}
	}
}
