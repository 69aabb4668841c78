package store_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/dpb587/concourse-resource-endpoints/internal/store"
	"github.com/dpb587/concourse-resource-endpoints/internal/store/s3store"
)

// newS3 makes a store in an in-process server with S3's API. The tests in e2e try conditional puts on a real server.
func newS3(t *testing.T, bucket string) *s3store.S3 {
	t.Helper()
	server := httptest.NewServer(gofakes3.New(s3mem.New()).Server())
	t.Cleanup(server.Close)
	c := aws.Config{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("key", "secret", "")}
	client := s3.NewFromConfig(c, func(o *s3.Options) {
		o.BaseEndpoint = aws.String(server.URL)
		o.UsePathStyle = true
	})
	if _, err := client.CreateBucket(context.Background(), &s3.CreateBucketInput{Bucket: aws.String("configs")}); err != nil {
		t.Fatal(err)
	}
	return s3store.New(c, store.S3Location{Bucket: bucket, Key: "ci/config.json", Endpoint: server.URL})
}

func TestStores(t *testing.T) {
	t.Parallel()
	stores := map[string]store.Store{
		"file": store.File(filepath.Join(t.TempDir(), "config.json")),
		"s3":   newS3(t, "configs"),
	}
	for name, s := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			if _, err := s.Load(ctx, ""); !errors.Is(err, store.ErrNotFound) {
				t.Fatalf("loading before the first publish: %v, want ErrNotFound", err)
			}
			first, err := s.Publish(ctx, []byte("one"), "")
			if err != nil {
				t.Fatal(err)
			}
			d, err := s.Load(ctx, "")
			if err != nil {
				t.Fatal(err)
			}
			if string(d.Data) != "one" || d.Tag != first {
				t.Errorf("loaded %q with tag %q, want \"one\" with %q", d.Data, d.Tag, first)
			}
			if _, err := s.Load(ctx, first); !errors.Is(err, store.ErrNotModified) {
				t.Errorf("loading again: %v, want ErrNotModified", err)
			}
			second, err := s.Publish(ctx, []byte("two"), first)
			if err != nil {
				t.Fatal(err)
			}
			d, err = s.Load(ctx, first)
			if err != nil {
				t.Fatal(err)
			}
			if string(d.Data) != "two" || d.Tag != second {
				t.Errorf("loaded %q with tag %q, want \"two\" with %q", d.Data, d.Tag, second)
			}
		})
	}
}

func TestFileConflict(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := store.File(filepath.Join(dir, "config.json"))
	ctx := context.Background()
	tag, err := f.Publish(ctx, []byte("base"), "")
	if err != nil {
		t.Fatal(err)
	}
	// If many writers replace the same document, one succeeds and the others get ErrConflict.
	const writers = 8
	errs := make([]error, writers)
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() { _, errs[i] = f.Publish(ctx, []byte(strings.Repeat("x", i+1)), tag) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, store.ErrConflict):
			t.Errorf("unexpected error: %v", err)
		}
	}
	if won != 1 {
		t.Errorf("%d writers of %d published, want 1", won, writers)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("temporary files are left: %v", left)
	}
}

func TestFileKeepsItsMode(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(path, []byte("base"), 0o644); err != nil {
		t.Fatal(err)
	}
	f := store.File(path)
	d, err := f.Load(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Publish(context.Background(), []byte("new"), d.Tag); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o644 {
		t.Errorf("mode = %o, want 644", got)
	}
}

// A writer that was killed leaves a temporary file. The next one removes it, and no other file.
func TestFileSweeps(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	others := []string{".config.json.swp", ".config.jsonx.1.tmp", "config.json.1.tmp", "x.config.json.1.tmp"}
	for _, name := range append(others, ".config.json.1234.tmp", ".config.json.5.tmp") {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := store.File(filepath.Join(dir, "config.json")).Publish(t.Context(), []byte("new"), ""); err != nil {
		t.Fatal(err)
	}
	var left []string
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		left = append(left, e.Name())
	}
	slices.Sort(left)
	want := append([]string{"config.json"}, others...)
	slices.Sort(want)
	if err != nil || !slices.Equal(left, want) {
		t.Errorf("left are %v, %v; want %v", left, err, want)
	}
}

func TestNoBucket(t *testing.T) {
	t.Parallel()
	s := newS3(t, "nowhere")
	if _, err := s.Load(context.Background(), ""); err == nil || !strings.Contains(err.Error(), `there is no bucket "nowhere"`) {
		t.Errorf("loading: %v", err)
	}
	if _, err := s.Publish(context.Background(), []byte("x"), ""); err == nil || !strings.Contains(err.Error(), `there is no bucket "nowhere"`) {
		t.Errorf("publishing: %v", err)
	}
}

// Replacing a document that is gone is a conflict, for a file and for S3, which then answers If-Match with 404
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html).
func TestReplacingAMissingDocument(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-Match") == "" {
			t.Error("the put has no condition")
		}
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`<Error><Code>NoSuchKey</Code></Error>`))
	}))
	t.Cleanup(server.Close)
	c := aws.Config{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("key", "secret", "")}
	for name, s := range map[string]store.Store{
		"file": store.File(filepath.Join(t.TempDir(), "config.json")),
		"s3":   s3store.New(c, store.S3Location{Bucket: "configs", Key: "ci/config.json", Endpoint: server.URL}),
	} {
		if _, err := s.Publish(t.Context(), []byte("x"), `"old"`); !errors.Is(err, store.ErrConflict) {
			t.Errorf("%s: %v, want ErrConflict", name, err)
		}
	}
}

// A server that hangs, before its answer or in it, fails the request in time.
func TestServerHangs(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(http.ResponseWriter){
		"before the answer": func(http.ResponseWriter) {},
		"in the answer": func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte("half"))
			_ = http.NewResponseController(w).Flush()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				begin(w)
				<-r.Context().Done()
			}))
			t.Cleanup(server.Close)
			c := aws.Config{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("key", "secret", "")}
			s := s3store.New(c, store.S3Location{Bucket: "configs", Key: "config.json", Endpoint: server.URL})
			if s.Timeout != 30*time.Second {
				t.Errorf("the time limit is %s", s.Timeout)
			}
			s.Timeout = 50 * time.Millisecond
			const want = " s3://configs/config.json: there is no whole answer within 50ms; is the endpoint right, and can this machine reach it?"
			if _, err := s.Load(t.Context(), ""); err == nil || err.Error() != "reading"+want {
				t.Errorf("loading: %v", err)
			}
			if _, err := s.Publish(t.Context(), []byte("x"), ""); name == "before the answer" && (err == nil || err.Error() != "publishing to"+want) {
				t.Errorf("publishing: %v", err)
			}
		})
	}
}

func TestOpenErrors(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"":                                       "no config location is given",
		"s3:/bucket/key":                         "not of the form s3://BUCKET/KEY",
		"s3:bucket/key":                          "not of the form s3://BUCKET/KEY",
		"s3://bucket":                            "not of the form s3://BUCKET/KEY",
		"s3://bucket/":                           "not of the form s3://BUCKET/KEY",
		"s3:///key":                              "not of the form s3://BUCKET/KEY",
		"s3://bucket/k?reg=x":                    "a field of the query is not known",
		"http://ci/config":                       "this kind of URL is not known",
		"s3://KEY:hunter2@bucket":                "not of the form s3://BUCKET/KEY",
		"s3://KEY:hunter2@bucket/k":              "not of the form s3://BUCKET/KEY",
		"s3://KEY:hun%hunter2@bucket/k":          "not of the form s3://BUCKET/KEY",
		"S3://KEY:hunter2@bucket/k":              "not of the form s3://BUCKET/KEY",
		"S3://bucket/k":                          "not of the form s3://BUCKET/KEY",
		"s3:KEY:hunter2@bucket":                  "not of the form s3://BUCKET/KEY",
		"s3:/KEY:hunter2@bucket/k":               "not of the form s3://BUCKET/KEY",
		"s3://b/?X-Amz-Signature=hunter2":        "not of the form s3://BUCKET/KEY",
		"s3://b/k?hunter2=1":                     "s3://b/k: a field of the query is not known",
		"https://u:hunter2@b.s3.amazonaws.com/k": "this kind of URL is not known",
		"https://b.s3.amazonaws.com/hunter2/k?X-Amz-Signature=hunter2": "this kind of URL is not known",
		"KEY:hunter2@b://x": "this kind of URL is not known",
	}
	for location, want := range tests {
		if _, err := s3store.Open(context.Background(), location); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("Open(%q): %v, want an error with %q", location, err, want)
		}
	}
}
