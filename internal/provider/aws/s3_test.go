package aws_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/aws"
)

func TestS3Verify(t *testing.T) {
	t.Parallel()
	secrets := []string{"old", "s3cr3t", "Token two words"}
	tests := map[string]struct {
		path, query, authorization string
		want                       string // the error, "" for none
	}{
		"bearer":                {path: "/s3", authorization: "Bearer s3cr3t"},
		"bearer in lower case":  {path: "/s3", authorization: "bearer s3cr3t"},
		"the other secret":      {path: "/s3", authorization: "Bearer old"},
		"as it is":              {path: "/s3", authorization: "Token two words"},
		"path":                  {path: "/s3/s3cr3t"},
		"query":                 {path: "/s3", query: "token=s3cr3t"},
		"path beside a header":  {path: "/s3/s3cr3t", authorization: "Basic eDp5"},
		"nothing":               {path: "/s3", want: "no secret in the URL"},
		"another path":          {path: "/github/s3cr3t", want: "no secret in the URL"},
		"wrong bearer":          {path: "/s3", authorization: "Bearer hunter2", want: "Authorization header is not right"},
		"empty bearer":          {path: "/s3", authorization: "Bearer ", want: "Authorization header is not right"},
		"wrong path":            {path: "/s3/hunter2", want: "secret in the URL is not right"},
		"a part of the secret":  {path: "/s3/s3cr3", want: "secret in the URL is not right"},
		"secret in wrong case":  {path: "/s3", authorization: "Bearer S3CR3T", want: "Authorization header is not right"},
		"both of them wrong":    {path: "/s3/hunter2", authorization: "Bearer x", want: "secret in the URL is not right"},
		"secret and a bit more": {path: "/s3/s3cr3t/hunter2", want: "secret in the URL is not right"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := &provider.Request{Method: http.MethodPost, Path: tt.path, Query: tt.query, Header: http.Header{}}
			if tt.authorization != "" {
				req.Header.Set("Authorization", tt.authorization)
			}
			err := aws.S3.Verify(req, secrets)
			if tt.want == "" {
				if err != nil {
					t.Errorf("Verify: %v", err)
				}
				return
			}
			var unauthorized *provider.UnauthorizedError
			if !errors.As(err, &unauthorized) || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("Verify = %v, want an *provider.UnauthorizedError with %q", err, tt.want)
			}
			for _, hidden := range append(secrets, "hunter2") {
				if strings.Contains(err.Error(), hidden) {
					t.Errorf("error %q holds a secret", err)
				}
			}
		})
	}
}

func TestS3Parse(t *testing.T) {
	t.Parallel()
	d, err := aws.S3.Parse(&provider.Request{Header: http.Header{}, Body: read(t, "minio")})
	if err != nil || len(d.Events) != 1 || d.Events[0] != object("example", "a b.tgz") {
		t.Errorf("Parse = %+v, %v; want MinIO's object", d, err)
	}
}
