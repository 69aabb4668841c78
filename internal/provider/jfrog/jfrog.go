// Package jfrog reads the webhooks of JFrog Artifactory. Facts are from
// https://jfrog.com/help/r/jfrog-platform-administration-documentation/docker-events.
package jfrog

import (
	"crypto/sha256"
	"net/http"
	"net/url"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

const authHeader = "X-JFrog-Event-Auth"

type jfrog struct{}

var _ provider.Provider = jfrog{}

// New is the provider. A secret is the webhook's secret token, sent as it is or used to sign the payload, or part of its
// URL, /jfrog/SECRET.
func New() provider.Provider { return jfrog{} }

func (jfrog) Name() string { return "jfrog" }

func (jfrog) Recognise(h http.Header) bool { return h.Get(authHeader) != "" }

// Verify takes either use of the secret: the header is the same for both.
func (j jfrog) Verify(req *provider.Request, secrets []string) error {
	signature := provider.SignatureHeader{Name: authHeader, Hash: sha256.New}
	if signature.Verify(req.Header, req.Body, secrets) == nil {
		return nil
	}
	return provider.VerifyHeaderOrURLSecret(req, authHeader, j.Name(), secrets)
}

// Parse reads a pushed or promoted image.
func (jfrog) Parse(req *provider.Request) (provider.Delivery, error) {
	var p struct {
		Domain    string `json:"domain"`
		EventType string `json:"event_type"`
		Data      struct {
			RepoKey   string        `json:"repo_key"`
			ImageName string        `json:"image_name"`
			Tag       provider.Text `json:"tag"`
		} `json:"data"`
		JPDOrigin string `json:"jpd_origin"`
	}
	if err := provider.Decode("the body", req.Body, &p); err != nil {
		return provider.Delivery{}, err
	}
	name := p.Domain + "." + p.EventType
	if p.Domain == "" || p.EventType == "" || !provider.IsWord(name) {
		return provider.Delivery{}, provider.Malformed("domain and event_type are not the name of an event")
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
	// How images are named is a setting of the server: the repository in the path, in the host name, or behind a port.
	path := p.Data.RepoKey + "/" + p.Data.ImageName
	image, err := provider.Image("data.image_name", origin.Host+"/"+path, string(p.Data.Tag))
	image.Aliases = []string{
		p.Data.RepoKey + "." + origin.Host + "/" + p.Data.ImageName,
		origin.Host + "/" + p.Data.ImageName,
	}
	// What a remote repository fetched is told of its cache, which nobody pulls from by that name.
	if remote, ok := strings.CutSuffix(p.Data.RepoKey, "-cache"); ok && remote != "" {
		image.Aliases = append(image.Aliases,
			origin.Host+"/"+remote+"/"+p.Data.ImageName, remote+"."+origin.Host+"/"+p.Data.ImageName)
	}
	return provider.Result("", name, []event.Event{image}, err)
}
