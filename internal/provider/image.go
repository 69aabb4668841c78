package provider

import (
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// Image makes an event of an image's reference, with or without a tag or digest, and the tag as the sender gives it; where
// it gives none, the reference's own. A reference that names no repository is a *MalformedError; the field is for it.
func Image(field, reference, tag string) (event.ImagePushed, error) {
	if _, rest, ok := strings.Cut(reference, "://"); ok {
		reference = rest
	}
	reference = strings.Trim(reference, "/")
	name := event.ImageKey(reference).Name
	// ImageKey takes a bare word for one of Docker Hub's library; here there is always a host.
	if !strings.Contains(reference, "/") || strings.HasSuffix(name, "/") {
		return event.ImagePushed{}, Malformed("no image in %s", field)
	}
	if tag == "" {
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
