package envelope

import (
	"bytes"
	"encoding/json"

	"github.com/dpb587/concourse-resource-endpoints/internal/strictjson"
)

// shapeOf finds the first shape that fits; "" where none does. Unlike in encoding/json, the case of the names matters: Event
// and event are different shapes.
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
	var fields map[string]json.RawMessage
	if err := strictjson.Unmarshal(raw, &fields); err != nil {
		return nil, err
	}
	if fields == nil {
		return nil, &strictjson.Error{Problem: "null"}
	}
	return fields, nil
}

// list reads a JSON array; nil where raw is none.
func list(raw []byte) (items []json.RawMessage) {
	if !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("[")) || json.Unmarshal(raw, &items) != nil {
		return nil
	}
	return items
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
