package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"github.com/dpb587/concourse-resource-endpoints/internal/strictjson"
)

// Parse reads and validates a document, which may lack the ATC's URL. Its errors name the check and the field at fault, or the line and column. It ignores
// fields that it does not know: UnknownFields names them. It does not look at the checks' names: match.New does.
func Parse(data []byte) (*Config, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errors.New("the config is empty; `syncer generate` prints one")
	}
	var fields map[string]json.RawMessage
	// Check the version first: a later document should fail for its version, not for a field that has another form in it.
	if json.Unmarshal(data, &fields) == nil && fields["version"] != nil {
		if err := checkVersion(fields["version"]); err != nil {
			return nil, err
		}
	}
	c := new(Config)
	if err := strictjson.Unmarshal(data, c); err != nil {
		return nil, explain(data, err)
	}
	if err := c.validate(); err != nil {
		return nil, err
	}
	if c.Checks == nil { // an intended empty list is []
		return nil, errors.New("checks: missing; an array is needed")
	}
	c.Unknown = fields
	maps.DeleteFunc(c.Unknown, func(name string, _ json.RawMessage) bool { return strictjson.Has(*c, name) })
	return c, nil
}

// UnknownFields names the fields of a document that Parse ignores, so that a misspelt one can be told to a person. Fields of filters
// are not among them.
func UnknownFields(data []byte) []string { return strictjson.Unknown(data, Config{}) }

func checkVersion(raw json.RawMessage) error {
	var v int
	if err := json.Unmarshal(raw, &v); err != nil {
		return errors.New("version: it is not a whole number") // it may be anything, so do not quote it
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
			if of := strictjson.Unmarshal(raw, &c); of != nil {
				err = fmt.Errorf("%s: %w", label(i, &c), of)
				break
			}
		}
	}
	return err
}

// label names the check in an error, by its index and by its name if it has one.
func label(i int, c *Check) string {
	if c.Check == "" {
		return fmt.Sprintf("checks[%d]", i)
	}
	return fmt.Sprintf("checks[%d] (%s)", i, c.Name())
}
