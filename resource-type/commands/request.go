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
	// Version is the latest known version for check, and the version to get for in. It is nil for the first check and for out.
	Version *version
	Params  params
}

// params are the params of a put. A get has none.
type params struct {
	// Config is the path of the config to publish, in the build's artifacts. If it is "", out generates the config.
	Config string `json:"config"`
	syncing.PublishOptions
}

// version is a set of checks.
type version struct {
	// Digest is config.Digest of the checks.
	Digest string `json:"digest"`
	// After is a hash of the previous version, or for the first version of what was published. It makes the version differ from
	// an earlier one with the same checks. Concourse ignores a version that it has seen before
	// (https://github.com/concourse/concourse/blob/master/atc/db/resource_config_scope.go: saveVersions), and does not start a
	// job twice with one version of an input (atc/db/versions_db.go: IsFirstOccurrence). Without After, a pipeline that is set
	// and then destroyed would stay in the config.
	After string `json:"after,omitempty"`
}

// next is the version after v for checks with the given digest; v itself if the checks are the same. If v is nil, origin makes
// the version unique, see originOf.
func next(v *version, digest, origin string) version {
	if v == nil {
		return version{Digest: digest, After: shortHash(origin)}
	}
	if v.Digest == digest {
		return *v
	}
	return after(*v, digest)
}

// after is a version that comes after v.
func after(v version, digest string) version {
	return version{Digest: digest, After: shortHash(v.Digest + "\x00" + v.After)}
}

func shortHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}

// response is the answer of in and out.
type response struct {
	Version  version    `json:"version"`
	Metadata []metadata `json:"metadata"`
}

// metadata is a line that Concourse's UI shows with a version.
type metadata struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// planned are the metadata of a plan.
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
		return nil, errors.New("reading the request on stdin: it is not the JSON that Concourse writes") // do not quote it: it holds secrets
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
