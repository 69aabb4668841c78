package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Parse reads and validates a document. Its errors name the check and the field at fault, or the line and column.
func Parse(data []byte) (*Config, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errors.New("the config is empty; `syncer generate` prints one")
	}
	var probe struct {
		Version *json.RawMessage `json:"version"`
	}
	// A later version is refused for being later, not for the first of its fields that is not known here.
	if json.Unmarshal(data, &probe) == nil && probe.Version != nil {
		if err := checkVersion(*probe.Version); err != nil {
			return nil, err
		}
	}
	c := new(Config)
	if err := decodeStrict(data, c); err != nil {
		return nil, explain(data, err)
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.Checks == nil { // none at all are [], which somebody has meant
		return nil, errors.New("checks: missing; an array is needed")
	}
	return c, nil
}

func checkVersion(raw json.RawMessage) error {
	var v int
	if err := json.Unmarshal(raw, &v); err != nil {
		return fmt.Errorf("version: %s is not a whole number", raw)
	}
	if v > CurrentVersion {
		return fmt.Errorf("version: the config is of version %d and this program reads up to %d; upgrade it", v, CurrentVersion)
	}
	return nil
}

func decodeStrict(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more after the end of the document")
	}
	return nil
}

// explain makes a decoding error say where. The document is read again in parts to find the check at fault, which is
// worth its time only now that something is wrong.
func explain(data []byte, err error) error {
	var syntax *json.SyntaxError
	switch {
	case bytes.HasPrefix(bytes.TrimSpace(data), []byte("<")):
		return errors.New("the config is not JSON but looks like HTML or XML; does the location lead to an error page?")
	case errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &syntax) && int(syntax.Offset) >= len(data):
		return fmt.Errorf("the config ends early, after %d bytes: is it truncated?", len(data))
	case errors.As(err, &syntax):
		line, column := position(data, int(syntax.Offset))
		return fmt.Errorf("the config is not JSON: line %d, column %d: %w", line, column, err)
	}
	var parts struct {
		Checks []json.RawMessage `json:"checks"`
	}
	if json.Unmarshal(data, &parts) == nil {
		for i, raw := range parts.Checks {
			var c Check
			if err := decodeStrict(raw, &c); err != nil {
				return fmt.Errorf("%s: %w", label(i, &c), plain(err))
			}
		}
	}
	return plain(err)
}

// plain puts encoding/json's errors into the words of the document.
func plain(err error) error {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		field := kind.Field
		if field == "" {
			return fmt.Errorf("the config is a JSON %s, not an object", kind.Value)
		}
		return fmt.Errorf("%s: %s where %s is expected", field, article(kind.Value), expected(kind.Type.Kind().String()))
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return fmt.Errorf("%s: no such field; is it misspelt, or written by a newer version?", strings.Trim(name, `"`))
	}
	return err
}

func article(value string) string {
	if value == "array" || value == "object" {
		return "an " + value
	}
	return "a " + value
}

func expected(kind string) string {
	switch kind {
	case "slice":
		return "an array"
	case "map", "struct":
		return "an object"
	case "int", "int64":
		return "a whole number"
	}
	return article(kind)
}

func position(data []byte, offset int) (line, column int) {
	before := data[:min(max(offset-1, 0), len(data))]
	return bytes.Count(before, []byte("\n")) + 1, len(before) - bytes.LastIndexByte(before, '\n')
}
