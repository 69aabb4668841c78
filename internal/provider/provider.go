// Package provider holds what is common to the senders of deliveries, one package each below this one: how a delivery is
// shown to be authentic, and what events it tells of.
//
// A provider knows events, never resource types.
package provider

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// Request is a delivery as it came: an HTTP request, or what of an invocation equals one.
type Request struct {
	Method string
	// Path is below the endpoint's root, starting with a slash.
	Path string
	// Query is the raw query, without the question mark.
	Query  string
	Header http.Header
	// Body is raw: the bytes that the sender signed.
	Body []byte
}

// Delivery is what a request turned out to be.
type Delivery struct {
	// ID is the provider's own, for the logs; "" where it gives none.
	ID string
	// Name is the provider's name for what it sent: "push".
	Name string
	// Events are what happened; empty where the delivery is recognised but of no use, and then Ignored says why.
	Events []event.Event
	// Ignored says why a recognised delivery has no events: "ping event ignored".
	Ignored string
	// Reply, where it is not empty, is a JSON object that the sender expects as the whole answer.
	Reply []byte
}

// Provider is one sender. Its methods are called in the order Recognise, Verify, Parse, and from several goroutines.
type Provider interface {
	// Name is the provider's name in logs, flags and paths: "github" serves /github.
	Name() string
	// Recognise reports whether the headers are this provider's, for a request to / that names none.
	Recognise(http.Header) bool
	// Verify reports whether one of the secrets proves the request authentic, over the raw body, in constant time. Any
	// failure is an *UnauthorizedError, and reveals nothing of what would have been right. Secrets are never empty strings;
	// it is not called where there are none.
	Verify(req *Request, secrets []string) error
	// Parse reads the request. What can't be read is a *MalformedError; what is recognised but of no use is a Delivery
	// with Ignored.
	Parse(req *Request) (Delivery, error)
}

// UnauthorizedError says that a delivery could not be shown to be authentic. Its text goes to the sender.
type UnauthorizedError struct{ Reason string }

func (e *UnauthorizedError) Error() string { return e.Reason }

// MalformedError says that a delivery can't be read. Its text goes to the sender.
type MalformedError struct{ Reason string }

func (e *MalformedError) Error() string { return e.Reason }

// Malformed makes a *MalformedError.
func Malformed(format string, args ...any) error {
	return &MalformedError{Reason: fmt.Sprintf(format, args...)}
}

// Unauthorized makes an *UnauthorizedError.
func Unauthorized(format string, args ...any) error {
	return &UnauthorizedError{Reason: fmt.Sprintf(format, args...)}
}

// Equal compares a secret in constant time.
func Equal(given, secret string) bool {
	// Hashing first hides the length, too.
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(secret))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// AnyEqual reports whether given is one of the secrets, having looked at all of them.
func AnyEqual(given string, secrets []string) bool {
	ok := 0
	for _, s := range secrets {
		if Equal(given, s) {
			ok = 1
		}
	}
	return ok == 1
}

// AnyMAC reports whether mac is, for one of the secrets, what sum makes of it; it looks at all of them.
func AnyMAC(mac []byte, secrets []string, sum func(secret string) []byte) bool {
	ok := false
	for _, s := range secrets {
		if hmac.Equal(mac, sum(s)) {
			ok = true
		}
	}
	return ok
}
