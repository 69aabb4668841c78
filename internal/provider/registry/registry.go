// Package registry holds providers (a delivery -> provider -> event) of image registries: Docker Hub, Quay, Harbor, Azure
// Container Registry, JFrog Artifactory, a registry of one's own (distribution, zot), and Google's by Pub/Sub, which brings Cloud
// Storage's objects too.
//
// They have one shape: no signature but JFrog's, so that a secret is in the URL or a header, and one JSON document that
// names the pushed images.
package registry

import (
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// parse makes a Parse that decodes the body into a T and calls read with it.
func parse[T any](read func(payload T) (provider.Delivery, error)) func(*provider.Request) (provider.Delivery, error) {
	return func(req *provider.Request) (provider.Delivery, error) {
		var payload T
		if err := provider.Decode("the body", req.Body, &payload); err != nil {
			return provider.Delivery{}, err
		}
		return read(payload)
	}
}
