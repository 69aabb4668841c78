package receiver

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// ServeHTTP serves the endpoints as plain HTTP.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	answer := r.serve(w, req)
	w.Header().Set("Content-Type", "application/json")
	if answer.Code == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", http.MethodPost)
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body())
}

func (r *Receiver) serve(w http.ResponseWriter, req *http.Request) Answer {
	if req.ContentLength > MaxBody {
		return tooLarge() // none of it is read
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, MaxBody))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return tooLarge()
	case err != nil:
		return refuse(http.StatusBadRequest, "the body ended early")
	}
	// A sender that hangs up, as GitHub does after ten seconds, does not take its events back.
	return r.Handle(context.WithoutCancel(req.Context()), &provider.Request{
		// Escaped, as a Lambda gets it: a secret in the path is unescaped once, by who looks for it.
		Method: req.Method, Path: req.URL.EscapedPath(), Query: req.URL.RawQuery, Header: req.Header, Body: body,
	})
}
