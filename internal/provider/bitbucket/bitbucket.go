// Package bitbucket is the provider (a delivery -> provider -> event) of the webhooks of Bitbucket Cloud and of Bitbucket
// Server and Data Center, which share their headers and nothing else. Facts are from
// https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/ and
// https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html.
package bitbucket

import (
	"cmp"
	"crypto/sha256"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

const eventHeader = "X-Event-Key"

// noFiles is why the files of a push are never known.
const noFiles = "Bitbucket lists no files"

// Provider is Bitbucket. A secret is a webhook's secret; the header of the signature has the name of GitHub's SHA-1.
var Provider = provider.Provider{
	Name:        "bitbucket",
	Recognise:   provider.ByHeader(eventHeader),
	EventHeader: eventHeader,
	Refuse:      signatures.Refuse,
	Verify:      signatures.VerifyBody,
	Parse:       parse,
	Events:      parsers,
}

var signatures = provider.SignatureHeaders{{Name: "X-Hub-Signature", Prefix: "sha256=", Hash: sha256.New}}

var parsers = provider.Parsers{
	"repo:push":         provider.JSON(cloudPush.events),
	"repo:updated":      provider.JSON(cloudUpdate.events),
	"pullrequest:*":     provider.NamedJSON(cloudPullRequest.events),
	"repo:refs_changed": provider.JSON(serverPush.events),
	"repo:modified":     provider.JSON(serverChange.events),
	"pr:*":              provider.NamedJSON(serverPullRequest.events),
}

func parse(req *provider.Request) (provider.Delivery, error) {
	name, err := provider.EventName(req.Header, eventHeader)
	if err != nil {
		return provider.Delivery{}, err
	}
	id := cmp.Or(req.Header.Get("X-Request-UUID"), req.Header.Get("X-Request-Id")) // Cloud's, Server's
	return parsers.Parse(id, name, req.RawBody)
}

// action is what happened, from the event key: pullrequest:updated, pr:modified. All kinds of comments are one.
func action(key string) string {
	_, what, _ := strings.Cut(key, ":")
	if strings.HasPrefix(what, "comment") {
		return "comment"
	}
	return what
}

// states are the words of Cloud and Server for the states, in ours.
var states = map[string]string{"OPEN": "open", "MERGED": "merged", "DECLINED": "closed", "SUPERSEDED": "closed"}
