// Package config is the checks config: the one document that the syncer writes and the endpoints read, in which the match
// step of a delivery finds its checks.
//
// This project's first version, of 2016, was written in Node. What it took and gave is called the 2016 form: here the
// document that its README showed, with atc, checks[].check and checks[].filter. The document has since grown by optional
// fields only, so one in the 2016 form reads as it is. A field that is not known is refused by name rather than dropped.
// What a filter holds depends on the resource type: here it is kept as it came.
package config

import (
	"encoding/json"
)

// CurrentVersion is the document version that this code writes. A document without one is in the 2016 form.
const CurrentVersion = 1

// DefaultTeam is the team of a check that names none: the one every Concourse has.
const DefaultTeam = "main"

// Config is the document.
type Config struct {
	// Version is the document's form: 0 (absent) for the 2016 form, else at most CurrentVersion.
	Version int `json:"version,omitempty"`
	// Digest is Digest() of the checks when the document was written: "sha256:" and 64 hexadecimal digits.
	Digest string `json:"digest,omitempty"`
	ATC    ATC    `json:"atc"`
	// Secret is the webhooks' secret, or a reference to it: env:NAME, file:PATH, ssm:NAME, secretsmanager:ID.
	Secret string `json:"secret,omitempty"`
	// RepositoryAliases are repositories that were renamed: the URL that pipelines still have, and the one that senders tell.
	// Either name finds the resources of both.
	RepositoryAliases map[string]string `json:"repository_aliases,omitempty"`
	Checks            []Check           `json:"checks"`
	// Pipelines is what the syncer read, so that its next run reads only what changed.
	Pipelines []Pipeline `json:"pipelines,omitempty"`
}

// ATC is the Concourse that is asked to check.
type ATC struct {
	// URL is its external URL, with a path where it has one.
	URL string `json:"url"`
	// Headers are sent with every request, for an ATC behind a proxy or with static credentials. Values may be references.
	Headers map[string]string `json:"headers,omitempty"`
}

// Check is one resource that can be asked to check, and when to ask.
type Check struct {
	// Check is pipeline/resource.
	Check string `json:"check"`
	// Team is DefaultTeam where absent.
	Team string `json:"team,omitempty"`
	// InstanceVars are the pipeline's, where it is an instance of a group: the full set, with their JSON types.
	InstanceVars map[string]any `json:"instance_vars,omitempty"`
	// Type is the name of the resource type whose rules the filter follows; absent, the filter's keys tell.
	Type string `json:"type,omitempty"`
	// Scope is equal for resources that Concourse checks as one, so that one check serves them all; absent, the check
	// stands alone.
	Scope string `json:"scope,omitempty"`
	// WebhookToken is a reference to the resource's webhook_token, used where there is no login.
	WebhookToken string `json:"webhook_token,omitempty"`
	// Filter is what of the resource's source decides. An object.
	Filter json.RawMessage `json:"filter"`
}

// Pipeline is one pipeline as the syncer read it.
type Pipeline struct {
	ID           int            `json:"id"`
	Team         string         `json:"team"`
	Name         string         `json:"name"`
	InstanceVars map[string]any `json:"instance_vars,omitempty"`
	// LastUpdated is when it was set or archived, in seconds since 1970; it has Concourse's resolution of a second.
	LastUpdated int64 `json:"last_updated,omitempty"`
	// Settings is the digest of the sync's settings that the pipeline's checks were made with. Other settings read it again.
	Settings string `json:"settings,omitempty"`
	// Scopes is the digest of what of Concourse decided on the checks' scopes; "" where global resources are off.
	Scopes string `json:"scopes,omitempty"`
	// Digest was both in one. It is read, and the pipeline is read again then, but not written.
	Digest string `json:"digest,omitempty"`
}
