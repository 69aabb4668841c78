// Package flyrc reads the targets that `fly login` saves, so that the syncer uses a login that is there already.
package flyrc

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// Target is one of fly's targets, in the form that ~/.flyrc has
// (https://github.com/concourse/concourse/blob/master/fly/rc/targets.go).
type Target struct {
	API      string `json:"api"`
	Team     string `json:"team"`
	Insecure bool   `json:"insecure"`
	// CACert is PEM text.
	CACert string `json:"ca_cert"`
	Token  struct {
		Type  string `json:"type"`
		Value string `json:"value"`
	} `json:"token"`
}

// Load reads a target that `fly login` saved in $FLY_HOME, or else in the home directory.
func Load(name string) (*Target, error) {
	home := os.Getenv("FLY_HOME")
	if home == "" {
		var err error
		if home, err = os.UserHomeDir(); err != nil {
			return nil, fmt.Errorf("looking for fly's targets: %w", err)
		}
	}
	path := filepath.Join(home, ".flyrc")
	data, err := os.ReadFile(path)
	if err != nil {
		var failed *os.PathError // names the path, too
		if errors.As(err, &failed) {
			err = failed.Err
		}
		return nil, fmt.Errorf("reading fly's targets in %s: %w; `fly -t %s login -c URL` saves one", path, err, name)
	}
	var rc struct {
		Targets map[string]*Target `json:"targets"`
	}
	if err := yaml.Unmarshal(data, &rc); err != nil {
		return nil, fmt.Errorf("reading fly's targets: %s is not valid YAML", path) // its text holds tokens
	}
	t := rc.Targets[name]
	if t == nil {
		var known []string
		for n := range rc.Targets {
			known = append(known, n)
		}
		slices.Sort(known)
		return nil, fmt.Errorf("fly has no target %s in %s (it knows %s); `fly -t %s login -c URL` makes it",
			name, path, cmp.Or(strings.Join(known, ", "), "none"), name)
	}
	if t.API == "" || t.Token.Value == "" {
		return nil, fmt.Errorf("fly's target %s is not logged in: run `fly -t %s login`", name, name)
	}
	return t, nil
}
