package awscall_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/dpb587/concourse-resource-endpoints/internal/awscall"
)

// wire answers requests within the process, so that a test may use synctest's clock.
type wire struct {
	requests []*http.Request
	answers  []func() (*http.Response, error) // the last one again and again
}

func (w *wire) Do(r *http.Request) (*http.Response, error) {
	w.requests = append(w.requests, r)
	return w.answers[min(len(w.requests), len(w.answers))-1]()
}

func answer(status int, body string, header ...string) func() (*http.Response, error) {
	return func() (*http.Response, error) {
		h := http.Header{"Content-Type": {"application/x-amz-json-1.1"}}
		for i := 0; i < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

func failure() (*http.Response, error) { return nil, io.ErrUnexpectedEOF }

func client(w *wire) *awscall.Client {
	return awscall.New(aws.Credentials{AccessKeyID: "key", SecretAccessKey: "planted", SessionToken: "planted-session"}, "eu-west-1", w, 0)
}

const value = `{"Parameter":{"Value":"v"}}`

func throttled(code string) func() (*http.Response, error) {
	return answer(400, `{"__type":"com.amazonaws.ssm#`+code+`","message":"slowly"}`)
}

// What is tried again is what the SDK tries again, three times at most.
func TestTries(t *testing.T) {
	t.Parallel()
	ok := answer(200, value)
	for name, tt := range map[string]struct {
		answers []func() (*http.Response, error)
		tries   int
		want    string // of the error
	}{
		"at once":                    {[]func() (*http.Response, error){ok}, 1, ""},
		"500":                        {[]func() (*http.Response, error){answer(500, ""), ok}, 2, ""},
		"502 of a proxy":             {[]func() (*http.Response, error){answer(502, "<html>"), ok}, 2, ""},
		"503":                        {[]func() (*http.Response, error){answer(503, ""), answer(504, ""), ok}, 3, ""},
		"429":                        {[]func() (*http.Response, error){answer(429, ""), ok}, 2, ""},
		"throttling":                 {[]func() (*http.Response, error){throttled("ThrottlingException"), ok}, 2, ""},
		"more throttling":            {[]func() (*http.Response, error){throttled("RequestLimitExceeded"), ok}, 2, ""},
		"the connection is cut":      {[]func() (*http.Response, error){failure, ok}, 2, ""},
		"three times":                {[]func() (*http.Response, error){answer(500, `{"__type":"InternalServerError","message":"m"}`)}, 3, "Systems Manager GetParameter: the answer is 500 InternalServerError: m"},
		"refused":                    {[]func() (*http.Response, error){throttled("ParameterNotFound")}, 1, "Systems Manager GetParameter: the answer is 400 ParameterNotFound: slowly"},
		"501":                        {[]func() (*http.Response, error){answer(501, "")}, 1, "the answer is 501"},
		"redirected":                 {[]func() (*http.Response, error){answer(307, "", "Location", "http://elsewhere")}, 1, "the answer is 307"},
		"no JSON":                    {[]func() (*http.Response, error){answer(200, "<html>planted")}, 3, "the answer is not the JSON of AWS; is the endpoint right?"},
		"no value":                   {[]func() (*http.Response, error){answer(200, "{}")}, 1, "the answer holds none"},
		"a code that is none":        {[]func() (*http.Response, error){answer(400, `{"__type":"planted secret","message":"planted"}`)}, 1, "the answer is 400"},
		"a URL in AWS's own words":   {[]func() (*http.Response, error){answer(400, `{"__type":"X","message":"at https://user:planted@host/planted"}`)}, 1, "the answer is 400 X: at https://host/[redacted]"},
		"an answer that is too long": {[]func() (*http.Response, error){answer(400, `{"__type":"X","message":"`+strings.Repeat("é", 10_000)+`"}`)}, 1, "the answer is 400 X: é"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &wire{answers: tt.answers}
				got, err := client(w).Resolver().SSM(t.Context(), "/ci/token")
				if len(w.requests) != tt.tries {
					t.Errorf("%d requests, want %d", len(w.requests), tt.tries)
				}
				switch {
				case tt.want == "" && (err != nil || got != "v"):
					t.Errorf("got %q, %v", got, err)
				case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || len(err.Error()) > 700 || strings.Contains(err.Error(), "planted")):
					t.Errorf("error %v, want %q", err, tt.want)
				}
			})
		})
	}
}

// A wrong clock is corrected by AWS's, once for all requests that follow; and again when it is set right.
func TestClockSkew(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		ahead time.Duration // AWS's clock
		code  string
		age   bool
		tries int
	}{
		"behind":             {20 * time.Minute, "InvalidSignatureException", false, 2},
		"ahead":              {-20 * time.Minute, "RequestTimeTooSkewed", false, 2},
		"nearly right":       {3 * time.Minute, "InvalidSignatureException", false, 1},
		"another code":       {20 * time.Minute, "ParameterNotFound", false, 1},
		"a date of a cache":  {20 * time.Minute, "InvalidSignatureException", true, 1},
		"no date of a clock": {0, "InvalidSignatureException", false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				header := []string{"Date", time.Now().Add(tt.ahead).UTC().Format(http.TimeFormat)}
				if tt.age {
					header = append(header, "Age", "60")
				}
				if tt.ahead == 0 {
					header[1] = "soon"
				}
				w := &wire{answers: []func() (*http.Response, error){answer(403, `{"__type":"`+tt.code+`"}`, header...), answer(200, value)}}
				c := client(w)
				_, err := c.Resolver().SSM(t.Context(), "/ci/token")
				if len(w.requests) != tt.tries || (err == nil) != (tt.tries == 2) {
					t.Fatalf("%d requests, %v; want %d", len(w.requests), err, tt.tries)
				}
				if tt.tries == 1 {
					return
				}
				signedAt := func() time.Duration {
					at, err := time.Parse("20060102T150405Z", w.requests[len(w.requests)-1].Header.Get("X-Amz-Date"))
					if err != nil {
						t.Fatal(err)
					}
					return (time.Until(at) - tt.ahead).Abs()
				}
				if off := signedAt(); off > 10*time.Second {
					t.Errorf("the second request is signed %s off AWS's clock", off)
				}
				if _, err := c.Resolver().SSM(t.Context(), "/ci/token"); err != nil || len(w.requests) != 3 || signedAt() > 10*time.Second {
					t.Errorf("the next call: %d requests, %v, signed %s off", len(w.requests), err, signedAt())
				}
			})
		})
	}
}

// A caller that has waited long enough is not kept waiting by another try.
func TestContextEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &wire{answers: []func() (*http.Response, error){throttled("ThrottlingException")}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		start := time.Now()
		_, err := client(w).Resolver().SSM(ctx, "/ci/token")
		if err == nil || len(w.requests) > 2 || time.Since(start) > 100*time.Millisecond {
			t.Errorf("%v after %d requests and %s", err, len(w.requests), time.Since(start))
		}
	})
}

func env(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

// The variables are those of the SDK. A region that is no part of a host name sends nothing anywhere.
func TestFromEnv(t *testing.T) {
	t.Parallel()
	keys := map[string]string{"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "planted", "AWS_SESSION_TOKEN": "session"}
	for name, tt := range map[string]struct {
		env               map[string]string
		parameter         string
		host, scope, want string
	}{
		"Lambda's":          {map[string]string{"AWS_REGION": "eu-west-1"}, "p", "ssm.eu-west-1.amazonaws.com", "/eu-west-1/ssm/", ""},
		"no region":         {nil, "p", "ssm.us-east-1.amazonaws.com", "/us-east-1/ssm/", ""},
		"default region":    {map[string]string{"AWS_DEFAULT_REGION": "cn-north-1"}, "p", "ssm.cn-north-1.amazonaws.com.cn", "/cn-north-1/ssm/", ""},
		"the ARN's region":  {map[string]string{"AWS_REGION": "eu-west-1"}, "arn:aws:ssm:us-west-2:1:parameter/p", "ssm.us-west-2.amazonaws.com", "/us-west-2/ssm/", ""},
		"FIPS":              {map[string]string{"AWS_USE_FIPS_ENDPOINT": "true"}, "p", "ssm-fips.us-east-1.amazonaws.com", "/us-east-1/ssm/", ""},
		"dual-stack":        {map[string]string{"AWS_USE_DUALSTACK_ENDPOINT": "TRUE"}, "p", "ssm.us-east-1.api.aws", "/us-east-1/ssm/", ""},
		"endpoint":          {map[string]string{"AWS_ENDPOINT_URL": "http://vpce:1"}, "p", "vpce:1", "/us-east-1/ssm/", ""},
		"service's":         {map[string]string{"AWS_ENDPOINT_URL": "http://no", "AWS_ENDPOINT_URL_SSM": "http://vpce:2/x/"}, "p", "vpce:2", "/us-east-1/ssm/", ""},
		"another service's": {map[string]string{"AWS_ENDPOINT_URL_S3": "http://no"}, "p", "ssm.us-east-1.amazonaws.com", "/us-east-1/ssm/", ""},
		"ignored":           {map[string]string{"AWS_ENDPOINT_URL": "http://no", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, "p", "ssm.us-east-1.amazonaws.com", "/us-east-1/ssm/", ""},
		"no credentials":    {map[string]string{"AWS_ACCESS_KEY_ID": ""}, "p", "", "", "the environment holds no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, as Lambda does"},
		"a forged region":   {nil, "arn:aws:ssm:evil.example/#:1:parameter/p", "", "", `"evil.example/#" is not an AWS region`},
		"no endpoint":       {map[string]string{"AWS_ENDPOINT_URL": "http://user:planted@%"}, "p", "", "", "the endpoint is not a URL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			values := map[string]string{}
			for _, from := range []map[string]string{keys, tt.env} {
				maps.Copy(values, from)
			}
			c, err := awscall.FromEnv(env(values))
			if err != nil {
				t.Fatal(err)
			}
			w := &wire{answers: []func() (*http.Response, error){answer(200, value)}}
			c.HTTP = w
			_, err = c.Resolver().SSM(t.Context(), tt.parameter)
			if tt.want != "" {
				if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "planted") || len(w.requests) > 0 {
					t.Errorf("%v after %d requests, want %q", err, len(w.requests), tt.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			r := w.requests[0]
			if signed := r.Header.Get("Authorization"); r.URL.Host != tt.host || !strings.Contains(signed, tt.scope) || r.Header.Get("X-Amz-Security-Token") != "session" {
				t.Errorf("called %s with %s", r.URL.Host, signed)
			}
		})
	}
}

func TestFromEnvErrors(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, []byte("none"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, values := range map[string]map[string]string{
		"AWS_MAX_ATTEMPTS: it is not a number above 0":            {"AWS_MAX_ATTEMPTS": "0"},
		"AWS_CA_BUNDLE: " + file + " holds no certificate in PEM": {"AWS_CA_BUNDLE": file},
		"AWS_CA_BUNDLE: open /nowhere":                            {"AWS_CA_BUNDLE": "/nowhere"},
	} {
		if _, err := awscall.FromEnv(env(values)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", values, err, want)
		}
	}
}

// AWS_MAX_ATTEMPTS bounds the tries.
func TestMaxAttempts(t *testing.T) {
	t.Parallel()
	c, err := awscall.FromEnv(env(map[string]string{"AWS_MAX_ATTEMPTS": "1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}))
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{answers: []func() (*http.Response, error){failure}}
	c.HTTP = w
	if _, err := c.Resolver().SSM(t.Context(), "p"); !errors.Is(err, io.ErrUnexpectedEOF) || len(w.requests) != 1 {
		t.Errorf("%v after %d requests", err, len(w.requests))
	}
}
