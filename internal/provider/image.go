package provider

import (
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// Image makes an event of an image's reference, with or without a tag or digest, and of the tag that the provider gives. A
// digest given as the tag counts as none, and without a tag the reference's own counts. A reference that names no
// repository is a *MalformedError that names the field.
func Image(field, reference, tag string) (event.ImagePushed, error) {
	if _, rest, ok := strings.Cut(reference, "://"); ok {
		reference = rest
	}
	reference = strings.Trim(reference, "/")
	name := event.ImageKey(reference).Name
	// ImageKey takes a single word for an image in Docker Hub's library; here the reference must have a host.
	if !strings.Contains(reference, "/") || strings.HasSuffix(name, "/") {
		return event.ImagePushed{}, Malformed("no image in %s", field)
	}
	if tag == "" || strings.Contains(tag, ":") {
		tag = tagOf(reference)
	}
	return event.ImagePushed{Image: name, Tag: tag}, nil
}

// tagOf is the reference's tag; "" where it has none or a digest instead.
func tagOf(reference string) string {
	last := reference[strings.LastIndexByte(reference, '/')+1:]
	last, _, _ = strings.Cut(last, "@")
	_, tag, _ := strings.Cut(last, ":")
	return tag
}
