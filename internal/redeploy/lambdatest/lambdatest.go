// Package lambdatest is a fake of AWS Lambda, for tests of redeploy, at the end of a sync: the part of its REST API that a
// redeploy uses, over HTTP, with the rules that make a redeploy hard: revision ids, updates that take a while, published
// versions that never change. It runs no function; a hook may.
//
// The paths, fields and headers are those of https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html. Requests
// need no valid signature.
package lambdatest

import (
	"maps"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Latest is the only version that can be changed.
const Latest = "$LATEST"

// Function is a function as it is at the start.
type Function struct {
	Name        string
	Environment map[string]string
	// CodeSHA256 is the digest of the code of $LATEST; "code" where empty.
	CodeSHA256 string
	// Aliases point to version 1, which is published if there are any.
	Aliases []string
	// Settle is how many times the function can be read before an update is complete, or a new version can be invoked.
	Settle int
}

// Hooks are called while no lock is held, so they may call the server. They may be nil.
type Hooks struct {
	// Before is called before a request is handled, with the operation's name, such as UpdateFunctionConfiguration.
	Before func(operation, function string)
	// OnUpdate is called when $LATEST has another environment, before the request is answered: there a test can restart the
	// process that it runs as the function.
	OnUpdate func(function string, environment map[string]string)
	// OnMove is called when an alias was moved, with the environment of the version that it points to now.
	OnMove func(function, alias, version string, environment map[string]string)
	// OnInvoke answers an invocation with a payload, and a function error ("Unhandled") or "". Without it, the answer is {}.
	OnInvoke func(function, version string, payload []byte) (answer []byte, functionError string)
}

// Server is a Lambda. Its address is for the SDK's BaseEndpoint, or for AWS_ENDPOINT_URL_LAMBDA.
type Server struct {
	*httptest.Server
	Hooks

	mu        sync.Mutex
	functions map[string]*function
	calls     []string
	failures  map[string][]*apiError
	revisions int
}

// function is a function's state.
type function struct {
	Function
	versions map[string]*version
	aliases  map[string]*alias
	last     int
	// failVersion is why new versions fail; "" if they don't.
	failVersion string
}

// version is the state of a version, or of $LATEST.
type version struct {
	environment      map[string]string
	unreadable       bool
	code, revision   string
	pending          int // how many times it is read until it is settled
	failed, failNext string
}

type alias struct {
	version, revision string
	weights           map[string]float64
}

// New starts a Lambda on the loopback interface, which the caller closes.
func New(functions ...Function) *Server {
	s := NewHandler(functions...)
	s.Server = httptest.NewServer(s)
	return s
}

// NewHandler makes a Lambda without a server, for a client that calls ServeHTTP.
func NewHandler(functions ...Function) *Server {
	s := &Server{functions: make(map[string]*function), failures: make(map[string][]*apiError)}
	for _, f := range functions {
		if f.CodeSHA256 == "" {
			f.CodeSHA256 = "code"
		}
		made := &function{Function: f, versions: make(map[string]*version), aliases: make(map[string]*alias)}
		made.versions[Latest] = &version{environment: maps.Clone(f.Environment), code: f.CodeSHA256, revision: s.revision()}
		if len(f.Aliases) > 0 {
			s.publish(made).pending = 0
		}
		for _, name := range f.Aliases {
			made.aliases[name] = &alias{version: "1", revision: s.revision()}
		}
		s.functions[f.Name] = made
	}
	return s
}

// revision gives a new revision id.
func (s *Server) revision() string {
	s.revisions++
	return "revision-" + strconv.Itoa(s.revisions)
}

// publish makes a version of $LATEST, or gives the last if nothing has changed since.
func (s *Server) publish(f *function) *version {
	now := f.versions[Latest]
	if last := f.versions[strconv.Itoa(f.last)]; last != nil && last.code == now.code && maps.Equal(last.environment, now.environment) {
		return last
	}
	f.last++
	made := &version{environment: maps.Clone(now.environment), code: now.code, revision: s.revision(), pending: f.Settle, failed: f.failVersion}
	f.versions[strconv.Itoa(f.last)] = made
	return made
}

// Environment is a copy of the variables of $LATEST, of a version, or of an alias's version; nil if there is none.
func (s *Server) Environment(name, qualifier string) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.functions[name]
	if f == nil {
		return nil
	}
	if v, _ := f.find(qualifier); v != nil {
		return maps.Clone(v.environment)
	}
	return nil
}

// Alias is the version that an alias points to; "" if there is no such alias.
func (s *Server) Alias(name, alias string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.functions[name].aliases[alias]; a != nil {
		return a.version
	}
	return ""
}

// Change sets a variable of $LATEST, as somebody else would.
func (s *Server) Change(name, variable, value string) {
	s.change(name, func(f *function) {
		v := f.versions[Latest]
		v.environment = maps.Clone(v.environment)
		if v.environment == nil {
			v.environment = make(map[string]string)
		}
		v.environment[variable] = value
	})
}

// Unset removes a variable of $LATEST.
func (s *Server) Unset(name, variable string) {
	s.change(name, func(f *function) {
		v := f.versions[Latest]
		v.environment = maps.Clone(v.environment)
		delete(v.environment, variable)
	})
}

// ChangeCode changes the code of $LATEST.
func (s *Server) ChangeCode(name, sha256 string) {
	s.change(name, func(f *function) { f.versions[Latest].code = sha256 })
}

// Occupy starts an update, as somebody else would. It is complete after the function was read a number of times.
func (s *Server) Occupy(name string, looks int) {
	s.change(name, func(f *function) { f.versions[Latest].pending = looks })
}

// Encrypt hides the variables of $LATEST, as from credentials without kms:Decrypt.
func (s *Server) Encrypt(name string) {
	s.change(name, func(f *function) { f.versions[Latest].unreadable = true })
}

// FailUpdate makes the next update of a function fail, with a reason.
func (s *Server) FailUpdate(name, reason string) {
	s.change(name, func(f *function) { f.versions[Latest].failNext = reason })
}

// FailVersion makes all later versions of a function fail, with a reason.
func (s *Server) FailVersion(name, reason string) {
	s.change(name, func(f *function) { f.failVersion = reason })
}

// PointAlias makes an alias point to a version and, with weights, to others.
func (s *Server) PointAlias(name, which, version string, weights map[string]float64) {
	s.change(name, func(f *function) {
		f.aliases[which] = &alias{version: version, revision: s.revision(), weights: weights}
	})
}

// Publish makes a version and returns its number.
func (s *Server) Publish(name string) (number string) {
	s.change(name, func(f *function) {
		s.publish(f).pending = 0
		number = strconv.Itoa(f.last)
	})
	return number
}

func (s *Server) change(name string, what func(*function)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.functions[name]
	what(f)
	f.versions[Latest].revision = s.revision()
}

// Fail makes the next request of an operation fail; several calls make as many fail.
func (s *Server) Fail(operation string, status int, code, message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures[operation] = append(s.failures[operation], &apiError{status, code, message})
}

// Calls are the requests so far, in order: the operation, the function and, if any, the alias or version.
func (s *Server) Calls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Count is how many of the requests so far were of an operation.
func (s *Server) Count(operation string) int {
	n := 0
	for _, call := range s.Calls() {
		if strings.HasPrefix(call, operation+" ") {
			n++
		}
	}
	return n
}
