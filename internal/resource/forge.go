package resource

import (
	"errors"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// forgeHost is the host in the URLs of a GitHub's repositories, given the endpoint of its API: github.com without one
// (https://docs.github.com/en/enterprise-server/rest: HOST/api/v3; GHE.com's API is at api.SUBDOMAIN.ghe.com).
func forgeHost(endpoint string) string {
	if strings.TrimSpace(endpoint) == "" {
		return "github.com"
	}
	hidden := variable.ReplaceAllString(endpoint, unknown)
	if _, rest, ok := strings.Cut(hidden, "://"); ok {
		hidden = rest
	}
	host, _, _ := strings.Cut(hidden, "/")
	host = host[strings.LastIndexByte(host, '@')+1:]
	host, _, _ = strings.Cut(host, ":")
	return strings.TrimPrefix(strings.ToLower(host), "api.")
}

// apiEndpoint is the part of an endpoint that a filter keeps: nothing if it is github.com's, else all but the user.
func apiEndpoint(text string) string {
	if text = publicURL(text); forgeHost(text) == "github.com" {
		return ""
	}
	return text
}

// forgeKeys are the keys of owner/name at a GitHub. At github.com the key folds the name's case; elsewhere the pattern does.
func forgeKeys(field, repository, endpoint string) (Keys, error) {
	host := forgeHost(endpoint)
	owner, name, ok := strings.Cut(strings.Trim(variable.ReplaceAllString(strings.TrimSpace(repository), unknown), "/"), "/")
	switch {
	case strings.TrimSpace(repository) == "":
		return Keys{}, errMissing(field)
	case isTemplate(repository):
		return Keys{}, errTemplate(field)
	case strings.Trim(owner+name, unknown) == "":
		return Keys{}, errUnresolved(field)
	case (!ok || name == "" || owner == "") && !strings.Contains(owner, unknown):
		return Keys{}, errors.New(field + " is not of the form owner/name")
	}
	if err := plainName(field, repository); err != nil {
		return Keys{}, err
	}
	full := owner
	if ok {
		full += "/" + name
	}
	if host == "github.com" && !strings.Contains(full, unknown) {
		return Keys{Exact: []event.Key{event.RepositoryKey("https://" + host + "/" + full)}}, nil
	}
	p, ok := newPattern(event.SpaceRepository, host+"/"+full)
	if !ok {
		return Keys{}, errUnresolved(field)
	}
	return Keys{Patterns: []Pattern{p}}, nil
}
