package commands

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/dpb587/concourse-resource-endpoints/internal/envelope"
	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/aws"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providers"
	"github.com/dpb587/concourse-resource-endpoints/internal/receiver"
)

// readDelivery reads the events of a delivery from a file, without verifying its signature. ignored says what the delivery is if
// it has no events.
func readDelivery(path string) (events []event.Event, ignored string, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, "", errors.Unwrap(err) // without the path, which the caller adds
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, "", errors.New("it is empty; it must be an HTTP request or a Lambda event in JSON")
	}
	messages, err := readMessages(data)
	if err != nil {
		return nil, "", err
	}
	for _, m := range messages {
		d, err := readMessage(m)
		if err != nil {
			return nil, "", err
		}
		events = append(events, d.Events...)
		ignored = d.Ignored
	}
	return events, ignored, nil
}

// readMessages reads a Lambda event, if data is a JSON object, or else an HTTP request.
func readMessages(data []byte) ([]envelope.Message, error) {
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		invocation, err := envelope.Decode(data)
		if err != nil {
			return nil, err
		}
		return invocation.Messages, nil
	}
	req, err := readRequest(data)
	return []envelope.Message{{HTTP: req}}, err
}

func readMessage(m envelope.Message) (provider.Delivery, error) {
	switch {
	case m.Err != nil:
		return provider.Delivery{}, m.Err
	case m.HTTP == nil:
		return aws.ParseNotification(m.Notification)
	}
	if err := m.ReadBody(receiver.MaxBody); err != nil {
		return provider.Delivery{}, err
	}
	p := receiver.Recognise(providers.All(), m.HTTP)
	if p == nil {
		return provider.Delivery{}, errors.New("the provider is not recognised by the path or the headers")
	}
	return p.Parse(m.HTTP)
}

// readRequest reads an HTTP request. A body without Content-Length ends at the end of the file. A body with Content-Length ends
// there, so a newline that an editor added after it is ignored.
func readRequest(data []byte) (*provider.Request, error) {
	reader := bufio.NewReader(bytes.NewReader(data))
	req, err := http.ReadRequest(reader)
	if err != nil {
		return nil, errors.New("it is neither a JSON object nor an HTTP request (request line, headers, empty line, body)")
	}
	var body []byte
	if req.Header.Get("Content-Length") == "" && len(req.TransferEncoding) == 0 {
		body, err = io.ReadAll(reader)
	} else {
		body, err = io.ReadAll(req.Body)
	}
	if err != nil {
		return nil, fmt.Errorf("the body ends before the %d bytes of its Content-Length: %w", req.ContentLength, err)
	}
	return &provider.Request{Method: req.Method, Path: req.URL.Path, Query: req.URL.RawQuery, Header: req.Header, Body: body}, nil
}
