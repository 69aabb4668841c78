package resource

import (
	"errors"
	"path"
	"strings"
	"sync"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/pathspec"
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

	keys  Keys
	once  sync.Once
	files *pathspec.Set
}

// swiftFilter is what of a semver source's openstack decides.
type swiftFilter struct {
	Container string `json:"container"`
	ItemName  string `json:"item_name"`
}

func readSemver(r *reader, f *semverFilter) {
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
			f.Endpoint = endpoint(r)
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
		if f.keys, err = bucketKeys("bucket", f.Bucket); err == nil && f.Key == "" {
			err = errors.New("key is missing")
		}
	case "swift":
		if f.OpenStack == nil {
			return errors.New("openstack is missing, or a ((var)) that was not resolved")
		}
		if f.keys, err = keysOf("openstack.container", f.OpenStack.Container, event.BucketKey); err == nil && f.OpenStack.ItemName == "" {
			err = errors.New("openstack.item_name is missing")
		}
	case "git":
		f.URI = publicURL(f.URI)
		if f.keys, err = repositoryKeys("uri", f.URI); err == nil && f.File == "" {
			err = errors.New("file is missing")
		}
	default:
		err = errors.New("driver is none of s3, gcs, swift and git")
	}
	return err
}

func (f *semverFilter) compile() error {
	if f.driver() == "git" && f.Branch == "" {
		return errors.New("branch is missing")
	}
	return nil
}

// Keys is the bucket's, the container's or the repository's.
func (f *semverFilter) Keys() Keys { return f.keys }

// Decide follows semantics.md, semver.
func (f *semverFilter) Decide(e event.Event) Decision {
	switch e := e.(type) {
	case event.ObjectCreated:
		return f.object(e)
	case event.Push:
		if f.driver() == "git" {
			return f.push(e)
		}
	}
	return unconcerned("semver", e)
}

func (f *semverFilter) object(o event.ObjectCreated) Decision {
	switch driver := f.driver(); {
	case driver == "git":
		return unconcerned("semver", o)
	case driver == "s3":
		if d := inBucket(f.keys, o, f.Endpoint); !d.Check {
			return d
		}
	case !f.keys.Match(o):
		return Skip("%s, which is another bucket", o)
	case o.Store != event.Store(driver):
		return Skip("%s of another store (%s), the driver is %s", o, o.Store, driver)
	}
	if f.OpenStack != nil {
		return isFile("item_name", f.OpenStack.ItemName, o)
	}
	return isFile("key", f.Key, o)
}

// push decides for the git driver, which reads one file of a branch and knows no [ci skip].
func (f *semverFilter) push(p event.Push) Decision {
	if !f.keys.Match(p) {
		return otherRepository(p)
	}
	if p.Deleted {
		return Skip("%s was deleted", refName(p))
	}
	on := onBranch(strings.TrimSpace(f.Branch), p)
	if !on.Check {
		return on
	}
	f.once.Do(func() { f.files = onePath(f.File) })
	return touches(p, f.files, on.Reason)
}

// onePath covers one file or folder by its name alone. A ((var)) in it may be any; the root is everything.
func onePath(name string) *pathspec.Set {
	if HasVar(name) {
		return pathspec.Compile([]string{variable.FindString(name)}, nil)
	}
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	if name == "" {
		return pathspec.Compile(nil, nil)
	}
	return pathspec.Compile([]string{"':(top,literal)" + strings.ReplaceAll(name, "'", `'\''`) + "'"}, nil)
}
