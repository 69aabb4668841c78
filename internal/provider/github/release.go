package github

import (
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

func parseRelease(document []byte) ([]event.Event, error) {
	var p struct {
		provider.Release
		Repository repository `json:"repository"`
	}
	if err := provider.Decode("the body", document, &p); err != nil {
		return nil, err
	}
	repo, err := p.Repository.event()
	if err != nil {
		return nil, err
	}
	return []event.Event{p.Event(repo)}, nil
}

// pkg is a package of either event; registry_package spells the type in capitals.
type pkg struct {
	Name           string  `json:"name"`
	Namespace      string  `json:"namespace"`
	PackageType    string  `json:"package_type"`
	Owner          account `json:"owner"`
	PackageVersion struct {
		// PackageURL is host/namespace/name:tag of a container.
		PackageURL string `json:"package_url"`
	} `json:"package_version"`
}

// parsePackage reads an image pushed to GitHub's container registry. The tag in these events is often absent or another
// one, so none is taken. Packages of another kind are of no use.
func parsePackage(document []byte) ([]event.Event, error) {
	var p struct {
		Package         *pkg `json:"package"`
		RegistryPackage *pkg `json:"registry_package"`
	}
	if err := provider.Decode("the body", document, &p); err != nil {
		return nil, err
	}
	k := p.Package
	if k == nil {
		k = p.RegistryPackage
	}
	if k == nil {
		return nil, provider.Malformed("neither package nor registry_package is an object")
	}
	switch strings.ToLower(k.PackageType) {
	case "container", "docker":
	default:
		return nil, nil
	}
	namespace := k.Namespace
	if namespace == "" {
		namespace = k.Owner.Login
	}
	if namespace == "" || k.Name == "" {
		return nil, provider.Malformed("package.namespace or package.name is missing")
	}
	// Accounts keep their capitals; image names have none.
	image := event.ImagePushed{Image: strings.ToLower("ghcr.io/" + namespace + "/" + k.Name)}
	// An Enterprise Server has a registry of its own.
	if u := k.PackageVersion.PackageURL; strings.Contains(u, "/") {
		if key := event.ImageKey(strings.ToLower(u)); key != event.ImageKey(image.Image) {
			image.Aliases = []string{key.Name}
		}
	}
	return []event.Event{image}, nil
}
