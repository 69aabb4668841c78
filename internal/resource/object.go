package resource

import (
	"errors"
	"strings"
	"sync"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// objectFilter is what the filters of s3, gcs and azure-blobstore have in common.
type objectFilter struct {
	Bucket        string `json:"bucket,omitempty"`
	Regexp        string `json:"regexp,omitempty"`
	VersionedFile string `json:"versioned_file,omitempty"`

	watched
	store event.Store
	// read compiles regexp as the resource reads it.
	read    func(regexp string) (matches keyMatcher, err error)
	once    sync.Once
	matches keyMatcher
	err     error
}

func (f *objectFilter) fill(r *reader) {
	f.Bucket, f.Regexp, f.VersionedFile = r.text("bucket"), r.text("regexp"), r.text("versioned_file")
}

func (f *objectFilter) index() (err error) {
	if f.keys, err = bucketKeys(f.Bucket); err == nil && f.Regexp == "" && f.VersionedFile == "" && f.OverLimit == "" {
		err = errors.New("neither regexp nor versioned_file is set")
	}
	return err
}

// bucketKeys are a bucket's. An access point's ARN or alias never equals the bucket that events name, so it may be any.
func bucketKeys(bucket string) (Keys, error) {
	if strings.HasPrefix(bucket, "arn:") || strings.HasSuffix(bucket, "-s3alias") {
		return Keys{Patterns: []Pattern{everyName(event.SpaceBucket)}}, nil
	}
	return keysOf("bucket", bucket, event.BucketKey)
}

func (f *objectFilter) prepare() {
	f.once.Do(func() {
		if f.Regexp != "" && !HasVar(f.Regexp) {
			f.matches, f.err = f.read(f.Regexp)
		}
	})
}

func (f *objectFilter) compile() error {
	if f.Regexp != "" && f.VersionedFile != "" {
		return errors.New("regexp and versioned_file can't both be set")
	}
	f.prepare()
	return f.err
}

// object decides on an object in the bucket, which may be one of that name in another store.
func (f *objectFilter) object(o event.ObjectCreated, endpoint string, b *Budget) Decision {
	if !b.take(stepsPerRegexpByte * len(f.Regexp)) {
		return OutOfBudget(o)
	}
	f.prepare()
	switch {
	case !inStore(f.store, endpoint, o):
		return otherStore(o)
	case f.Regexp == "":
		return isKey("versioned_file", f.VersionedFile, o)
	case f.VersionedFile != "":
		return Check(uncertainFilter, "%s: both regexp and versioned_file are set", o)
	case f.matches == nil && f.err == nil:
		return Check(uncertainVar, "%s: %s", o, unresolved("regexp", f.Regexp))
	case errors.Is(f.err, errNoGroup):
		return Skip(never, "%s: regexp %s has no group for the version", o, f.Regexp)
	case isTooLarge(f.err):
		return Check(uncertainLimit, "%s: %s", o, f.err)
	case f.err != nil:
		return Check(uncertainFilter, "%s: regexp %s does not compile", o, f.Regexp)
	}
	matches := f.matches(o.Key, b)
	switch {
	case !b.take(0):
		return OutOfBudget(o)
	case matches:
		return Check(objectRegexp, "%s matches regexp %s", o, f.Regexp)
	}
	return Skip(objectRegexp, "%s does not match regexp %s", o, f.Regexp)
}

// inStore reports whether an object is in the store that a resource asks. Google's store speaks S3's API at its endpoint.
func inStore(store event.Store, endpoint string, o event.ObjectCreated) bool {
	return o.Store == store || store == event.S3 && o.Store == event.GCS && endpoint != ""
}

func otherStore(o event.ObjectCreated) Decision {
	return Skip(otherBucket, "%s of another store (%s)", o, o.Store)
}

// isKey decides on an object that must have the exact key that a field holds.
func isKey(field, key string, o event.ObjectCreated) Decision {
	switch {
	case HasVar(key):
		return Check(uncertainVar, "%s: %s", o, unresolved(field, key))
	case o.Key == key:
		return Check(objectKey, "%s is %s", o, field)
	}
	return Skip(objectKey, "%s, %s is %s", o, field, key)
}

// s3Filter is the filter of https://github.com/concourse/s3-resource.
type s3Filter struct {
	objectFilter
	// Endpoint is kept only where it is, or may be, that of Google's store, whose events name another store.
	Endpoint string `json:"endpoint,omitempty"`
}

func (f *s3Filter) fill(r *reader) {
	f.objectFilter.fill(r)
	f.Endpoint = googleEndpoint(r)
}

// googleEndpoint is a source's endpoint if it is that of Google's store, or the ((var)) in it, which may be that
// (https://cloud.google.com/storage/docs/interoperability).
func googleEndpoint(r *reader) string {
	const google = "storage.googleapis.com"
	text := r.text("endpoint")
	if strings.Contains(text, google) {
		return google
	}
	return variable.FindString(text)
}

// Decide follows https://github.com/concourse/s3-resource/blob/master/versions/versions.go and check/command.go there.
func (f *s3Filter) Decide(e event.Event, b *Budget) Decision {
	return decide("s3", &f.watched, e, b, func(o event.ObjectCreated) Decision { return f.object(o, f.Endpoint, b) })
}

// gcsFilter is the filter of https://github.com/frodenas/gcs-resource.
type gcsFilter struct{ objectFilter }

// Decide follows https://github.com/frodenas/gcs-resource/blob/master/versions/versions.go.
func (f *gcsFilter) Decide(e event.Event, b *Budget) Decision {
	return decide("gcs", &f.watched, e, b, func(o event.ObjectCreated) Decision { return f.object(o, "", b) })
}
