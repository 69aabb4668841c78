package resource

import (
	"fmt"
	"slices"
	"strings"
)

// DeclaredType is a pipeline's own entry in resource_types.
type DeclaredType struct {
	Name string
	// Type is the type that fetches its image: registry-image, docker-image.
	Type   string
	Source Source
}

// images name the types of well-known images, by the last two segments of the image's repository. Of the resources made
// from the pull-request resource it has those whose source still has the same form.
var images = map[string]string{
	"concourse/git-resource":                   "git",
	"concourse/s3-resource":                    "s3",
	"concourse/semver-resource":                "semver",
	"concourse/registry-image-resource":        "registry-image",
	"concourse/docker-image-resource":          "docker-image",
	"concourse/github-release-resource":        "github-release",
	"concourse/pool-resource":                  "pool",
	"concourse/gcs-resource":                   "gcs",
	"frodenas/gcs-resource":                    "gcs",
	"teliaoss/github-pr-resource":              "pull-request",
	"telia-oss/github-pr-resource":             "pull-request",
	"itsdalmo/github-pr-resource":              "pull-request",
	"cloudfoundrycommunity/github-pr-resource": "pull-request",
	"digitalocean/github-pr-resource":          "digitalocean-pull-request",
	"aoldershaw/github-prs-resource":           "prlist",
	"aoldershaw/github-pr-resource":            "pr",
}

// builtIn are the types that come with Concourse: another name needs a declaration or an alias.
var builtIn = map[string]bool{
	"git": true, "s3": true, "semver": true, "registry-image": true, "docker-image": true, "github-release": true,
	"pool": true, "gcs": true,
}

// BuiltIn reports whether a type's name is that of a served type that comes with Concourse.
func BuiltIn(typeName string) bool { return builtIn[typeName] }

// Images are the well-known images of a type, in order, by the last two segments of their repositories.
func Images(typeName string) []string {
	var of []string
	for image, name := range images {
		if name == typeName {
			of = append(of, image)
		}
	}
	slices.Sort(of)
	return of
}

// Recognised is what is known of a resource's type.
type Recognised struct {
	// Type has the rules; nil if the resource is not served.
	Type Type
	Kind Kind
	// Reason says how the type was recognised, or why the resource is not served.
	Reason string
}

// Kind says how well a resource's type is known.
type Kind string

// The kinds. Only those of Served and Assumed have a Type.
const (
	// Served is a type whose rules are known.
	Served Kind = "served"
	// Assumed is one that looks like a fork or a mirror of a served type, which may differ from it.
	Assumed Kind = "assumed"
	// Clock is a type whose versions come from the time.
	Clock Kind = "clock"
	// Eventless is a type whose source tells nobody of a new version.
	Eventless Kind = "eventless"
	// PutOnly is a type that never finds a version by itself.
	PutOnly Kind = "put_only"
	// Unknown is a type that this program does not know.
	Unknown Kind = "unknown"
	// Unresolved is one whose image is a ((var)) that was not resolved.
	Unresolved Kind = "unresolved"
)

// Recognise finds the type whose rules a resource of the type typeName follows: the one that the operator's aliases name
// (my-git=git); else the one of the image, where the pipeline declares the type itself, even under a base type's name; else
// the base type.
func Recognise(typeName string, declared *DeclaredType, aliases map[string]string) Recognised {
	if alias, found := aliases[typeName]; found {
		t, ok := Lookup(alias)
		if !ok {
			return Recognised{Kind: Unknown, Reason: fmt.Sprintf("type %s is an alias of %s, which is not a known type (%s)",
				typeName, alias, strings.Join(Names(), ", "))}
		}
		return Recognised{t, Served, fmt.Sprintf("type %s is an alias of %s", typeName, alias)}
	}
	if declared != nil {
		return recogniseDeclared(typeName, declared)
	}
	if t, ok := Lookup(typeName); ok && builtIn[typeName] {
		return Recognised{t, Served, fmt.Sprintf("type %s is a base type", typeName)}
	}
	return Recognised{Kind: Unknown, Reason: fmt.Sprintf("type %s is not served", typeName)}
}

func recogniseDeclared(typeName string, declared *DeclaredType) Recognised {
	repository, _ := declared.Source["repository"].(string)
	image := lastSegments(repository)
	if t, ok := Lookup(images[image]); ok {
		return Recognised{t, Served, fmt.Sprintf("type %s is the image %s", typeName, image)}
	}
	kind, problem := Unknown, "from the image "+image+", which is not known"
	switch {
	case repository == "":
		problem = "without an image repository"
	case HasVar(image):
		kind, problem = Unresolved, "from an image whose name is not resolved"
	}
	return Recognised{Kind: kind, Reason: fmt.Sprintf("type %s is declared by the pipeline, %s; --type-alias %s=TYPE serves it", typeName, problem, typeName)}
}

// lastSegments are the last two segments of an image's repository, without tag and digest, which a mirror keeps.
func lastSegments(repository string) string {
	hidden, restore := hideVars(publicImage(repository))
	hidden, _, _ = strings.Cut(hidden, "@")
	segments := strings.Split(strings.Trim(hidden, "/"), "/")
	segments = segments[max(0, len(segments)-2):]
	last := len(segments) - 1
	segments[last], _, _ = strings.Cut(segments[last], ":")
	return restore(strings.ToLower(strings.Join(segments, "/")))
}
