package config

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sort"
)

// Marshal writes the document: checks and pipelines in order, one check a line, so that the same pipelines give the same
// bytes and a diff of two documents shows the checks that differ. It sets Version and Digest. A document that Parse would
// refuse is not written.
func (c *Config) Marshal() ([]byte, error) {
	c.Sort()
	c.Version = CurrentVersion
	if err := c.Validate(); err != nil {
		return nil, err
	}
	digest, err := Digest(c.Checks)
	if err != nil {
		return nil, err
	}
	c.Digest = digest
	for i := range c.Pipelines {
		c.Pipelines[i].Digest = ""
	}

	var b bytes.Buffer
	b.WriteString("{\n")
	head := []struct {
		name  string
		value any
		omit  bool
	}{
		{"version", c.Version, false},
		{"digest", c.Digest, false},
		{"atc", c.ATC, false},
		{"secret", c.Secret, c.Secret == ""},
		{"repository_aliases", c.RepositoryAliases, len(c.RepositoryAliases) == 0},
	}
	for _, f := range head {
		if f.omit {
			continue
		}
		raw, err := marshalPlain(f.value)
		if err != nil {
			return nil, fmt.Errorf("writing %s: %w", f.name, err)
		}
		fmt.Fprintf(&b, "  %q: %s,\n", f.name, raw)
	}
	if err := writeList(&b, "checks", c.Checks); err != nil {
		return nil, err
	}
	if len(c.Pipelines) > 0 {
		b.WriteString(",\n")
		if err := writeList(&b, "pipelines", c.Pipelines); err != nil {
			return nil, err
		}
	}
	b.WriteString("\n}\n")
	return b.Bytes(), nil
}

func writeList[T any](b *bytes.Buffer, name string, list []T) error {
	fmt.Fprintf(b, "  %q: [", name)
	for i := range list {
		raw, err := marshalPlain(list[i])
		if err != nil {
			return fmt.Errorf("writing %s[%d]: %w", name, i, err)
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n    ")
		b.Write(raw)
	}
	if len(list) > 0 {
		b.WriteString("\n  ")
	}
	b.WriteByte(']')
	return nil
}

// marshalPlain is json.Marshal without the escaping for HTML: regular expressions stay readable.
func marshalPlain(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Sort puts checks and pipelines into the order of their names.
func (c *Config) Sort() {
	names := make(map[*Check]string, len(c.Checks))
	order := make([]*Check, len(c.Checks))
	for i := range c.Checks {
		order[i] = &c.Checks[i]
		names[order[i]] = c.Checks[i].Name()
	}
	sort.SliceStable(order, func(i, j int) bool { return names[order[i]] < names[order[j]] })
	sorted := make([]Check, len(order))
	for i, check := range order {
		sorted[i] = *check
	}
	c.Checks = sorted
	sort.SliceStable(c.Pipelines, func(i, j int) bool { return c.Pipelines[i].String() < c.Pipelines[j].String() })
}

// Name is the check's Ref as a string, or Check as it stands where it is not of the right form.
func (c *Check) Name() string {
	ref, err := c.Ref()
	if err != nil {
		return c.Check
	}
	return ref.String()
}

func (p Pipeline) String() string { return PipelineString(p.Team, p.Name, p.InstanceVars) }

// Digest identifies a set of checks, whatever their order: "sha256:" and 64 hexadecimal digits. Times, and whatever else
// of the document does not change an answer, are not part of it.
func Digest(checks []Check) (string, error) {
	c := Config{Checks: append([]Check(nil), checks...)}
	c.Sort()
	h := sha256.New()
	for i := range c.Checks {
		raw, err := marshalPlain(c.Checks[i])
		if err != nil {
			return "", fmt.Errorf("writing checks[%d]: %w", i, err)
		}
		h.Write(raw)
		h.Write([]byte("\n"))
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), nil
}
