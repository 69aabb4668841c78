package resource

import (
	"errors"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// azureBlobFilter is the filter of https://github.com/pivotal-cf/azure-blobstore-resource.
type azureBlobFilter struct {
	StorageAccountName string `json:"storage_account_name"`
	Container          string `json:"container"`
	objectFilter
}

func (f *azureBlobFilter) fill(r *reader) {
	f.StorageAccountName, f.Container = r.text("storage_account_name"), r.text("container")
	f.Regexp, f.VersionedFile = r.text("regexp"), r.text("versioned_file")
}

func (f *azureBlobFilter) index() (err error) {
	if f.keys, err = containerKeys(f.StorageAccountName, f.Container); err == nil && f.Regexp == "" && f.VersionedFile == "" && f.OverLimit == "" {
		err = errors.New("neither regexp nor versioned_file is set")
	}
	return err
}

// containerKeys are those of a container of Azure's store, whose name is its account's own.
func containerKeys(account, container string) (Keys, error) {
	switch {
	case account == "":
		return Keys{}, errMissing("storage_account_name")
	case container == "":
		return Keys{}, errMissing("the container's name")
	case variable.ReplaceAllString(account+container, "") == "":
		return Keys{}, errUnresolved("storage_account_name and the container's name")
	}
	return keysOf("container", account+"/"+container, event.BucketKey)
}

// compile takes both fields: the resource looks at versioned_file first.
func (f *azureBlobFilter) compile() error {
	if f.VersionedFile != "" {
		return nil
	}
	f.prepare()
	return f.err
}

// readAnywhere reads a regexp that may match anywhere in a key.
func readAnywhere(text string) (keyMatcher, error) {
	re, err := compileRegexp("regexp", text)
	switch {
	case err != nil:
		return nil, refusedRegexp(err)
	case re.re.NumSubexp() == 0:
		return nil, errNoGroup
	}
	return re.match, nil
}

// Decide follows cmd/check/main.go and api/check.go there. The versions of a versioned_file are its snapshots, of which Azure sends no
// event: the resource's own put makes one right after it has written the blob.
func (f *azureBlobFilter) Decide(e event.Event, b *Budget) Decision {
	return decide("azure-blobstore", &f.watched, e, b, func(o event.ObjectCreated) Decision {
		if f.VersionedFile != "" && f.Regexp != "" && inStore(f.store, "", o) {
			return isKey("versioned_file", f.VersionedFile, o)
		}
		return f.object(o, "", b)
	})
}
