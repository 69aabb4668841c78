package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/dpb587/concourse-resource-endpoints/internal/strictjson"
)

// Parse reads and validates a document. Its errors name the check and the field at fault, or the line and column.
func Parse(data []byte) (*Config, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errors.New("the config is empty; `syncer generate` prints one")
	}
	var probe struct {
		Version *json.RawMessage `json:"version"`
	}
	// Check the version first: a later document should fail for its version, not for a field that is new in it.
	if json.Unmarshal(data, &probe) == nil && probe.Version != nil {
		if err := checkVersion(*probe.Version); err != nil {
			return nil, err
		}
	}
	c := new(Config)
	if err := strictjson.UnmarshalKnown(data, c); err != nil {
		return nil, explain(data, err)
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.Checks == nil { // an intended empty list is []
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
		return fmt.Errorf("version: the config has version %d, but this program reads versions up to %d; upgrade the program", v, CurrentVersion)
	}
	return nil
}

// explain makes a decoding error name the check at fault. It decodes the document again, in parts, which is slow but only
// happens on errors.
func explain(data []byte, err error) error {
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("<")) {
		return errors.New("the config is not JSON but looks like HTML or XML; is it an error page?")
	}
	var parts struct {
		Checks []json.RawMessage `json:"checks"`
	}
	if json.Unmarshal(data, &parts) == nil {
		for i, raw := range parts.Checks {
			var c Check
			if of := strictjson.UnmarshalKnown(raw, &c); of != nil {
				err = fmt.Errorf("%s: %w", label(i, &c), of)
				break
			}
		}
	}
	var e *strictjson.Error
	if errors.As(err, &e) && e.Unknown {
		err = fmt.Errorf("%w; is the name misspelt, or is the config from a newer version?", err)
	}
	return err
}
