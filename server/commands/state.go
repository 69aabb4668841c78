package commands

import (
	"errors"
	"log/slog"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/pending"
)

// stateFlags say where the checks are kept that Concourse has not taken yet.
type stateFlags struct {
	State string `env:"STATE" placeholder:"FILE|none" help:"Where to keep the checks that Concourse has not taken yet, on a local disk. The default is a file beside the config, CONFIG.state; it must be given where the config is in S3. With none they are kept in memory, and lost when the server ends."`
}

// path is the state file; "" for none.
func (f stateFlags) path(config string) (string, error) {
	switch {
	case f.State == "none":
		return "", nil
	case strings.Contains(f.State, "://"): // it may hold a password, so do not quote it
		return "", errors.New("--state: it is a URL; give a file on a local disk, or none")
	case f.State != "":
		return f.State, nil
	case config == "" || strings.Contains(config, "://"):
		return "", errors.New("no state file is given: give --state FILE on a local disk, or --state none")
	}
	return strings.TrimSuffix(config, ".json") + ".state", nil
}

// openState opens the state file; nil where nothing is kept.
func (f stateFlags) openState(config string, dryRun bool, logger *slog.Logger) (*pending.State, string, error) {
	path, err := f.path(config)
	if err != nil || dryRun {
		return nil, "", err
	}
	if path == "" {
		logger.Warn("--state none: while Concourse is down, checks are kept in memory only; if the server ends then, they are lost")
		return nil, "", nil
	}
	state, err := pending.Open(path, logger)
	return state, path, err
}
