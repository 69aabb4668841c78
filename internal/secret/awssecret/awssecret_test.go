package awssecret_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/dpb587/concourse-resource-endpoints/internal/awscall"
	"github.com/dpb587/concourse-resource-endpoints/internal/secret"
	"github.com/dpb587/concourse-resource-endpoints/internal/secret/awssecret"
)

// fakeAWS answers both services' JSON 1.1 protocol, and notes the regions that requests were signed for.
type fakeAWS struct {
	mu    sync.Mutex
	scope []string
}

func (f *fakeAWS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.scope = append(f.scope, r.Header.Get("Authorization"))
	f.mu.Unlock()
	var in struct {
		Name, SecretId string
		WithDecryption bool
	}
	body, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(body, &in)
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	switch target := r.Header.Get("X-Amz-Target"); {
	case target == "AmazonSSM.GetParameter" && in.Name == "/ci/token" && in.WithDecryption:
		_, _ = io.WriteString(w, `{"Parameter":{"Name":"/ci/token","Type":"SecureString","Value":"decrypted"}}`)
	case target == "AmazonSSM.GetParameter" && strings.HasPrefix(in.Name, "arn:"):
		_, _ = io.WriteString(w, `{"Parameter":{"Value":"far"}}`)
	case target == "secretsmanager.GetSecretValue" && in.SecretId == "text":
		_, _ = io.WriteString(w, `{"SecretString":"{\"password\":\"p\"}"}`)
	case target == "secretsmanager.GetSecretValue" && in.SecretId == "bytes":
		_, _ = io.WriteString(w, `{"SecretBinary":"cmF3"}`)
	default:
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"__type":"ParameterNotFound","message":"not there: https://user:planted@host/?X-Amz-Signature=planted"}`)
	}
}

func source(t *testing.T) (*awssecret.Source, *fakeAWS, *int) {
	t.Helper()
	fake := new(fakeAWS)
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	loads := new(int)
	return &awssecret.Source{Load: func(context.Context) (aws.Config, error) {
		*loads++
		if *loads == 1 {
			return aws.Config{}, errors.New("not yet")
		}
		return aws.Config{
			Region:       "us-east-1",
			BaseEndpoint: aws.String(server.URL),
			Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "planted"}, nil
			}),
		}, nil
	}}, fake, loads
}

func TestSource(t *testing.T) {
	t.Parallel()
	s, fake, loads := source(t)
	r := &secret.Resolver{SSM: s.SSM, SecretsManager: s.SecretsManager}
	if *loads != 0 {
		t.Fatal("AWS is configured before it is used")
	}
	if _, _, err := r.Resolve(t.Context(), "ssm:/ci/token"); err == nil || !strings.Contains(err.Error(), "not yet") {
		t.Fatalf("error %v, want the configuration's", err)
	}
	resolves(t, r)
	if *loads != 2 {
		t.Errorf("AWS was configured %d times, want once after the failure", *loads)
	}
	fake.wantRegions(t)
}

// The Lambda functions' client does the same.
func TestFunctions(t *testing.T) {
	t.Parallel()
	fake := new(fakeAWS)
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	c, err := awscall.FromEnv(func(name string) string {
		return map[string]string{"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "planted", "AWS_ENDPOINT_URL": server.URL}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	resolves(t, c.Resolver())
	fake.wantRegions(t)
}

// resolves wants what fakeAWS has.
func resolves(t *testing.T, r *secret.Resolver) {
	t.Helper()
	for ref, want := range map[string]string{
		"ssm:/ci/token":                           "decrypted",
		"secretsmanager:text#password":            "p",
		"secretsmanager:bytes":                    "raw",
		"ssm:arn:aws:ssm:eu-west-1:1:parameter/x": "far",
	} {
		if value, _, err := r.Resolve(t.Context(), ref); value != want || err != nil {
			t.Errorf("%s: got %q, %v; want %q", ref, value, err, want)
		}
	}
	_, _, err := r.Resolve(t.Context(), "ssm:/ci/none")
	if err == nil || !strings.Contains(err.Error(), "ssm:/ci/none") || !strings.Contains(err.Error(), "ParameterNotFound") {
		t.Errorf("error %v, want the reference and AWS's code", err)
	}
	if strings.Contains(err.Error(), "planted") {
		t.Errorf("the error holds a secret: %v", err)
	}
}

func (f *fakeAWS) wantRegions(t *testing.T) {
	t.Helper()
	if all := strings.Join(f.scope, "\n"); !strings.Contains(all, "/eu-west-1/ssm/") || !strings.Contains(all, "/us-east-1/ssm/") {
		t.Errorf("the ARN's region is not used:\n%s", all)
	}
}
