package resource

import (
	"cmp"
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
	if f.may("git") {
		f.URI, f.Branch, f.File = publicURL(r.text("uri")), r.text("branch"), r.text("file")
	}
	if f.may("swift") {
		if o, ok := r.object("openstack"); ok {
			inner := &reader{source: o}
			f.OpenStack = &swiftFilter{Container: inner.text("container"), ItemName: inner.text("item_name")}
			r.errs = append(r.errs, inner.errs...)
		}
	}
	if f.may("s3") || f.may("gcs") {
		f.Bucket, f.Key = r.text("bucket"), r.text("key")
	}
	if f.may("s3") {
		f.Endpoint = googleEndpoint(r)
	}
}

func (f *semverFilter) driver() string { return cmp.Or(f.Driver, "s3") }

// may reports whether the driver is, or may be, this one.
func (f *semverFilter) may(driver string) bool { return f.driver() == driver || HasVar(f.Driver) }

func (f *semverFilter) index() (err error) {
	switch f.driver() {
	case "s3", "gcs":
		f.keys, err = f.bucketKeys()
	case "swift":
		f.keys, err = f.containerKeys()
	case "git":
		f.keys, err = f.repositoryKeys()
	default:
		if !HasVar(f.Driver) {
			return errors.New("driver is none of s3, gcs, swift and git")
		}
		return f.anyKeys()
	}
	return err
}

// anyKeys sets the keys where the driver is not known: those of every driver whose fields are set.
func (f *semverFilter) anyKeys() error {
	found := false
	for _, d := range []struct {
		set  bool
		keys func() (Keys, error)
	}{{f.Bucket != "", f.bucketKeys}, {f.OpenStack != nil, f.containerKeys}, {f.URI != "", f.repositoryKeys}} {
		if !d.set {
			continue
		}
		if keys, err := d.keys(); err == nil {
			f.keys, found = f.keys.and(keys), true
		}
	}
	if !found {
		return errUnresolved("driver")
	}
	return nil
}

func (f *semverFilter) bucketKeys() (keys Keys, err error) {
	if keys, err = bucketKeys(f.Bucket); err == nil && f.Key == "" && f.OverLimit == "" {
		err = errMissing("key")
	}
	return keys, err
}

func (f *semverFilter) containerKeys() (keys Keys, err error) {
	if f.OpenStack == nil {
		return Keys{}, errors.New("openstack is missing, or a ((var)) that was not resolved")
	}
	keys, err = keysOf("openstack.container", f.OpenStack.Container, event.BucketKey)
	if err == nil && f.OpenStack.ItemName == "" && f.OverLimit == "" {
		err = errMissing("openstack.item_name")
	}
	return keys, err
}

func (f *semverFilter) repositoryKeys() (keys Keys, err error) {
	f.URI = publicURL(f.URI)
	if keys, err = repositoryKeys("uri", f.URI); err == nil && f.File == "" && f.OverLimit == "" {
		err = errMissing("file")
	}
	return keys, err
}

func (f *semverFilter) compile() error {
	if f.driver() == "git" && f.Branch == "" {
		return errMissing("branch")
	}
	return nil
}

// Decide follows https://github.com/concourse/semver-resource/blob/master/driver/driver.go and its neighbours.
func (f *semverFilter) Decide(e event.Event, b *Budget) Decision {
	d := f.byDriver(e, b)
	if !d.Check {
		return d
	}
	return checkUnlessVar(d.Rule, d.Reason, "driver", f.Driver)
}

func (f *semverFilter) byDriver(e event.Event, b *Budget) Decision {
	if _, isPush := e.(event.Push); f.driver() == "git" || isPush && HasVar(f.Driver) && f.URI != "" {
		return decide("semver", &f.watched, e, b, func(p event.Push) Decision { return f.push(p, f.Branch, f.File, b) })
	}
	return decide("semver", &f.watched, e, b, f.object)
}

func (f *semverFilter) object(o event.ObjectCreated) Decision {
	if HasVar(f.Driver) {
		return f.anyObject(o)
	}
	switch {
	case !inStore(event.Store(f.driver()), f.Endpoint, o):
		return otherStore(o)
	case f.OpenStack != nil:
		return isKey("item_name", f.OpenStack.ItemName, o)
	}
	return isKey("key", f.Key, o)
}

// anyObject decides where the driver is not known.
func (f *semverFilter) anyObject(o event.ObjectCreated) Decision {
	d := isKey("key", f.Key, o)
	if !d.Check && f.OpenStack != nil {
		return isKey("item_name", f.OpenStack.ItemName, o)
	}
	return d
}
