package registry

import (
	"crypto/sha256"
	"net/url"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

const jfrogHeader = "X-JFrog-Event-Auth"

// JFrog is JFrog Artifactory (https://jfrog.com/help/r/jfrog-platform-administration-documentation/docker-events). A secret
// is the webhook's secret token, sent as it is or used to sign the payload, or part of its URL, /jfrog/SECRET.
var JFrog = provider.Provider{
	Name:      "jfrog",
	Recognise: provider.ByHeader(jfrogHeader),
	Refuse:    refuseJFrog,
	Verify:    verifyJFrog,
	Parse:     parse(jfrog.delivery),
}

var jfrogSignature = provider.SignatureHeaders{{Name: jfrogHeader, Hash: sha256.New}}

// verifyJFrog takes either use of the secret: the header is the same for both.
func verifyJFrog(req *provider.Request, secrets []string) error {
	if jfrogSignature.VerifyBody(req, secrets) == nil {
		return nil
	}
	return provider.HeaderOrURLSecret(jfrogHeader, "jfrog")(req, secrets)
}

func refuseJFrog(req *provider.Request, secrets []string) error {
	if jfrogSignature.Refuse(req, secrets) == nil {
		return nil
	}
	return provider.HeaderOrURLSecret(jfrogHeader, "jfrog")(req, secrets)
}

type jfrog struct {
	Domain    string `json:"domain"`
	EventType string `json:"event_type"`
	Data      struct {
		RepoKey   string        `json:"repo_key"`
		ImageName string        `json:"image_name"`
		Tag       provider.Text `json:"tag"`
		jfrogArtifact
	} `json:"data"`
	JPDOrigin string `json:"jpd_origin"`
}

// delivery reads a pushed or promoted image, a file, or a build.
func (p jfrog) delivery() (provider.Delivery, error) {
	name := p.Domain + "." + p.EventType
	if p.Domain == "" || p.EventType == "" || !provider.IsWord(name) {
		return provider.Delivery{}, provider.Malformed("domain and event_type are not the name of an event")
	}
	switch p.Domain {
	case "artifact":
		return p.artifact(name)
	case "build":
		return p.build(name)
	}
	switch name {
	case "docker.pushed", "docker.promoted", "oci.pushed":
	default:
		return provider.Ignored("", name), nil
	}
	origin, err := url.Parse(p.JPDOrigin)
	if err != nil || origin.Host == "" || p.Data.RepoKey == "" || p.Data.ImageName == "" {
		return provider.Delivery{}, provider.Malformed("jpd_origin, data.repo_key or data.image_name is missing or can't be read")
	}
	inPath := func(repository string) string { return origin.Host + "/" + repository + "/" + p.Data.ImageName }
	inHost := func(repository string) string { return repository + "." + origin.Host + "/" + p.Data.ImageName }
	// A setting of the server puts the repository into the path, into the host name, or behind a port of its own.
	image, err := provider.Image("data.image_name", inPath(p.Data.RepoKey), string(p.Data.Tag))
	image.Aliases = []string{inHost(p.Data.RepoKey), origin.Host + "/" + p.Data.ImageName}
	// An image that a remote repository fetched is reported for its cache, which nobody pulls from by that name.
	if remote, ok := strings.CutSuffix(p.Data.RepoKey, "-cache"); ok && remote != "" {
		image.Aliases = append(image.Aliases, inPath(remote), inHost(remote))
	}
	return provider.Result("", name, []event.Event{image}, err)
}
