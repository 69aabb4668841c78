// Package flyrc gives the syncer a login to read Concourse with: it reads the targets that `fly login` saves.
package flyrc

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// Target is one of fly's targets, with the fields of ~/.flyrc
// (https://github.com/concourse/concourse/blob/master/fly/rc/targets.go).
type Target struct {
	API      string `json:"api"`
	Insecure bool   `json:"insecure"`
	// CACert is PEM text.
	CACert string `json:"ca_cert"`
	Token  struct {
		Value string `json:"value"`
	} `json:"token"`
}

// Load reads a target from .flyrc in $FLY_HOME, or in the home directory if that is not set.
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
		return nil, fmt.Errorf("reading fly's targets: %w; run `fly -t %s login -c URL` to save one", err, name)
	}
	var rc struct {
		Targets map[string]*Target `json:"targets"`
	}
	if err := yaml.Unmarshal(data, &rc); err != nil {
		return nil, fmt.Errorf("reading fly's targets: %s is not valid YAML", path) // the parser's error may quote a token
	}
	t := rc.Targets[name]
	if t == nil {
		var known []string
		for n := range rc.Targets {
			known = append(known, n)
		}
		slices.Sort(known)
		return nil, fmt.Errorf("fly has no target %s in %s (it has %s); run `fly -t %s login -c URL` to add it",
			name, path, cmp.Or(strings.Join(known, ", "), "none"), name)
	}
	if t.API == "" || t.Token.Value == "" {
		return nil, fmt.Errorf("fly's target %s is not logged in: run `fly -t %s login`", name, name)
	}
	return t, nil
}
