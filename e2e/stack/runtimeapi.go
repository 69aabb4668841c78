package stack

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// maxPayload is the most that an invocation may send or answer, in bytes. See
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 6 MB.
const maxPayload = 6*1024*1024 + 100

// timedOut is the type of the error of an invocation that took too long.
const timedOut = "Sandbox.Timedout"

// errNotTaken is invoke's error when the function ended before it took the invocation.
var errNotTaken = errors.New("the function ended before it took the invocation")

// environment is one execution environment: the function's process, and the Lambda Runtime API that it asks
// for invocations. See https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html.
type environment struct {
	arn     string
	log     string
	server  *http.Server
	process *process

	ready     chan struct{}       // closed at the first request for an invocation
	readyOnce sync.Once           // guards ready
	initError chan *FunctionError // holds what the function posted to init/error
	queue     chan *invocation    // without room: the function takes an invocation or there is none

	mu      sync.Mutex
	current *invocation
}

// invocation is one payload on its way through the function.
type invocation struct {
	id       string
	payload  []byte
	deadline time.Time
	result   chan result // has room for one
}

type result struct {
	response []byte
	failure  *FunctionError
}

// newEnvironment starts the Runtime API and the function.
func newEnvironment(options LambdaOptions, log string) (*environment, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for the Runtime API: %w", err)
	}
	e := &environment{
		arn:       "arn:aws:lambda:us-east-1:123456789012:function:" + options.Name,
		log:       log,
		ready:     make(chan struct{}),
		initError: make(chan *FunctionError, 1),
		queue:     make(chan *invocation),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", e.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", e.response)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", e.failure)
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", e.initFailure)
	e.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = e.server.Serve(listener) }()
	e.process, err = startFunction(options, log, listener.Addr().String())
	if err != nil {
		_ = e.server.Close()
		return nil, err
	}
	return e, nil
}

// initialised waits for the first request for an invocation.
func (e *environment) initialised(ctx context.Context) error {
	timer := time.NewTimer(initTimeout)
	defer timer.Stop()
	fail := func(failure *FunctionError) error {
		return &InitError{FunctionError: *failure, Log: tail(e.log, 15)}
	}
	select {
	case <-e.ready:
		return nil
	case failure := <-e.initError:
		return fail(failure)
	case <-e.process.done:
		select {
		case failure := <-e.initError:
			return fail(failure)
		default:
			return fail(newFailure("Runtime.ExitError", "Runtime exited: "+exit(e.process)))
		}
	case <-timer.C:
		return fail(newFailure(timedOut, "Initialisation timed out"))
	case <-ctx.Done():
		return fmt.Errorf("waiting for the function's initialisation: %w", context.Cause(ctx))
	}
}

// invoke hands an invocation to the function and waits for its result.
func (e *environment) invoke(ctx context.Context, payload []byte, timeout time.Duration) ([]byte, *FunctionError, error) {
	if len(payload) > maxPayload {
		return nil, nil, fmt.Errorf("invoking with %d bytes: Lambda takes at most %d", len(payload), maxPayload)
	}
	inv := &invocation{id: requestID(), payload: payload, deadline: time.Now().Add(timeout), result: make(chan result, 1)}
	select {
	case e.queue <- inv:
	case <-e.process.done:
		return nil, nil, errNotTaken
	case <-ctx.Done():
		return nil, nil, fmt.Errorf("handing the invocation over: %w", context.Cause(ctx))
	}
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case r := <-inv.result:
		return r.response, r.failure, nil
	case <-e.process.done:
		select {
		case r := <-inv.result: // it answered, and ended then
			return r.response, r.failure, nil
		default:
		}
		return nil, newFailure("Runtime.ExitError", fmt.Sprintf("RequestId: %s Error: Runtime exited: %s", inv.id, exit(e.process))), nil
	case <-timer.C:
		return nil, newFailure(timedOut, fmt.Sprintf("RequestId: %s Error: Task timed out after %.2f seconds", inv.id, timeout.Seconds())), nil
	case <-ctx.Done():
		return nil, nil, fmt.Errorf("waiting for the function: %w", context.Cause(ctx))
	}
}

// next answers the function's request for an invocation when there is one.
func (e *environment) next(w http.ResponseWriter, r *http.Request) {
	e.readyOnce.Do(func() { close(e.ready) })
	select {
	case inv := <-e.queue:
		e.mu.Lock()
		e.current = inv
		e.mu.Unlock()
		header := w.Header()
		header.Set("Content-Type", "application/json")
		header.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
		header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(inv.deadline.UnixMilli(), 10))
		header.Set("Lambda-Runtime-Invoked-Function-Arn", e.arn)
		header.Set("Lambda-Runtime-Trace-Id", traceID())
		_, _ = w.Write(inv.payload)
	case <-r.Context().Done():
	}
}

// response takes the function's response.
func (e *environment) response(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPayload))
	if err != nil {
		answer(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge")
		return
	}
	e.finish(w, r.PathValue("id"), result{response: body})
}

// failure takes the function's error.
func (e *environment) failure(w http.ResponseWriter, r *http.Request) {
	e.finish(w, r.PathValue("id"), result{failure: readFailure(w, r)})
}

// initFailure takes the error of a function that cannot begin.
func (e *environment) initFailure(w http.ResponseWriter, r *http.Request) {
	select {
	case e.initError <- readFailure(w, r):
	default:
	}
	answer(w, http.StatusAccepted, "OK")
}

// finish gives the current invocation its result; any other id is refused.
func (e *environment) finish(w http.ResponseWriter, id string, r result) {
	e.mu.Lock()
	inv := e.current
	if inv != nil && inv.id == id {
		e.current = nil
	}
	e.mu.Unlock()
	if inv == nil || inv.id != id {
		answer(w, http.StatusBadRequest, "InvalidRequestID")
		return
	}
	answer(w, http.StatusAccepted, "OK")
	inv.result <- r
}

// hasEnded says whether there is no process to invoke. It may be called on nil.
func (e *environment) hasEnded() bool {
	if e == nil {
		return true
	}
	select {
	case <-e.process.done:
		return true
	default:
		return false
	}
}

// end kills the function and closes its Runtime API. It may be called twice, and on nil.
func (e *environment) end() {
	if e == nil {
		return
	}
	stopFunction(e.process)
	_ = e.server.Close()
}

func answer(w http.ResponseWriter, status int, word string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"status":%q}`, word)
}

// readFailure reads an error in the Runtime API's form: {"errorMessage", "errorType", "stackTrace"}, and the
// type in a header as well.
func readFailure(w http.ResponseWriter, r *http.Request) *FunctionError {
	body, _ := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPayload))
	var said struct {
		Message string `json:"errorMessage"`
		Type    string `json:"errorType"`
	}
	_ = json.Unmarshal(body, &said) // what cannot be read stays in Payload
	if said.Type == "" {
		said.Type = r.Header.Get("Lambda-Runtime-Function-Error-Type")
	}
	return &FunctionError{Type: said.Type, Message: said.Message, Payload: body}
}

func newFailure(kind, message string) *FunctionError {
	payload, _ := json.Marshal(map[string]string{"errorType": kind, "errorMessage": message}) // strings always marshal
	return &FunctionError{Type: kind, Message: message, Payload: payload}
}

// exit says how a process ended. Call it after done.
func exit(p *process) string {
	if p.err == nil {
		return "exit status 0"
	}
	return p.err.Error()
}

// requestID is a random UUID.
func requestID() string {
	b := randomHex(16)
	return b[:8] + "-" + b[8:12] + "-4" + b[13:16] + "-8" + b[17:20] + "-" + b[20:]
}

func traceID() string {
	return fmt.Sprintf("Root=1-%08x-%s;Parent=%s;Sampled=0", time.Now().Unix(), randomHex(12), randomHex(8))
}

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails, see its documentation
	return hex.EncodeToString(b)
}
