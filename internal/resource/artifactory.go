package resource

import (
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// artifactoryFilter is the filter of two resources of one name: https://github.com/spring-io/artifactory-resource follows the builds of one
// name, and https://github.com/pivotalservices/artifactory-resource the files of a folder. The regex of the latter is left out: it is one of
// jq's, and can only make a check find nothing.
type artifactoryFilter struct {
	BuildName         string `json:"build_name,omitempty"`
	BuildNumberPrefix string `json:"build_number_prefix,omitempty"`
	// Repository is a repository and a folder in it: /libs-release-local/app.
	Repository string `json:"repository,omitempty"`

	watched
}

func (f *artifactoryFilter) fill(r *reader) {
	if f.BuildName = r.text("build_name"); f.BuildName == "" {
		f.Repository = r.text("repository")
		return
	}
	f.BuildNumberPrefix = r.text("build_number_prefix")
}

func (f *artifactoryFilter) index() (err error) {
	if f.BuildName != "" {
		f.keys, err = keysOf("build_name", f.BuildName, event.BuildKey)
		return err
	}
	repository, _ := f.folder()
	if err := plainName("repository", repository); err != nil {
		return err
	}
	f.keys, err = keysOf("build_name or repository", repository, event.BucketKey)
	return err
}

// folder splits Repository. A var may hold both parts.
func (f *artifactoryFilter) folder() (repository, folder string) {
	hidden, restore := hideVars(f.Repository)
	repository, folder, _ = strings.Cut(strings.Trim(hidden, "/"), "/")
	return restore(repository), restore(folder)
}

// Decide follows CheckHandler.java of the one and assets/check of the other.
func (f *artifactoryFilter) Decide(e event.Event, b *Budget) Decision {
	if _, ok := e.(event.ObjectCreated); ok {
		return decide("artifactory", &f.watched, e, b, f.object)
	}
	return decide("artifactory", &f.watched, e, b, f.build)
}

func (f *artifactoryFilter) build(e event.Build) Decision {
	if !strings.HasPrefix(e.Number, f.BuildNumberPrefix) && !HasVar(f.BuildNumberPrefix) {
		return Skip(buildNumber, "%s, the build_number_prefix is %s", e, f.BuildNumberPrefix)
	}
	return checkUnlessVar(buildNumber, e.String(), "build_number_prefix", f.BuildNumberPrefix)
}

func (f *artifactoryFilter) object(o event.ObjectCreated) Decision {
	_, folder := f.folder()
	switch {
	case !inStore(event.Artifactory, "", o):
		return otherStore(o)
	case HasVar(f.Repository):
		return checkUnlessVar(objectKey, o.String(), "repository", f.Repository)
	case folder != "" && !strings.HasPrefix(o.Key, folder+"/"):
		return Skip(objectKey, "%s, which is not in %s", o, f.Repository)
	}
	return Check(objectKey, "%s, which is in %s", o, f.Repository)
}
