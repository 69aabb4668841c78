// Package bitbucket reads the webhooks of Bitbucket Cloud and of Bitbucket Server and Data Center, which share their headers
// and nothing else. Facts are from https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/ and
// https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html. Neither lists files.
package bitbucket

import (
	"crypto/sha256"
	"net/http"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

const eventHeader = "X-Event-Key"

// noFiles is why the files of a push are never known.
const noFiles = "Bitbucket lists no files"

type bitbucket struct{}

var _ provider.Provider = bitbucket{}

// New is the provider. A secret is a webhook's secret.
func New() provider.Provider { return bitbucket{} }

func (bitbucket) Name() string { return "bitbucket" }

func (bitbucket) Recognise(h http.Header) bool { return h.Get(eventHeader) != "" }

// Verify checks the HMAC-SHA256 over the body; the header has the name of GitHub's SHA-1.
func (bitbucket) Verify(req *provider.Request, secrets []string) error {
	headers := []provider.SignatureHeader{{Name: "X-Hub-Signature", Prefix: "sha256=", Hash: sha256.New}}
	return provider.VerifyFirst(headers, req.Header, req.Body, secrets)
}

// Parse goes by the event key: repo:push and pullrequest:* are Cloud's, repo:refs_changed and pr:* the Server's.
func (bitbucket) Parse(req *provider.Request) (provider.Delivery, error) {
	name, err := provider.EventName(req.Header, eventHeader)
	if err != nil {
		return provider.Delivery{}, err
	}
	id := req.Header.Get("X-Request-UUID")
	if id == "" {
		id = req.Header.Get("X-Request-Id")
	}
	var events []event.Event
	switch {
	case name == "repo:push":
		events, err = parseCloudPush(req.Body)
	case name == "repo:updated":
		events, err = parseCloudUpdate(req.Body)
	case strings.HasPrefix(name, "pullrequest:"):
		events, err = parseCloudPullRequest(req.Body, strings.TrimPrefix(name, "pullrequest:"))
	case name == "repo:refs_changed":
		events, err = parseServerPush(req.Body)
	case strings.HasPrefix(name, "pr:"):
		events, err = parseServerPullRequest(req.Body, strings.TrimPrefix(name, "pr:"))
	}
	return provider.Result(id, name, events, err)
}

// action is the event key's word for what happened, all kinds of comments being one.
func action(name string) string {
	if strings.HasPrefix(name, "comment") {
		return "comment"
	}
	return name
}
