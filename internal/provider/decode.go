package provider

import (
	"bytes"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// Decode reads a JSON document into v. Its error is a *MalformedError that names the field or the place at fault, and
// holds no text of the document. A null leaves what it stands for empty, as encoding/json has it.
func Decode(document []byte, v any) error {
	if len(bytes.TrimSpace(document)) == 0 {
		return Malformed("the body is empty")
	}
	err := json.Unmarshal(document, v)
	if err == nil {
		return nil
	}
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	var malformed *MalformedError
	switch {
	case errors.As(err, &malformed):
		return malformed
	case errors.As(err, &kind):
		// Value is "number 123" for a number: its first word is the kind.
		value, _, _ := strings.Cut(kind.Value, " ")
		if kind.Field == "" {
			return Malformed("the body is a JSON %s where another kind is expected", value)
		}
		return Malformed("the body's field %s is a JSON %s where another kind is expected", kind.Field, value)
	case errors.As(err, &syntax):
		return Malformed("the body is not JSON: wrong, cut off or nested too deep at byte %d", syntax.Offset)
	}
	return Malformed("the body can't be read as JSON")
}

// Text is a JSON string, or a number taken as it is written, for what people give as either: a tag 1.10.
type Text string

// UnmarshalJSON reads a string or a number.
func (t *Text) UnmarshalJSON(raw []byte) error {
	switch c := raw[0]; {
	case c == 'n': // null
		return nil
	case c == '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return err
		}
		*t = Text(s)
		return nil
	case c == '-' || c >= '0' && c <= '9':
		*t = Text(raw)
		return nil
	}
	return Malformed("a tag or name is neither a JSON string nor a number")
}

// JSON is the request's JSON document: its body or, where the body is a form, its payload value.
func (r *Request) JSON() ([]byte, error) {
	if !isForm(r.Header, r.Body) {
		return r.Body, nil
	}
	// The error of ParseQuery would print the body, and one bad pair does not spoil the others.
	form, err := url.ParseQuery(string(r.Body))
	payload := form.Get("payload")
	if payload == "" && err != nil {
		return nil, Malformed("the form-encoded body can't be read")
	}
	if payload == "" {
		return nil, Malformed("the form-encoded body has no payload value")
	}
	return []byte(payload), nil
}

// isForm goes by the content type; an entry that drops the headers still leaves a form recognisable.
func isForm(h http.Header, body []byte) bool {
	contentType := h.Get("Content-Type")
	if contentType == "" {
		return bytes.HasPrefix(body, []byte("payload="))
	}
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		media, _, _ = strings.Cut(contentType, ";")
	}
	return strings.EqualFold(strings.TrimSpace(media), "application/x-www-form-urlencoded")
}
