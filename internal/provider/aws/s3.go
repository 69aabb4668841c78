package aws

import "github.com/dpb587/concourse-resource-endpoints/internal/provider"

// S3 is a server of S3's API that posts its notifications to a URL: MinIO, versitygw and others. The body is a list of S3
// records, to which MinIO adds EventName and Key, or a test event.
//
// A secret is in the Authorization header, as MinIO's auth_token puts it there (a single word after "Bearer", several words
// as they are), or, for servers that can only be given a URL, in the URL: /s3/SECRET.
var S3 = provider.Provider{
	Name:   "s3",
	Refuse: provider.BearerOrURLSecret("s3"),
	Verify: provider.BearerOrURLSecret("s3"),
	Parse:  func(req *provider.Request) (provider.Delivery, error) { return ParseNotification(req.Body) },
}
