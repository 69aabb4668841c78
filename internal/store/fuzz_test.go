package store_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/store"
)

// FuzzParseS3: what is read as a location leads to that bucket and key and to nothing else, and an error quotes no part that may hold
// a secret.
func FuzzParseS3(f *testing.F) {
	for _, location := range []string{
		"s3://bucket/a/key.json", "s3://bucket/key?region=eu-west-1&endpoint=http://127.0.0.1:9", "s3://KEY:planted@bucket/key",
		"s3://bucket/key?X-Amz-Signature=planted", "s3://planted%zz/key", "S3://bucket/key",
	} {
		f.Add(location)
	}
	f.Fuzz(func(t *testing.T, location string) {
		l, err := store.ParseS3(location)
		if err != nil {
			if _, secret, ok := strings.Cut(location, "@"); ok && len(secret) > 20 && strings.Contains(err.Error(), secret) {
				t.Errorf("%q: the error quotes it: %v", location, err)
			}
			return
		}
		again := (&url.URL{Scheme: "s3", Host: l.Bucket, Path: "/" + l.Key}).String()
		same, err := store.ParseS3(again)
		if err != nil || same.Bucket != l.Bucket || same.Key != l.Key {
			t.Errorf("%q is %+v, and that, as %q, is %+v, %v", location, l, again, same, err)
		}
	})
}
