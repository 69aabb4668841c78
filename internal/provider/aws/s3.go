package aws

import (
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// S3 is a server of S3's API that posts its notifications to a URL: MinIO, versitygw and others. The body is a list of S3
// records, to which MinIO adds EventName and Key, or a test event.
//
// A secret is in the Authorization header, as MinIO's auth_token puts it there (a single word after "Bearer", several words
// as they are), or, for servers that can only be given a URL, in the URL: /s3/SECRET.
var S3 = provider.Provider{
	Name:   "s3",
	Refuse: verifyS3,
	Verify: verifyS3,
	Parse:  func(req *provider.Request) (provider.Delivery, error) { return ParseNotification(req.Body) },
}

func verifyS3(req *provider.Request, secrets []string) error {
	authorization := req.Header.Get("Authorization")
	token := authorization
	if scheme, rest, ok := strings.Cut(authorization, " "); ok && strings.EqualFold(scheme, "Bearer") {
		token = strings.TrimSpace(rest)
	}
	whole := provider.AnyEqual(authorization, secrets)
	if provider.AnyEqual(token, secrets) || whole {
		return nil
	}
	if authorization != "" && !provider.HasURLSecret(req, "s3") {
		return provider.Unauthorized("the Authorization header is not right: Bearer and the secret are expected")
	}
	return provider.URLSecret("s3")(req, secrets)
}
