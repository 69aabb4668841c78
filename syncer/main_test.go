package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/rogpeppe/go-internal/testscript"
	"sigs.k8s.io/yaml"

	"github.com/dpb587/concourse-resource-endpoints/internal/pending"
	"github.com/dpb587/concourse-resource-endpoints/internal/read/atctest"
	"github.com/dpb587/concourse-resource-endpoints/internal/redeploy/lambdatest"
	"github.com/dpb587/concourse-resource-endpoints/internal/retry/sqstest"
	"github.com/dpb587/concourse-resource-endpoints/internal/secret/planted"
	"github.com/dpb587/concourse-resource-endpoints/syncer/commands"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"syncer": watched})
}

// watched is the syncer. If it prints a planted secret, it says so in the file that LEAKS names, whatever the script makes of its output.
func watched() {
	var printed bytes.Buffer
	streams := commands.Streams{In: os.Stdin, Out: io.MultiWriter(os.Stdout, &printed), Err: io.MultiWriter(os.Stderr, &printed)}
	status := commands.Run(context.Background(), os.Args[1:], streams)
	if planted.In(printed.Bytes()) {
		note(os.Getenv("LEAKS"), fmt.Sprintf("syncer %q prints:\n%s", os.Args[1:], printed.Bytes()))
	}
	os.Exit(status)
}

// search fails a script that makes a program show a secret, or write one into a file.
func search(e *testscript.Env) error {
	leaks := filepath.Join(e.Cd, "leaks.log")
	e.Setenv("LEAKS", leaks)
	before, err := planted.Holding(e.WorkDir)
	if err != nil {
		return err
	}
	e.Values["given"] = before
	t := e.T()
	e.Defer(func() {
		if leaked, err := before.Leaked(e.WorkDir); err != nil || len(leaked) > 0 {
			text, _ := os.ReadFile(leaks)
			t.Fatal("a secret is shown, or in files: ", leaked, err, "\n", string(text))
		}
	})
	return nil
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			e.Setenv("AWS_MAX_ATTEMPTS", "1")
			e.Setenv("CONFIG_REFRESH", "0s") // there is no endpoint to wait for
			return search(e)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"atc":    serveATC,
			"page":   servePage,
			"s3":     serveS3,
			"sqs":    serveSQS,
			"lambda": serveLambda,
			"state":  keepState,
			"expand": expand,
			"exits":  exits,
		},
	})
}

// listen serves until the script ends.
func listen(ts *testscript.TestScript, h http.Handler) (url string) {
	server := httptest.NewServer(h)
	ts.Defer(server.Close)
	return server.URL
}

// serveATC is "atc FILE": an ATC with the data of a YAML file, which it reads at each request, so that a script may change it. It
// sets CONCOURSE_URL, and writes the posted checks to checks.log and all requests to requests.log.
func serveATC(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: atc FILE")
	}
	path := ts.MkAbs(args[0])
	fake := &atctest.ATC{Load: func() (*atctest.Data, error) {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		d := new(atctest.Data)
		return d, yaml.UnmarshalStrict(text, d)
	}}
	checks, requests := ts.MkAbs("checks.log"), ts.MkAbs("requests.log")
	note(checks, "")
	note(requests, "")
	fake.Checked = func(check string) { note(checks, check+"\n") }
	fake.Answer = func(_ http.ResponseWriter, r *http.Request) bool {
		note(requests, r.Method+" "+r.URL.RequestURI()+"\n")
		return false
	}
	ts.Setenv("CONCOURSE_URL", listen(ts, fake))
}

// keepState is "state FILE CHECK [hold]": a server's state file in which a check waits. With hold, the file stays open.
func keepState(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: state FILE CHECK [hold]")
	}
	state, err := pending.Open(ts.MkAbs(args[0]), slog.New(slog.DiscardHandler))
	ts.Check(err)
	ts.Check(state.Put([]pending.Entry{{
		Name: args[1], Team: "main", Generation: 1, Oldest: time.Unix(1700000000, 0), Deliveries: []string{"d-1"}, Providers: []string{"github"},
		Attempts: 3, Error: "Concourse\nis down",
	}}))
	if len(args) > 2 {
		ts.Defer(func() { _ = state.Close() })
		return
	}
	ts.Check(state.Close())
}

// serveLambda is "lambda NAME...": a Lambda with these functions.
func serveLambda(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: lambda NAME...")
	}
	functions := make([]lambdatest.Function, len(args))
	for i, name := range args {
		functions[i] = lambdatest.Function{Name: name}
	}
	server := lambdatest.New(functions...)
	ts.Defer(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_LAMBDA": server.URL, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret",
	} {
		ts.Setenv(name, value)
	}
}

// note appends to a log. An error shows when the script compares the log.
func note(path, text string) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	_, _ = io.WriteString(f, text)
	_ = f.Close()
}

// servePage is "page": a server that answers every request with an HTML page, like a proxy's login page. It sets PAGE_URL.
func servePage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: page")
	}
	ts.Setenv("PAGE_URL", listen(ts, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<!doctype html><title>Log in</title>")
	})))
}

// serveS3 is "s3 BUCKET": an S3 server with one bucket, and the environment to reach it.
func serveS3(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: s3 BUCKET")
	}
	backend := s3mem.New()
	ts.Check(backend.CreateBucket(args[0]))
	ts.Setenv("AWS_ENDPOINT_URL_S3", listen(ts, gofakes3.New(backend).Server()))
	ts.Setenv("AWS_ACCESS_KEY_ID", "key")
	ts.Setenv("AWS_SECRET_ACCESS_KEY", "planted-secret")
	ts.Setenv("AWS_REGION", "us-east-1")
}

// serveSQS is "sqs FILE": an SQS with the queues retry and dead, and the environment to reach it: their URLs are in RETRY and DEAD. Each
// line of the file is a message of dead.
func serveSQS(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: sqs FILE")
	}
	server := sqstest.New("retry", "dead")
	server.URL = listen(ts, server)
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		ts.Check(server.Send("dead", strings.TrimSpace(line)))
	}
	ts.Setenv("RETRY", server.QueueURL("retry"))
	ts.Setenv("DEAD", server.QueueURL("dead"))
	ts.Setenv("AWS_ACCESS_KEY_ID", "key")
	ts.Setenv("AWS_SECRET_ACCESS_KEY", "planted-secret")
}

// expand is "expand FILE": it replaces environment variables in a file.
func expand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: expand FILE")
	}
	text := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	ts.Value("given").(planted.Files).Add([]byte(text), args[0])
	ts.Check(os.WriteFile(ts.MkAbs(filepath.Clean(args[0])), []byte(text), 0o600))
}

// exits is "exits STATUS COMMAND...": it runs the command, and fails if it exits with another status.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s", fmt.Sprintf("it exits with %d, want %d", got, want))
	}
}
