package envelope

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// shapeOf finds the first shape that fits; "" where none does. Names are compared in their case, unlike encoding/json's
// own: Event and event are different shapes.
func shapeOf(fields map[string]json.RawMessage) Shape {
	context, _ := object(fields["requestContext"])
	_, isDestination := text(context["functionArn"])
	_, hasMethod := text(fields["httpMethod"])
	version, _ := text(fields["version"])
	_, hasDetailType := text(fields["detail-type"])
	_, hasSource := text(fields["source"])
	testEvent, _ := text(fields["Event"])
	_, hasEvent := text(fields["event"])
	_, hasBody := text(fields["body"])
	switch {
	case present(context["elb"]):
		return ALB
	case isDestination && present(fields["requestPayload"]):
		return Destination
	case version == "2.0" && present(context["http"]):
		return HTTPAPI
	case hasMethod && context != nil:
		return REST
	case present(fields["Records"]):
		return Records
	case hasDetailType && hasSource:
		return EventBridge
	case testEvent == "s3:TestEvent":
		return S3Test
	case hasEvent && hasBody:
		return MappingTemplate
	}
	return ""
}

// present reports whether a value is there and not null.
func present(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

// object reads a JSON object; null and anything else are errors.
func object(raw []byte) (map[string]json.RawMessage, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil, errors.New("is empty")
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, describe(err)
	}
	if fields == nil {
		return nil, errors.New("is null")
	}
	return fields, nil
}

// text reads a JSON string.
func text(raw json.RawMessage) (s string, ok bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", false
	}
	return s, true
}

// describe says what is wrong with JSON, without any of it: encoding/json's own errors quote the character or number.
func describe(err error) error {
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("is not JSON (byte %d)", syntax.Offset)
	case errors.As(err, &typ):
		kind, _, _ := strings.Cut(typ.Value, " ")
		if typ.Field == "" {
			return fmt.Errorf("is a JSON %s", kind)
		}
		return fmt.Errorf("has a JSON %s of the wrong type at byte %d", kind, typ.Offset)
	default:
		return errors.New("is not JSON")
	}
}
