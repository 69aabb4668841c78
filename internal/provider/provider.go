// Package provider is the first step of the flow (a delivery -> provider -> event -> match -> notify -> Concourse): it says
// what a provider is, and holds what several share.
//
// Each provider has a package below this one, or a file in package registry. It shows that a delivery is authentic, and
// reads from it what happened. It knows events, but neither resource types nor other providers.
package provider

import (
	"fmt"
	"net/http"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// Provider is who sends deliveries: GitHub, a registry, a server of S3's API. Its functions are called in the order
// Recognise, Refuse, Verify, Parse, from several goroutines at once. They keep no part of the body, whose memory is used again.
type Provider struct {
	// Name is the provider's name in logs, flags and paths: "github" serves /github.
	Name string
	// Recognise reports whether the headers are this provider's; it is asked where a request's path names no provider. Nil
	// where the provider sends no header of its own.
	Recognise func(http.Header) bool
	// EventHeader is the header that names the event; "" where the body does.
	EventHeader string
	// Refuse gives the error of Verify where path, query and headers alone tell that Verify will fail, whatever the body is; else
	// nil. It is called before the body is read, and only where Verify would be called.
	Refuse func(req *Request, secrets []string) error
	// MaxBody bounds the body, in bytes; 0 for as much as the endpoint takes.
	MaxBody int64
	// Verify reports whether one of the secrets proves the request authentic, over the raw body and in constant time. Any
	// failure is an *UnauthorizedError that tells nothing of what would have been right. Secrets are never empty strings.
	// Verify is not called without secrets, but for a SelfVerifying provider.
	Verify func(req *Request, secrets []string) error
	// Options says that the provider asks by the method OPTIONS whether it may send. Such a request has no body, and is refused,
	// verified and parsed like any other.
	Options bool
	// Parse reads the request. A request that can't be read is a *MalformedError; one that is recognised but of no use is a
	// Delivery with Ignored.
	Parse func(req *Request) (Delivery, error)
	// Events are what Parse reads, where the provider gives each event a name; docs/support.md lists them all.
	Events Parsers
	// SelfVerifying says that the provider can prove its deliveries without a shared secret, such as by a public key. Its
	// Verify is always called: without secrets, and where unsigned deliveries are allowed. Its Verify and Parse may call
	// out; an error that is neither an *UnauthorizedError nor a *MalformedError says that the call failed, and that the
	// delivery should be sent again (503).
	SelfVerifying bool
}

// Request is a delivery as it came: an HTTP request, or the part of a Lambda invocation that equals one.
type Request struct {
	Method string
	// Path is below the endpoint's root, starting with a slash.
	Path string
	// Query is the raw query, without the question mark.
	Query  string
	Header http.Header
	// Body is raw: the bytes that the provider signed.
	Body []byte
	// Received is when the provider's own request arrived; zero where that is not known, as for one that a queue kept.
	Received time.Time
}

// Delivery is what Parse found in a request.
type Delivery struct {
	// ID is the provider's own id of the delivery, for the logs; "" where it gives none.
	ID string
	// Name is the provider's name for what it sent: "push".
	Name string
	// Events are what happened. They are empty where the delivery is recognised but of no use; Ignored then says why.
	Events []event.Event
	// Ignored says why a recognised delivery has no events: "ping event ignored".
	Ignored string
	// Unread says of each part that could not be read why, where the others could: "record 1: s3.object.key is missing".
	Unread []string
	// Reply is what the provider waits for, as in a handshake; nil where any answer will do.
	Reply *Reply
}

// Reply is an answer in a provider's own form.
type Reply struct {
	// Header has the headers that are added to the answer's.
	Header map[string]string
	// Body is the JSON that comes in the place of the answer's; nil for the answer's own.
	Body []byte
}

// UnauthorizedError says why a delivery is not shown to be authentic. Its text is part of the answer.
type UnauthorizedError struct{ Reason string }

func (e *UnauthorizedError) Error() string { return e.Reason }

// MalformedError says why a delivery can't be read. Its text is part of the answer.
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

// ByHeader makes a Recognise that looks for a header that is not empty.
func ByHeader(name string) func(http.Header) bool {
	return func(h http.Header) bool { return h.Get(name) != "" }
}
