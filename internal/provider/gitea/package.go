package gitea

import (
	"cmp"
	"net/url"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/githublike"
)

// pkg is the payload of a package event.
type pkg struct {
	Action  string `json:"action"`
	Package *struct {
		Type string `json:"type"`
		Name string `json:"name"`
		// Version is an image's tag, or its digest where it has none.
		Version provider.Text `json:"version"`
		HTMLURL string        `json:"html_url"`
		Owner   struct {
			Login    string `json:"login"`
			UserName string `json:"username"`
		} `json:"owner"`
	} `json:"package"`
	Repository githublike.Repository `json:"repository"`
}

// events reads an image pushed to the server's own registry, HOST/OWNER/NAME.
func (p pkg) events() ([]event.Event, error) {
	if p.Package == nil {
		return nil, provider.Malformed("package is missing")
	}
	if p.Action != "created" || p.Package.Type != "container" {
		return nil, nil
	}
	owner := cmp.Or(p.Package.Owner.Login, p.Package.Owner.UserName)
	host := cmp.Or(hostOf(p.Package.HTMLURL), hostOf(p.Repository.HTMLURL))
	if host == "" || owner == "" || p.Package.Name == "" {
		return nil, provider.Malformed("package.html_url, package.owner.login or package.name is missing")
	}
	// An account's name may have capitals; an image's has none.
	image, err := provider.Image("package", host+"/"+strings.ToLower(owner+"/"+p.Package.Name), string(p.Package.Version))
	return []event.Event{image}, err
}

// hostOf is the URL's host, with the port, which an image's name keeps.
func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Host
}
