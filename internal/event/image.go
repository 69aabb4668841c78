package event

import (
	"cmp"
	"strings"
)

// ImagePushed is a tag, or an untagged manifest, pushed to an image registry.
type ImagePushed struct {
	// Image is the repository's reference without tag: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/app, docker.io/library/x.
	Image string
	// AnyHost is the repository's path where nothing says all names of its host, as with a registry of one's own; else "". Image may be
	// "" then.
	AnyHost string
	// Aliases are further names of the same repository.
	Aliases []string
	// Tag is the pushed tag; "" where the provider does not say.
	Tag string
}

// Kind is "image".
func (ImagePushed) Kind() string { return "image" }

// Keys are the canonical keys of the image and its aliases.
func (i ImagePushed) Keys() []Key {
	var keys []Key
	if i.Image != "" {
		keys = append(keys, ImageKey(i.Image))
	}
	for _, a := range i.Aliases {
		keys = append(keys, ImageKey(a))
	}
	if i.AnyHost != "" {
		keys = append(keys, Key{Space: SpaceImageAnyHost, Name: i.AnyHost})
	}
	return keys
}

func (i ImagePushed) String() string {
	name := cmp.Or(i.Image, i.AnyHost)
	if i.Tag == "" {
		return "push to image " + name
	}
	return "push to image " + name + ":" + i.Tag
}

// ImageKey is the canonical key of an image repository: host/path without scheme, port and tag. One says the port that another leaves
// out: the default one, or that of a proxy before the registry. A name without a host is Docker Hub's, and one without a namespace is in its library (https://github.com/distribution/reference).
func ImageKey(image string) Key {
	if _, rest, ok := strings.Cut(image, "://"); ok {
		image = rest
	}
	host, path, ok := strings.Cut(strings.Trim(image, "/"), "/")
	switch {
	case !ok:
		host, path = "docker.io", "library/"+host
	case !strings.ContainsAny(host, ".:") && host != "localhost":
		host, path = "docker.io", host+"/"+path
	}
	host = strings.ToLower(stripUserAndPort(host))
	if host == "index.docker.io" || host == "registry-1.docker.io" || host == "registry.hub.docker.com" {
		host = "docker.io"
	}
	if host == "docker.io" && !strings.Contains(path, "/") {
		path = "library/" + path
	}
	if i := strings.LastIndexByte(path, '@'); i >= 0 {
		path = path[:i]
	}
	if i := strings.LastIndexByte(path, ':'); i > strings.LastIndexByte(path, '/') {
		path = path[:i]
	}
	return Key{Space: SpaceImage, Name: host + "/" + path}
}

// ECRDomains are the domains of the registries in a region of Amazon's: of their usual hosts, and of those for IPv6, too
// (https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-requests.html; the partitions' domains are in partitions.json of the
// SDKs, https://github.com/aws/aws-sdk-go-v2/blob/main/internal/endpoints/awsrulesfn/partitions.json).
func ECRDomains(region string) (usual, dualStack string) {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "amazonaws.com.cn", "on.amazonwebservices.com.cn"
	case strings.HasPrefix(region, "eusc-"): // the European Sovereign Cloud
		return "amazonaws.eu", "on.amazonwebservices.eu"
	}
	return "amazonaws.com", "on.aws"
}
