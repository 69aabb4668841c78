package resource

import (
	"errors"
	"regexp"
	"sync"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// gcsFilter is the filter of https://github.com/frodenas/gcs-resource.
type gcsFilter struct {
	Bucket        string `json:"bucket"`
	Regexp        string `json:"regexp,omitempty"`
	VersionedFile string `json:"versioned_file,omitempty"`

	keys Keys
	once sync.Once
	re   *regexp.Regexp
}

func readGCS(r *reader, f *gcsFilter) {
	f.Bucket, f.Regexp, f.VersionedFile = r.text("bucket"), r.text("regexp"), r.text("versioned_file")
}

func (f *gcsFilter) index() (err error) {
	if f.keys, err = keysOf("bucket", f.Bucket, event.BucketKey); err == nil && f.Regexp == "" && f.VersionedFile == "" {
		err = errors.New("neither regexp nor versioned_file is set")
	}
	return err
}

func (f *gcsFilter) prepare() {
	f.once.Do(func() { f.re, _ = regexp.Compile("^" + f.Regexp + "$") })
}

func (f *gcsFilter) compile() error {
	f.prepare()
	switch {
	case f.Regexp != "" && f.VersionedFile != "":
		return errors.New("regexp and versioned_file can't both be set")
	case f.Regexp != "" && !HasVar(f.Regexp) && f.re == nil:
		return errors.New("regexp is not a regular expression that Go takes")
	}
	return nil
}

// Keys is the bucket's.
func (f *gcsFilter) Keys() Keys { return f.keys }

// Decide follows semantics.md, gcs.
func (f *gcsFilter) Decide(e event.Event) Decision {
	o, ok := e.(event.ObjectCreated)
	switch {
	case !ok:
		return unconcerned("gcs", e)
	case !f.keys.Match(o):
		return Skip("%s, which is another bucket", o)
	case o.Store != event.GCS:
		return Skip("%s of a store that is not Google's (%s)", o, o.Store)
	case f.Regexp == "":
		return isFile("versioned_file", f.VersionedFile, o)
	case f.VersionedFile != "":
		return Check("%s: both regexp and versioned_file are set", o)
	case HasVar(f.Regexp):
		return Check("%s: %s", o, unresolved("regexp", f.Regexp))
	}
	f.prepare()
	switch {
	case f.re == nil:
		return Check("%s: regexp %s does not compile", o, f.Regexp)
	case f.re.MatchString(o.Key):
		return Check("%s matches regexp %s", o, f.Regexp)
	}
	return Skip("%s does not match regexp %s", o, f.Regexp)
}
