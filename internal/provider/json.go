package provider

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/strictjson"
)

// Decode reads a JSON document into v. Its error is a *MalformedError that calls the document by what, names the field or
// the place at fault, and holds no text of the document. A null leaves its field empty.
func Decode(what string, document []byte, v any) error {
	if err := strictjson.Unmarshal(document, v); err != nil {
		return Malformed("reading %s: %v", what, err)
	}
	return nil
}

// Text is a JSON string, or a number as it is written: a tag 1.10 may come as either.
type Text string

// UnmarshalJSON reads a string or a number.
func (t *Text) UnmarshalJSON(raw []byte) error {
	if c := raw[0]; c == '-' || c >= '0' && c <= '9' {
		*t = Text(raw)
		return nil
	}
	return json.Unmarshal(raw, (*string)(t)) // encoding/json adds the field's name to the error
}

// RawBody is the body, as a document for Parsers.Parse.
func (r *Request) RawBody() ([]byte, error) { return r.Body, nil }

// BodyOrForm is the body or, where the body is a form, its payload value.
func (r *Request) BodyOrForm() ([]byte, error) {
	if !isForm(r.Header, r.Body) {
		return r.Body, nil
	}
	// ParseQuery's error would print the body. Where one pair can't be read, the others count.
	form, err := url.ParseQuery(string(r.Body))
	payload := form.Get("payload")
	switch {
	case payload == "" && err != nil:
		return nil, Malformed("the form-encoded body can't be read")
	case payload == "":
		return nil, Malformed("the form-encoded body has no payload value")
	}
	return []byte(payload), nil
}

// isForm goes by the content type or, where a Lambda's mapping template drops that header, by how the body begins.
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
