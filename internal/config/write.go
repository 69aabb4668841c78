package config

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/printable"
)

// Marshal writes the document, with its checks and pipelines sorted and one check per line: the same pipelines give the same
// bytes, and a diff of two documents shows the checks that differ. It sets Version and Digest. It fails for a document that
// Parse would refuse.
func (c *Config) Marshal() ([]byte, error) {
	c.Sort()
	c.Version = CurrentVersion
	if err := c.validate(); err != nil {
		return nil, err
	}
	digest, err := Digest(c.Checks)
	if err != nil {
		return nil, err
	}
	c.Digest = digest

	w := new(writer)
	w.field("version", c.Version)
	w.field("digest", c.Digest)
	w.field("atc", c.ATC)
	if c.Secret != "" {
		w.field("secret", c.Secret)
	}
	if len(c.RepositoryAliases) > 0 {
		w.field("repository_aliases", c.RepositoryAliases)
	}
	writeList(w, "checks", c.Checks)
	if len(c.Pipelines) > 0 {
		writeList(w, "pipelines", c.Pipelines)
	}
	if len(c.Owed) > 0 {
		writeList(w, "owed", c.Owed)
	}
	if c.Held != nil {
		w.field("held", c.Held)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Unknown)) {
		w.field(name, c.Unknown[name])
	}
	w.WriteString("\n}\n")
	return w.Bytes(), w.err
}

// writer writes the fields of a document, and keeps the first error.
type writer struct {
	bytes.Buffer
	err error
}

func (w *writer) name(name string) {
	start := ",\n"
	if w.Len() == 0 {
		start = "{\n"
	}
	fmt.Fprintf(w, "%s  %q: ", start, name)
}

func (w *writer) value(name string, v any) {
	raw, err := MarshalPlain(v)
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("writing %s: %w", name, err)
	}
	w.Write(raw)
}

func (w *writer) field(name string, v any) {
	w.name(name)
	w.value(name, v)
}

// writeList writes one item per line.
func writeList[T any](w *writer, name string, list []T) {
	w.name(name)
	for i := range list {
		w.WriteString([]string{"[", ","}[min(i, 1)] + "\n    ")
		w.value(fmt.Sprintf("%s[%d]", name, i), list[i])
	}
	if len(list) == 0 {
		w.WriteString("[]")
		return
	}
	w.WriteString("\n  ]")
}

// MarshalPlain is json.Marshal without escaping for HTML, so that regular expressions stay readable. It escapes what is not printable,
// which a terminal might obey.
func MarshalPlain(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return []byte(printable.JSON(strings.TrimSuffix(b.String(), "\n"))), nil
}

// Sort sorts checks, pipelines and what is owed by name.
func (c *Config) Sort() {
	type named struct {
		name string
		Check
	}
	order := make([]named, len(c.Checks))
	for i, check := range c.Checks {
		order[i] = named{check.Name(), check}
	}
	slices.SortStableFunc(order, func(a, b named) int { return strings.Compare(a.name, b.name) })
	sorted := make([]Check, len(order)) // the caller may share the old list
	for i := range order {
		sorted[i] = order[i].Check
	}
	c.Checks = sorted
	slices.SortStableFunc(c.Pipelines, func(a, b Pipeline) int { return strings.Compare(a.String(), b.String()) })
	slices.SortStableFunc(c.Owed, func(a, b Owed) int { return strings.Compare(a.Check, b.Check) })
}

// Name is the check's Ref as a string. Where it has none, it is TEAM/"CHECK", which is no Ref's.
func (c *Check) Name() string {
	ref, err := c.Ref()
	if err != nil {
		return quoteName(cmp.Or(c.Team, DefaultTeam)) + "/" + strconv.Quote(c.Check)
	}
	return ref.String()
}

func (p Pipeline) String() string { return PipelineString(p.Team, p.Name, p.InstanceVars) }

// Digest identifies a set of checks in any order: "sha256:" and 64 hexadecimal digits. The rest of the document, such as the
// times of its pipelines, is not part of it.
func Digest(checks []Check) (string, error) {
	c := Config{Checks: append([]Check(nil), checks...)}
	c.Sort()
	h := sha256.New()
	for i := range c.Checks {
		raw, err := MarshalPlain(c.Checks[i])
		if err != nil {
			return "", fmt.Errorf("writing checks[%d]: %w", i, err)
		}
		h.Write(raw)
		h.Write([]byte("\n"))
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), nil
}
