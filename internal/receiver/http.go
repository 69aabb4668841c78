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
	var answer Answer
	if body, refused := read(w, req); refused != nil {
		answer = *refused
		r.log(req.Context(), "", provider.Delivery{}, answer, start)
	} else {
		// A sender that hangs up, as GitHub does after ten seconds, does not take its events back.
		answer = r.Handle(context.WithoutCancel(req.Context()), &provider.Request{
			// Escaped, as a Lambda gets it: a secret in the path is unescaped once, by who looks for it.
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

// read reads the body; one that says itself that it is too large not at all.
func read(w http.ResponseWriter, req *http.Request) (body []byte, refused *Answer) {
	var answer Answer
	if req.ContentLength > MaxBody {
		answer = tooLarge()
		return nil, &answer
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, MaxBody))
	var over *http.MaxBytesError
	switch {
	case err == nil:
		return body, nil
	case errors.As(err, &over):
		answer = tooLarge()
	default:
		answer = refuse(http.StatusBadRequest, "the body ended early")
	}
	return nil, &answer
}
