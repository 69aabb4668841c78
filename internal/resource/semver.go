package resource

import (
	"errors"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// semverFilter is the filter of https://github.com/concourse/semver-resource: one object, or one file of a branch.
type semverFilter struct {
	// Driver is s3 where it is not set.
	Driver    string       `json:"driver,omitempty"`
	Bucket    string       `json:"bucket,omitempty"`
	Key       string       `json:"key,omitempty"`
	Endpoint  string       `json:"endpoint,omitempty"`
	URI       string       `json:"uri,omitempty"`
	Branch    string       `json:"branch,omitempty"`
	File      string       `json:"file,omitempty"`
	OpenStack *swiftFilter `json:"openstack,omitempty"`

	watched
	branchPath
}

// swiftFilter is the part of a semver source's openstack that decides.
type swiftFilter struct {
	Container string `json:"container"`
	ItemName  string `json:"item_name"`
}

func (f *semverFilter) fill(r *reader) {
	f.Driver = r.text("driver")
	switch f.driver() {
	case "git":
		f.URI, f.Branch, f.File = publicURL(r.text("uri")), r.text("branch"), r.text("file")
	case "swift":
		if o, ok := r.object("openstack"); ok {
			inner := &reader{source: o}
			f.OpenStack = &swiftFilter{Container: inner.text("container"), ItemName: inner.text("item_name")}
			r.errs = append(r.errs, inner.errs...)
		}
	default:
		f.Bucket, f.Key = r.text("bucket"), r.text("key")
		if f.driver() == "s3" {
			f.Endpoint = googleEndpoint(r)
		}
	}
}

func (f *semverFilter) driver() string {
	if f.Driver == "" {
		return "s3"
	}
	return f.Driver
}

func (f *semverFilter) index() (err error) {
	switch f.driver() {
	case "s3", "gcs":
		if f.keys, err = bucketKeys(f.Bucket); err == nil && f.Key == "" && f.OverLimit == "" {
			err = errMissing("key")
		}
	case "swift":
		if f.OpenStack == nil {
			return errors.New("openstack is missing, or a ((var)) that was not resolved")
		}
		if f.keys, err = keysOf("openstack.container", f.OpenStack.Container, event.BucketKey); err == nil && f.OpenStack.ItemName == "" && f.OverLimit == "" {
			err = errMissing("openstack.item_name")
		}
	case "git":
		f.URI = publicURL(f.URI)
		if f.keys, err = repositoryKeys("uri", f.URI); err == nil && f.File == "" && f.OverLimit == "" {
			err = errMissing("file")
		}
	default:
		err = errors.New("driver is none of s3, gcs, swift and git")
	}
	return err
}

func (f *semverFilter) compile() error {
	if f.driver() == "git" && f.Branch == "" {
		return errMissing("branch")
	}
	return nil
}

// Decide follows https://github.com/concourse/semver-resource/blob/master/driver/driver.go and its neighbours.
func (f *semverFilter) Decide(e event.Event, b *Budget) Decision {
	if f.driver() == "git" {
		return decide("semver", &f.watched, e, b, func(p event.Push) Decision { return f.push(p, f.Branch, f.File, b) })
	}
	return decide("semver", &f.watched, e, b, f.object)
}

func (f *semverFilter) object(o event.ObjectCreated) Decision {
	switch {
	case !inStore(event.Store(f.driver()), f.Endpoint, o):
		return otherStore(o)
	case f.OpenStack != nil:
		return isKey("item_name", f.OpenStack.ItemName, o)
	}
	return isKey("key", f.Key, o)
}
