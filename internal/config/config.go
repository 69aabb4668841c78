// Package config defines the checks config, the document between the two flows: a sync writes it, and the match step of a
// delivery finds its checks in it.
//
// The first version of this project, of 2016, was written in Node. Its config, as its README showed it, is called the 2016
// form: atc, checks[].check and checks[].filter. All later fields are optional, so Parse still reads the 2016 form.
//
// A later program may write fields that this one does not know. Parse ignores them, and Marshal keeps those of the top level. So
// the version rises only when a field changes its meaning, or when ignoring a new one would lose checks. What a filter holds
// depends on the resource type; this package keeps it as raw JSON.
package config

import (
	"encoding/json"
)

// CurrentVersion is the document version that this code writes. A document without a version is in the 2016 form.
const CurrentVersion = 1

// DefaultTeam is the team of a check without a team. Every Concourse has it.
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
	// RepositoryAliases are the renamed repositories: from the URL that pipelines still use to the URL that providers send.
	// Either URL finds the resources of both.
	RepositoryAliases map[string]string `json:"repository_aliases,omitempty"`
	Checks            []Check           `json:"checks"`
	// Pipelines are those that the last sync read, so that the next sync reads only what changed.
	Pipelines []Pipeline `json:"pipelines,omitempty"`
	// Owed are the checks that Concourse is still to be asked for once, because they were added or changed. They are not part of the
	// digest: the endpoints need not know.
	Owed []Owed `json:"owed,omitempty"`
	// Held are checks that a sync kept because it can't tell whether they are still right; nil if there are none.
	Held *Held `json:"held,omitempty"`

	// Unknown are the top-level fields that this program does not know. Marshal writes them as they were read.
	Unknown map[string]json.RawMessage `json:"-"`
}

// ATC is the Concourse that runs the checks.
type ATC struct {
	// URL is its external URL, including its path if it has one. It is "" in a document of pipelines on disk that are of no Concourse yet;
	// such a document is not published.
	URL string `json:"url,omitempty"`
	// Headers are sent with every request, for an ATC behind a proxy or with static credentials. Values may be references.
	Headers map[string]string `json:"headers,omitempty"`
}

// Check is one resource that Concourse can check, and the filter that decides when.
type Check struct {
	// Check is pipeline/resource.
	Check string `json:"check"`
	// Team is DefaultTeam if absent.
	Team string `json:"team,omitempty"`
	// InstanceVars are all instance vars of the pipeline, with their JSON types, if it is an instance of a group.
	InstanceVars map[string]any `json:"instance_vars,omitempty"`
	// Type is the resource type whose rules the filter follows. If it is absent, the filter's keys decide.
	Type string `json:"type,omitempty"`
	// Role is how jobs use the resource; a trigger if it is absent.
	Role Role `json:"role,omitempty"`
	// Assumed says that the type was guessed from the name of an image, and may have other rules.
	Assumed bool `json:"assumed,omitempty"`
	// Scope is the same for all resources that one check serves. If it is absent, the check serves this resource only.
	Scope string `json:"scope,omitempty"`
	// WebhookToken is a reference to the resource's webhook_token, for endpoints without a login.
	WebhookToken string `json:"webhook_token,omitempty"`
	// Filter is the part of the resource's source that decides whether an event concerns it: a JSON object.
	Filter json.RawMessage `json:"filter"`
}

// Owed is one check that Concourse is still to be asked for once.
type Owed struct {
	// Check is the check's Name.
	Check string `json:"check"`
	// Due is from when to ask, in seconds since 1970: then the endpoints have loaded the config with this check.
	Due int64 `json:"due"`
}

// Held says which checks were kept.
type Held struct {
	// Teams are those whose checks are of an earlier sync, because the login can't read the team any more.
	Teams []string `json:"teams"`
}

// Pipeline is one pipeline as the syncer read it.
type Pipeline struct {
	ID           int            `json:"id"`
	Team         string         `json:"team"`
	Name         string         `json:"name"`
	InstanceVars map[string]any `json:"instance_vars,omitempty"`
	// LastUpdated is when it was set or archived, in whole seconds since 1970, as Concourse has it.
	LastUpdated int64 `json:"last_updated,omitempty"`
	// Settings is the digest of the sync's settings that made the checks. A sync with other settings reads the pipeline again.
	Settings string `json:"settings,omitempty"`
	// Scopes is the digest of what in Concourse decided the checks' scopes; "" if global resources were off.
	Scopes string `json:"scopes,omitempty"`
	// Unused are its resources that have no check because no job waits for their versions.
	Unused []string `json:"unused,omitempty"`
	// Paused says that it has no checks because it is paused.
	Paused bool `json:"paused,omitempty"`
}
