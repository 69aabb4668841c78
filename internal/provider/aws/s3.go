package aws

import (
	"net/http"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// S3 is a server of S3's API that posts its notifications to a URL: MinIO, versitygw and others. The body is a list of S3
// records, to which MinIO adds EventName and Key, or a test event.
type S3 struct{}

var _ provider.Provider = S3{}

// Name is "s3".
func (S3) Name() string { return "s3" }

// Recognise is false: these servers send no header of their own, so they are served by path only.
func (S3) Recognise(http.Header) bool { return false }

// Verify looks for a secret in the Authorization header, as MinIO's auth_token puts it there (one word after "Bearer", two
// as they are), or, for servers that send a URL only, in the URL: /s3/SECRET.
func (s S3) Verify(req *provider.Request, secrets []string) error {
	authorization := req.Header.Get("Authorization")
	token := authorization
	if scheme, rest, ok := strings.Cut(authorization, " "); ok && strings.EqualFold(scheme, "Bearer") {
		token = strings.TrimSpace(rest)
	}
	whole := provider.AnyEqual(authorization, secrets)
	if provider.AnyEqual(token, secrets) || whole {
		return nil
	}
	if authorization != "" && !provider.HasURLSecret(req, s.Name()) {
		return provider.Unauthorized("the Authorization header is not right: it is to be Bearer and the secret")
	}
	return provider.VerifyURLSecret(req, s.Name(), secrets)
}

// Parse reads the records.
func (S3) Parse(req *provider.Request) (provider.Delivery, error) { return ParseNotification(req.Body) }
