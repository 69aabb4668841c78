package secret

import (
	"fmt"
	"path"
	"strings"
)

// Allowed are the references that may stand in a config. Whoever can write the config could else name any secret that the program can
// read. Each is one reference, or a prefix of references where it ends with "/" or "*": env:HOOK_TOKEN, ssm:/ci/, env:HOOK_*.
type Allowed []string

// Validate reports the first entry that allows nothing, because it is no reference. It may be a secret in the wrong place, so the error
// does not quote it.
func (a Allowed) Validate() error {
	for i, entry := range a {
		if _, name, ok := split(entry); !ok || name == "" {
			return fmt.Errorf("entry %d is not a reference or a prefix of references, such as env:HOOK_TOKEN or ssm:/ci/", i+1)
		}
	}
	return nil
}

// Allows reports whether a reference is among them. The path of a file counts as the system reads it: file:/secrets/../x is not below
// file:/secrets/.
func (a Allowed) Allows(ref string) bool {
	scheme, name, ok := split(ref)
	if !ok {
		return false
	}
	whole := ref
	if scheme == "file" {
		whole = "file:" + path.Clean(name)
	}
	for _, entry := range a {
		prefix, wild := strings.CutSuffix(entry, "*")
		if ref == entry || (wild || strings.HasSuffix(entry, "/")) && strings.HasPrefix(whole, prefix) {
			return true
		}
	}
	return false
}
