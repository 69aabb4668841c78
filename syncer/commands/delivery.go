package commands

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/envelope"
	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/aws"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providers"
	"github.com/dpb587/concourse-resource-endpoints/internal/receiver"
)

// copied says whose body a file holds, where that is all that it holds. Both are "" where the file has more, or is recognised.
type copied struct{ provider, event string }

// contents are what a delivery's file holds.
type contents struct {
	events []event.Event
	// ignored says what the delivery is if it has no events.
	ignored string
	// unread says of each part that can't be read why, if others can.
	unread []string
}

// readDelivery reads a delivery from a file, without verifying its signature. It fails if no part of it can be read.
func readDelivery(path string, c copied) (contents, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return contents{}, errors.Unwrap(err) // without the path, which the caller adds
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return contents{}, errors.New("it is empty; it must be an HTTP request, the body of one, or a Lambda event in JSON")
	}
	messages, err := readMessages(data, c)
	if err != nil {
		return contents{}, err
	}
	var in contents
	failed := 0
	for _, m := range messages {
		d, err := readMessage(m)
		switch {
		case err != nil && len(messages) == 1:
			return contents{}, err
		case err != nil:
			failed++
			d.Unread = []string{err.Error()}
		default:
			in.ignored = d.Ignored
		}
		in.events = append(in.events, d.Events...)
		for _, reason := range d.Unread {
			if m.ID != "" { // SQS's; the reasons name the records of other lists
				reason = "message " + m.ID + ": " + reason
			}
			in.unread = append(in.unread, reason)
		}
	}
	if failed > 0 && failed == len(messages) {
		return contents{}, fmt.Errorf("nothing in it can be read: %s", strings.Join(in.unread, "; "))
	}
	return in, nil
}

// readMessages reads the body that c says, a Lambda event or a body that is recognised, if data is JSON, or else an HTTP request.
func readMessages(data []byte, c copied) ([]envelope.Message, error) {
	body := bytes.TrimSpace(data)
	if c.provider != "" {
		req, err := bodyRequest(c.provider, c.event, body)
		return []envelope.Message{{HTTP: req}}, err
	}
	if !bytes.HasPrefix(body, []byte("{")) && !bytes.HasPrefix(body, []byte("[")) {
		req, err := readRequest(data)
		return []envelope.Message{{HTTP: req}}, err
	}
	if req, err := recogniseBody(body); err == nil && body[0] == '[' { // a list of anything may come from EventBridge Pipes
		return []envelope.Message{{HTTP: req}}, nil
	}
	invocation, err := envelope.Decode(data)
	if err == nil {
		return invocation.Messages, nil
	}
	req, noBody := recogniseBody(body)
	if noBody != nil {
		return nil, fmt.Errorf("%w; %w", err, noBody)
	}
	return []envelope.Message{{HTTP: req}}, nil
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
