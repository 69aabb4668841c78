package resource

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/strictjson"
)

// types are all that are known, by name.
var types = byName(
	resourceType{"git", []string{"uri"}, func() filter { return new(gitFilter) }},
	resourceType{"s3", []string{"bucket"}, func() filter { return &s3Filter{objectFilter: objectFilter{store: event.S3, read: readSections}} }},
	resourceType{"gcs", []string{"bucket"}, func() filter { return &gcsFilter{objectFilter{store: event.GCS, read: readWhole}} }},
	resourceType{"semver", []string{"bucket", "uri", "openstack"}, func() filter { return new(semverFilter) }},
	resourceType{"registry-image", []string{"repository"}, func() filter { return new(imageFilter) }},
	resourceType{"docker-image", []string{"repository"}, func() filter { return new(dockerImageFilter) }},
	resourceType{"github-release", []string{"repository"}, func() filter { return new(releaseFilter) }},
	resourceType{"github-status", []string{"repository"}, func() filter { return new(statusFilter) }},
	resourceType{"artifactory", []string{"build_name", "repository"}, func() filter { return new(artifactoryFilter) }},
	resourceType{"azure-blobstore", []string{"container"}, func() filter {
		return &azureBlobFilter{objectFilter: objectFilter{store: event.Azure, read: readAnywhere}}
	}},
	resourceType{"terraform", []string{"backend_type", "storage"}, func() filter { return new(terraformFilter) }},
	resourceType{"bosh-release", []string{"uri"}, func() filter { return new(boshReleaseFilter) }},
	resourceType{"metalink-repository", []string{"uri"}, func() filter { return new(metalinkFilter) }},
	resourceType{"git-multibranch", []string{"uri"}, func() filter { return new(multiBranchFilter) }},
	resourceType{"oci-helm-chart", []string{"chart_name"}, func() filter { return new(chartFilter) }},
	resourceType{"pool", []string{"uri"}, func() filter { return new(poolFilter) }},
	pullRequests(prKind{name: "pull-request"}),
	pullRequests(prKind{name: "digitalocean-pull-request", wakes: []string{"[build ci]", "[ci build]"}, basePushed: true}),
	pullRequests(prKind{name: "pr", leaving: true, numbered: true}),
	pullRequests(prKind{name: "prlist", leaving: true}),
	resourceType{jtarchieKind.name, []string{"repo"}, func() filter { return new(jtarchieFilter) }},
	resourceType{pixelAirType, []string{"kind"}, func() filter { return new(pixelAirFilter) }},
	resourceType{mergeRequestType, []string{"uri"}, func() filter { return new(mergeRequestFilter) }},
)

func byName(list ...resourceType) map[string]resourceType {
	types := make(map[string]resourceType, len(list))
	for _, t := range list {
		types[t.name] = t
	}
	return types
}

// Lookup finds a type by its name in the config document.
func Lookup(name string) (Type, bool) {
	t, ok := types[name]
	if !ok {
		return nil, false
	}
	return t, true
}

// Names are the known types' names, in order.
func Names() []string { return slices.Sorted(maps.Keys(types)) }

// resourceType is a Type made of its name, its key fields and of how to make an empty filter.
type resourceType struct {
	name string
	// key are the fields of a source by one of which a resource is found. What looks like a fork must have one.
	key   []string
	empty func() filter
}

// filter is what the types of this package make: a Filter that is filled from a source, or by encoding/json.
type filter interface {
	Filter
	// fill sets the fields from a source.
	fill(*reader)
	// index finds the keys once the fields are set. It is cheap, since it runs for every check at a cold start. It fails
	// where the identifying fields do not say what the filter is about.
	index() error
	// base is the part that all filters have.
	base() *watched
	// compile reports a part of the filter that can't be understood, or that never lets a version come.
	compile() error
}

// watched is a part of every filter: the keys that it is found by, and what keeps it from deciding.
type watched struct {
	// OverLimit says which field was over a limit of size. The field may be empty then, and every event of the keys checks.
	OverLimit string `json:"over_limit,omitempty"`

	keys Keys
	size int // in the document
}

// TooLarge says what is over a limit.
func (w *watched) TooLarge() string { return w.OverLimit }

func (w *watched) base() *watched { return w }

// Keys say where to look for the filter.
func (w *watched) Keys() Keys { return w.keys }

// compile is for the filters that have nothing to compile.
func (*watched) compile() error { return nil }

// Name is the type's name.
func (t resourceType) Name() string { return t.name }

// Filter reads a source, and reports what will never work in it. What is over a limit of size is no error; TooLarge says it.
func (t resourceType) Filter(source Source) (Filter, error) {
	r, f := &reader{source: source}, t.empty()
	f.fill(r)
	for _, step := range []func() error{r.err, func() error { return limit(f) }, f.index} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	if f.base().OverLimit != "" {
		return f, nil
	}
	err := f.compile()
	if isTooLarge(err) {
		f.base().OverLimit = err.Error()
		return f, nil
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Unknown names a filter's fields that Parse ignores.
func (t resourceType) Unknown(raw json.RawMessage) []string {
	return strictjson.Unknown(raw, t.empty())
}

// Parse reads a filter of the config document. It leaves to Decide to compile it.
func (t resourceType) Parse(raw json.RawMessage) (Filter, error) {
	f := t.empty()
	err := strictjson.Unmarshal(raw, f)
	f.base().size = min(len(raw), maxFilter)
	if err == nil && len(raw) > harmless {
		err = limit(f)
	}
	if err == nil {
		err = f.index()
	}
	if err != nil {
		return nil, fmt.Errorf("reading a %s filter: %w", t.name, err)
	}
	return f, nil
}
