package provider

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"mime"
	"net/http"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/strictjson"
)

// Decode reads a JSON document into v. Its error is a *MalformedError that calls the document by what, names the field or
// the place at fault, and holds no text of the document. A null leaves its field empty.
func Decode(what string, document []byte, v any) error {
	if values, others := count(document); values > maxValues || others > maxOthers {
		return Malformed("reading %s: it has more than %d values, or more than %d that are not text", what, maxValues, maxOthers)
	}
	if err := strictjson.Unmarshal(document, v); err != nil {
		return Malformed("reading %s: %v", what, err)
	}
	return nil
}

// Each value may become a struct of hundreds of bytes, though {} has two. No real delivery comes near: 2048 commits have some 20,000
// values that are not text, and 25 MiB of paths half a million that are.
const (
	maxValues = 1_000_000
	maxOthers = 100_000
)

// count is how many values a JSON document has in its arrays and objects, names of members among them, and how many of these are not
// text.
func count(document []byte) (values, others int) {
	fresh := true // a value may begin here
	for i := 0; i < len(document); i++ {
		switch c := document[i]; c {
		case ' ', '\t', '\r', '\n', '}', ']':
		case ',', ':':
			fresh = true
		case '"':
			for i++; i < len(document) && document[i] != '"'; i++ {
				if document[i] == '\\' {
					i++
				}
			}
			values++
			fresh = false
		default:
			if fresh {
				values++
				others++
			}
			fresh = c == '{' || c == '['
		}
	}
	return values, others
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
	payload, readable := formPayload(r.Body)
	switch {
	case len(payload) > 0:
		return payload, nil
	case !readable:
		return nil, Malformed("the form-encoded body can't be read")
	}
	return nil, Malformed("the form-encoded body has no payload value")
}

// formPayload finds the first payload value of a form, and reports false where a name or a payload can't be read; the other pairs
// count then. It is url.ParseQuery for one value, which may be long: it makes one copy of it and not three.
func formPayload(form []byte) (payload []byte, readable bool) {
	readable, found := true, false
	for pair := range bytes.SplitSeq(form, []byte("&")) {
		key, value, _ := bytes.Cut(pair, []byte("="))
		name, ok := unescape(key)
		if bytes.IndexByte(pair, ';') >= 0 || !ok {
			readable = false
			continue
		}
		if found || string(name) != "payload" {
			continue
		}
		if payload, found = unescape(value); !found {
			readable = false
		}
	}
	return payload, readable
}

// unescape is url.QueryUnescape.
func unescape(s []byte) ([]byte, bool) {
	out := make([]byte, 0, max(0, len(s)-2*bytes.Count(s, []byte("%"))))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '+':
			out = append(out, ' ')
		case c != '%':
			out = append(out, c)
		default:
			var b [1]byte
			if _, err := hex.Decode(b[:], s[i+1:min(i+3, len(s))]); err != nil || i+2 >= len(s) {
				return nil, false
			}
			out = append(out, b[0])
			i += 2
		}
	}
	return out, true
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
