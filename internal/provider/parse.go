package provider

import (
	"net/http"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// Parser reads what happened from the document of an event with the name. No events and no error say that it is of no use.
type Parser func(name string, document []byte) ([]event.Event, error)

// JSON makes a Parser that decodes the document into a T and calls read with it.
func JSON[T any](read func(payload T) ([]event.Event, error)) Parser {
	return NamedJSON(func(payload T, _ string) ([]event.Event, error) { return read(payload) })
}

// NamedJSON is JSON where read needs the event's name too.
func NamedJSON[T any](read func(payload T, name string) ([]event.Event, error)) Parser {
	return func(name string, document []byte) ([]event.Event, error) {
		var payload T
		if err := Decode("the body", document, &payload); err != nil {
			return nil, err
		}
		return read(payload, name)
	}
}

// Parsers read the events of use, by name. A name that ends in * stands for all that begin with the rest of it.
type Parsers map[string]Parser

// Parse reads the document of the event with the name. The document is not looked at where the event is of no use.
func (p Parsers) Parse(id, name string, document func() ([]byte, error)) (Delivery, error) {
	parse := p.find(name)
	if parse == nil {
		return Ignored(id, name), nil
	}
	body, err := document()
	if err != nil {
		return Delivery{}, err
	}
	events, err := parse(name, body)
	return Result(id, name, events, err)
}

func (p Parsers) find(name string) Parser { return p[p.Key(name)] }

// Key is the key of p that the name falls under: the name itself, or a pattern; "" where there is none.
func (p Parsers) Key(name string) string {
	if p[name] != nil {
		return name
	}
	for pattern := range p {
		if prefix, ok := strings.CutSuffix(pattern, "*"); ok && strings.HasPrefix(name, prefix) {
			return pattern
		}
	}
	return ""
}

// EventName reads the header that names the event, in lower case. A value that is not a plain word is an error, and not
// printed.
func EventName(h http.Header, header string) (string, error) {
	name := h.Get(header)
	if name == "" {
		return "", Malformed("no %s header", header)
	}
	if !IsWord(name) {
		return "", Malformed("the %s header is not the name of an event", header)
	}
	return strings.ToLower(name), nil
}

// IsWord reports whether s may be an event's name or a delivery's id, and so is safe to print: at most 100 ASCII letters,
// digits and - _ . : characters.
func IsWord(s string) bool {
	strange := func(r rune) bool {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("-_.:", r):
			return false
		}
		return true
	}
	return s != "" && len(s) <= 100 && !strings.ContainsFunc(s, strange)
}

// SafeID is the delivery's id where it is safe to print, else "".
func SafeID(id string) string {
	if !IsWord(id) {
		return ""
	}
	return id
}

// Ignored is the delivery of an event that is recognised but of no use, in the words of the 2016 form.
func Ignored(id, name string) Delivery {
	return Delivery{ID: SafeID(id), Name: name, Ignored: name + " event ignored"}
}

// Result is the delivery of the events, or an ignored one where there are none.
func Result(id, name string, events []event.Event, err error) (Delivery, error) {
	switch {
	case err != nil:
		return Delivery{}, err
	case len(events) == 0:
		return Ignored(id, name), nil
	}
	return Delivery{ID: SafeID(id), Name: name, Events: events}, nil
}
