package store_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/dpb587/concourse-resource-endpoints/internal/awscall"
	"github.com/dpb587/concourse-resource-endpoints/internal/store"
	"github.com/dpb587/concourse-resource-endpoints/internal/store/s3store"
)

// clients makes both clients of an object: the SDK's, and the one of the Lambda functions.
func clients(t *testing.T, l store.S3Location) map[string]store.Loader {
	t.Helper()
	c := aws.Config{
		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""),
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported, // as s3store.AWSConfig makes it
	}
	client, err := awscall.FromEnv(func(name string) string {
		return map[string]string{"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	read, err := client.Object(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]store.Loader{"SDK": s3store.New(c, l), "awscall": read}
}

func s3Error(status int, code string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		if status != http.StatusNotModified {
			_, _ = fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>m</Message></Error>`, code)
		}
	}
}

func document(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("ETag", `"1"`)
	w.Header().Set("X-Amz-Checksum-Crc32", "Vhusrw==") // of {"a":1}
	_, _ = w.Write([]byte(`{"a":1}`))
}

func cut(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "100")
	_, _ = w.Write([]byte("half"))
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func damaged(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("X-Amz-Checksum-Crc32", "Vhusrw==")
	_, _ = w.Write([]byte(`{"a":2}`))
}

// Both clients make the same of an answer, and ask as often.
func TestAnswers(t *testing.T) {
	t.Parallel()
	hour := time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	for name, tt := range map[string]struct {
		answers []http.HandlerFunc // the last one again and again
		tries   int32
		is      error
		want    string // of the error
	}{
		"found":              {[]http.HandlerFunc{document}, 1, nil, ""},
		"301":                {[]http.HandlerFunc{s3Error(301, "PermanentRedirect", "X-Amz-Bucket-Region", "eu-west-1", "Location", "http://elsewhere.invalid")}, 1, nil, "reading s3://configs/ci/a+b c.json: the bucket is in another region; set it with ?region=eu-west-1 or AWS_REGION"},
		"301 without region": {[]http.HandlerFunc{s3Error(301, "PermanentRedirect")}, 1, nil, "set it with ?region=REGION or AWS_REGION"},
		"wrong region":       {[]http.HandlerFunc{s3Error(400, "AuthorizationHeaderMalformed", "X-Amz-Bucket-Region", "eu-west-1")}, 1, nil, "set it with ?region=eu-west-1 or AWS_REGION"},
		"304":                {[]http.HandlerFunc{s3Error(304, "")}, 1, store.ErrNotModified, ""},
		"403":                {[]http.HandlerFunc{s3Error(403, "AccessDenied")}, 1, nil, "access denied (AccessDenied): the credentials need s3:GetObject"},
		"404 of a bucket":    {[]http.HandlerFunc{s3Error(404, "NoSuchBucket")}, 1, nil, `there is no bucket "configs"; create it`},
		"404 of a key":       {[]http.HandlerFunc{s3Error(404, "NoSuchKey")}, 1, store.ErrNotFound, ""},
		"412":                {[]http.HandlerFunc{s3Error(412, "PreconditionFailed")}, 1, store.ErrConflict, ""},
		"503 once":           {[]http.HandlerFunc{s3Error(503, "SlowDown"), document}, 2, nil, ""},
		"500 for ever":       {[]http.HandlerFunc{s3Error(500, "InternalError")}, 3, nil, "500"},
		"cut":                {[]http.HandlerFunc{cut}, 0, nil, "unexpected EOF"},
		"damaged":            {[]http.HandlerFunc{damaged}, 0, nil, "reading s3://configs/ci/a+b c.json: "},
		"skew":               {[]http.HandlerFunc{s3Error(403, "RequestTimeTooSkewed", "Date", hour), document}, 2, nil, ""},
		"403 of the clock":   {[]http.HandlerFunc{s3Error(403, "AccessDenied", "Date", hour), document}, 1, nil, "access denied"},
	} {
		for _, client := range []string{"SDK", "awscall"} {
			t.Run(name+", "+client, func(t *testing.T) {
				t.Parallel()
				var calls atomic.Int32
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path != "/configs/ci/a+b c.json" || !strings.Contains(r.URL.EscapedPath(), "/a%2Bb%20c.json") || r.Header.Get("If-None-Match") != `"0"` {
						t.Errorf("asked for %s, if-none-match %s", r.URL.EscapedPath(), r.Header.Get("If-None-Match"))
					}
					tt.answers[min(int(calls.Add(1)), len(tt.answers))-1](w, r)
				}))
				t.Cleanup(server.Close)
				c := clients(t, store.S3Location{Bucket: "configs", Key: "ci/a+b c.json", Endpoint: server.URL})[client]
				d, err := c.Load(t.Context(), `"0"`)
				switch {
				case tt.is == nil && tt.want == "" && (err != nil || string(d.Data) != `{"a":1}` || d.Tag != `"1"`):
					t.Errorf("got %q with tag %s, %v", d.Data, d.Tag, err)
				case tt.is != nil && !errors.Is(err, tt.is), tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
					t.Errorf("error %v, want %v %s", err, tt.is, tt.want)
				}
				if n := calls.Load(); tt.tries > 0 && n != tt.tries {
					t.Errorf("%d requests, want %d", n, tt.tries)
				}
			})
		}
	}
}

// What is cut or damaged on its way is asked for again by the functions. (The SDK gives the body to its caller, and does not.)
func TestDamagedOnce(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]http.HandlerFunc{"cut": cut, "damaged": damaged} {
		var calls atomic.Int32
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if calls.Add(1) == 1 {
				first(w, r)
			}
			document(w, r)
		}))
		t.Cleanup(server.Close)
		d, err := clients(t, store.S3Location{Bucket: "configs", Key: "k", Endpoint: server.URL})["awscall"].Load(t.Context(), "")
		if err != nil || string(d.Data) != `{"a":1}` || calls.Load() != 2 {
			t.Errorf("%s: got %q after %d requests, %v", name, d.Data, calls.Load(), err)
		}
	}
}

// A directory bucket needs a session, which the functions do not make.
func TestDirectoryBucket(t *testing.T) {
	t.Parallel()
	_, err := awscall.New(aws.Credentials{}, "us-east-1", http.DefaultClient, 0).Object(t.Context(), store.S3Location{Bucket: "b--use1-az4--x-s3", Key: "k"})
	if err == nil || !strings.Contains(err.Error(), "put the config into a general purpose bucket") {
		t.Error(err)
	}
}
