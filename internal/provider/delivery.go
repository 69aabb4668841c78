package provider

import (
	"net/http"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// EventName reads the header that names the delivery's event, in lower case. A value that is not a plain word is refused
// rather than printed.
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

// IsWord reports whether s is an event's name as the providers spell them, and so safe to print: at most 100 letters, digits
// and ASCII punctuation of - _ . :.
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

// Ignored is the delivery of an event that is recognised but of no use, in the words of the original.
func Ignored(id, name string) Delivery {
	return Delivery{ID: plain(id), Name: name, Ignored: name + " event ignored"}
}

// Result is the delivery of the events, or an ignored one where there are none.
func Result(id, name string, events []event.Event, err error) (Delivery, error) {
	switch {
	case err != nil:
		return Delivery{}, err
	case len(events) == 0:
		return Ignored(id, name), nil
	}
	return Delivery{ID: plain(id), Name: name, Events: events}, nil
}

// plain is the id where it is safe to log, else "".
func plain(id string) string {
	if !IsWord(id) {
		return ""
	}
	return id
}
