package receiver

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// ServeHTTP serves the endpoints as plain HTTP.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	start := time.Now()
	body, answer := read(w, req)
	if answer.Code != 0 {
		r.log(req.Context(), &work{start: start, answer: answer})
	} else {
		// A sender that hangs up, as GitHub does after ten seconds, still wants its checks.
		answer = r.Handle(context.WithoutCancel(req.Context()), &provider.Request{
			// The path is escaped, as a Lambda gets it: whoever looks for a secret in it unescapes it.
			Method: req.Method, Path: req.URL.EscapedPath(), Query: req.URL.RawQuery, Header: req.Header, Body: body,
		})
	}
	w.Header().Set("Content-Type", "application/json")
	if answer.Code == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", http.MethodPost)
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body())
}

// read reads the body, or refuses it: before it is read, if its stated length is too large.
func read(w http.ResponseWriter, req *http.Request) (body []byte, refused Answer) {
	if req.ContentLength > MaxBody {
		return nil, tooLarge()
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, MaxBody))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return nil, tooLarge()
	case err != nil:
		return nil, refuse(http.StatusBadRequest, "the body ended early")
	}
	return body, Answer{}
}
