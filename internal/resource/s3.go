package resource

import (
	"errors"
	"strings"
	"sync"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// s3Filter is the filter of https://github.com/concourse/s3-resource.
type s3Filter struct {
	Bucket        string `json:"bucket"`
	Regexp        string `json:"regexp,omitempty"`
	VersionedFile string `json:"versioned_file,omitempty"`
	// Endpoint is kept only where it is, or may be, that of Google's store, whose events name another store.
	Endpoint string `json:"endpoint,omitempty"`

	keys Keys
	once sync.Once
	re   *sectionRegexp
}

// googleEndpoint is where Google's store speaks S3's API (https://cloud.google.com/storage/docs/interoperability).
const googleEndpoint = "storage.googleapis.com"

func readS3(r *reader, f *s3Filter) {
	f.Bucket, f.Regexp, f.VersionedFile = r.text("bucket"), r.text("regexp"), r.text("versioned_file")
	f.Endpoint = endpoint(r)
}

// endpoint is what of a source's endpoint decides: Google's, or the ((var)) that may be it.
func endpoint(r *reader) string {
	text := r.text("endpoint")
	if strings.Contains(text, googleEndpoint) {
		return googleEndpoint
	}
	return variable.FindString(text)
}

func (f *s3Filter) index() (err error) {
	if f.keys, err = bucketKeys("bucket", f.Bucket); err == nil && f.Regexp == "" && f.VersionedFile == "" {
		err = errors.New("neither regexp nor versioned_file is set")
	}
	return err
}

// bucketKeys are a bucket's. An access point's ARN or alias never equals the bucket that events name, so it may be any.
func bucketKeys(field, bucket string) (Keys, error) {
	if strings.HasPrefix(bucket, "arn:") || strings.HasSuffix(bucket, "-s3alias") {
		return Keys{Patterns: []Pattern{everyName(event.SpaceBucket)}}, nil
	}
	return keysOf(field, bucket, event.BucketKey)
}

func (f *s3Filter) prepare() {
	f.once.Do(func() {
		if f.Regexp != "" && !HasVar(f.Regexp) {
			f.re = newSectionRegexp(f.Regexp)
		}
	})
}

func (f *s3Filter) compile() error {
	f.prepare()
	switch {
	case f.Regexp != "" && f.VersionedFile != "":
		return errors.New("regexp and versioned_file can't both be set")
	case f.re != nil && f.re.whole == nil:
		return errors.New("regexp is not a regular expression that Go takes")
	case f.re != nil && f.re.whole.NumSubexp() == 0:
		return errors.New("regexp has no group for the version, so there is never one")
	}
	return nil
}

// Keys is the bucket's.
func (f *s3Filter) Keys() Keys { return f.keys }

// Decide follows semantics.md, s3.
func (f *s3Filter) Decide(e event.Event) Decision {
	o, ok := e.(event.ObjectCreated)
	if !ok {
		return unconcerned("s3", e)
	}
	if d := inBucket(f.keys, o, f.Endpoint); !d.Check {
		return d
	}
	f.prepare()
	switch {
	case f.Regexp == "":
		return isFile("versioned_file", f.VersionedFile, o)
	case f.VersionedFile != "":
		return Check("%s: both regexp and versioned_file are set", o)
	case f.re == nil:
		return Check("%s: %s", o, unresolved("regexp", f.Regexp))
	}
	return f.re.decide(o)
}

// inBucket decides whether an object's event is of the bucket, in a store that speaks S3's API.
func inBucket(keys Keys, o event.ObjectCreated, endpoint string) Decision {
	switch {
	case !keys.Match(o):
		return Skip("%s, which is another bucket", o)
	case o.Store == event.Swift, o.Store == event.GCS && endpoint == "":
		return Skip("%s of a store that is not S3's (%s)", o, o.Store)
	}
	return Check("%s", o)
}

// isFile decides on an object that is to have the exact name that a field holds.
func isFile(field, name string, o event.ObjectCreated) Decision {
	switch {
	case HasVar(name):
		return Check("%s: %s", o, unresolved(field, name))
	case o.Key == name:
		return Check("%s is %s", o, field)
	}
	return Skip("%s, %s is %s", o, field, name)
}
