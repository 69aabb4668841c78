package github

import (
	"cmp"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// packages is the payload of both package events. They differ in the field, and in the capitals of the type.
type packages struct {
	Package         *pkg `json:"package"`
	RegistryPackage *pkg `json:"registry_package"`
}

type pkg struct {
	Name           string  `json:"name"`
	Namespace      string  `json:"namespace"`
	PackageType    string  `json:"package_type"`
	Owner          account `json:"owner"`
	PackageVersion struct {
		// PackageURL is HOST/NAMESPACE/NAME:TAG for a container.
		PackageURL string `json:"package_url"`
	} `json:"package_version"`
}

// events reads an image pushed to GitHub's container registry. The tag in these events is often missing or wrong, so it is
// not used. Packages of another kind are of no use.
func (p packages) events() ([]event.Event, error) {
	k := cmp.Or(p.Package, p.RegistryPackage)
	if k == nil {
		return nil, provider.Malformed("neither package nor registry_package is an object")
	}
	if kind := strings.ToLower(k.PackageType); kind != "container" && kind != "docker" {
		return nil, nil
	}
	namespace := cmp.Or(k.Namespace, k.Owner.Login)
	if namespace == "" || k.Name == "" {
		return nil, provider.Malformed("package.namespace or package.name is missing")
	}
	// An account's name may have capitals; an image's has none.
	image := event.ImagePushed{Image: strings.ToLower("ghcr.io/" + namespace + "/" + k.Name)}
	// An Enterprise Server has a registry of its own.
	if u := k.PackageVersion.PackageURL; strings.Contains(u, "/") {
		if key := event.ImageKey(strings.ToLower(u)); key != event.ImageKey(image.Image) {
			image.Aliases = []string{key.Name}
		}
	}
	return []event.Event{image}, nil
}
