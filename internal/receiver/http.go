package receiver

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/envelope"
	"github.com/dpb587/concourse-resource-endpoints/internal/limit"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// ServeHTTP serves the endpoints as plain HTTP.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	a := r.serve(w, req)
	w.Header().Set("Content-Type", "application/json")
	for name, value := range a.Header() {
		w.Header().Set(name, value)
	}
	switch a.Code {
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodPost)
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", limit.RetryAfter)
	}
	w.WriteHeader(a.Code)
	_, _ = w.Write(a.Body())
}

func (r *Receiver) serve(w http.ResponseWriter, req *http.Request) Answer {
	// A sender that hangs up, as GitHub does after ten seconds, still wants its checks.
	ctx := context.WithoutCancel(req.Context())
	leave, ok := r.intake.Enter()
	defer leave()
	d := &work{start: time.Now()}
	read := false
	switch {
	case !ok:
		d.refuse(http.StatusServiceUnavailable, "too many deliveries at once; send it again later")
	case req.ContentLength > MaxBody:
		d.end(tooLarge(MaxBody))
	default:
		d = r.receive(ctx, &provider.Request{
			// The path is escaped, as a Lambda gets it: whoever looks for a secret in it unescapes it.
			Method: req.Method, Path: req.URL.EscapedPath(), Query: req.URL.RawQuery, Header: req.Header, Received: d.start,
		}, func(p *provider.Request, most int64) (done func(), refused Answer) {
			var err error
			p.Body, done, err = r.intake.Read(w, req, most)
			read = err == nil
			return done, refuseBody(err, most)
		})
	}
	if !read {
		dismiss(w, req)
	}
	r.finish(ctx, []*work{d})
	return d.answer
}

// refuseBody is the answer to a body that could not be read; none where err is nil.
func refuseBody(err error, most int64) Answer {
	var malformed *provider.MalformedError
	switch {
	case err == nil:
		return Answer{}
	case errors.Is(err, limit.ErrTooLarge), errors.Is(err, envelope.ErrTooLarge):
		return tooLarge(most)
	case errors.As(err, &malformed):
		return refuseError(err)
	case errors.Is(err, limit.ErrTooSlow):
		return refuse(http.StatusRequestTimeout, "the body arrives too slowly")
	case errors.Is(err, limit.ErrNoMemory):
		return refuse(http.StatusServiceUnavailable, "too many large deliveries at once; send it again later")
	}
	return refuse(http.StatusBadRequest, "the body ended early")
}

// dismiss bounds how long net/http reads on after an answer: it reads what is left of a short body, to keep the connection.
func dismiss(w http.ResponseWriter, req *http.Request) {
	if req.ContentLength != 0 {
		// An error says that there is no connection.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(time.Second))
	}
}
