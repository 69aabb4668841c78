package gitea

import (
	"net/url"
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

// parsePackage reads an image pushed to the registry of the forge, HOST/OWNER/NAME, its version being the tag or, of an
// untagged one, the digest.
func parsePackage(document []byte) ([]event.Event, error) {
	var p struct {
		Action  string `json:"action"`
		Package *struct {
			Type    string        `json:"type"`
			Name    string        `json:"name"`
			Version provider.Text `json:"version"`
			HTMLURL string        `json:"html_url"`
			Owner   struct {
				Login    string `json:"login"`
				UserName string `json:"username"`
			} `json:"owner"`
		} `json:"package"`
		Repository repository `json:"repository"`
	}
	if err := provider.Decode("the body", document, &p); err != nil {
		return nil, err
	}
	if p.Package == nil {
		return nil, provider.Malformed("package is missing")
	}
	if p.Action != "created" || p.Package.Type != "container" {
		return nil, nil
	}
	owner := p.Package.Owner.Login
	if owner == "" {
		owner = p.Package.Owner.UserName
	}
	host := hostOf(p.Package.HTMLURL)
	if host == "" {
		host = hostOf(p.Repository.HTMLURL)
	}
	if host == "" || owner == "" || p.Package.Name == "" {
		return nil, provider.Malformed("package.html_url, package.owner.login or package.name is missing")
	}
	tag := string(p.Package.Version)
	if strings.Contains(tag, ":") {
		tag = ""
	}
	// Accounts keep their capitals; image names have none.
	image, err := provider.Image("package", host+"/"+strings.ToLower(owner+"/"+p.Package.Name), tag)
	return []event.Event{image}, err
}

// hostOf is the URL's host, with its port where it has one: an image's name keeps it.
func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Host
}
