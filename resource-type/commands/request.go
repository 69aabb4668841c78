package commands

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strconv"

	"github.com/dpb587/concourse-resource-endpoints/internal/publish"
	"github.com/dpb587/concourse-resource-endpoints/internal/syncing"
)

// request is what Concourse writes to stdin.
type request struct {
	Source source
	// Version is the latest that is known, for check, or the one to get; nil at the first check and for out.
	Version *version
	Params  params
}

// params are those of a put; a get has none.
type params struct {
	// Config is the path of the config to publish, among the build's artifacts. Without it one is generated.
	Config string `json:"config"`
	syncing.PublishOptions
}

// version is a set of checks.
type version struct {
	// Digest is that of the checks: config.Digest.
	Digest string `json:"digest"`
	// After tells the version from an earlier one of the same checks: a hash of the version before, or of what was published
	// when it was the first. Concourse does not take up a version that it has seen
	// (https://github.com/concourse/concourse/blob/master/atc/db/resource_config_scope.go: saveVersions), and does not start a
	// job twice with one version of an input (atc/db/versions_db.go: IsFirstOccurrence). With the digest alone, a pipeline that
	// is set and destroyed would stay in the config.
	After string `json:"after,omitempty"`
}

// next is the version of the checks with the digest, following v; v itself where they are still the same. Without v, origin
// tells what is published where.
func next(v *version, digest, origin string) version {
	if v == nil {
		return version{Digest: digest, After: shortHash(origin)}
	}
	if v.Digest == digest {
		return *v
	}
	return version{Digest: digest, After: shortHash(v.Digest + "\x00" + v.After)}
}

func shortHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}

// response is what in and out answer.
type response struct {
	Version  version    `json:"version"`
	Metadata []metadata `json:"metadata"`
}

// metadata is a line that Concourse's UI shows beside a version.
type metadata struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// planned are the lines about a plan.
func planned(p publish.Plan) []metadata {
	return []metadata{
		number("checks", p.After), number("added", p.Count(publish.Added)), number("changed", p.Count(publish.Changed)),
		number("removed", p.Count(publish.Removed)),
	}
}

func number(name string, n int) metadata { return metadata{name, strconv.Itoa(n)} }

func readRequest(stdin io.Reader) (*request, error) {
	var raw struct {
		Source  json.RawMessage `json:"source"`
		Version *version        `json:"version"`
		Params  json.RawMessage `json:"params"`
	}
	if err := json.NewDecoder(stdin).Decode(&raw); err != nil {
		return nil, errors.New("reading the request on stdin: it is not the JSON that Concourse writes") // it holds secrets
	}
	req := &request{Version: raw.Version}
	var err error
	if req.Source, err = readSource(raw.Source); err != nil {
		return nil, err
	}
	if err := decode("params", raw.Params, &req.Params); err != nil {
		return nil, err
	}
	return req, nil
}
