// Package lambdatest is a Lambda for tests: the part of its REST API that a redeploy uses, over HTTP, with the rules that
// make a redeploy hard: revision ids, updates that take a while, published versions that never change. Nothing runs in
// it, unless a hook runs it.
//
// The paths, fields and headers are those of https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html. Requests
// need no valid signature.
package lambdatest

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Latest is the version that can be changed.
const Latest = "$LATEST"

// Function is a function at the start.
type Function struct {
	Name        string
	Environment map[string]string
	// CodeSHA256 is the digest of the package that $LATEST has; "code" where empty.
	CodeSHA256 string
	// Aliases are made to lead to version 1, which is published where there are any.
	Aliases []string
	// Settle is how many looks at the function an update takes, or a new version until it can be invoked.
	Settle int
}

// Hooks are called while no lock is held, so they may call the server. A nil one is left out.
type Hooks struct {
	// Before is called before a request is handled, with the operation's name, such as UpdateFunctionConfiguration.
	Before func(operation, function string)
	// OnUpdate is called when $LATEST got another environment, before the request is answered: the place to restart a
	// process that stands for the function.
	OnUpdate func(function string, environment map[string]string)
	// OnMove is called when an alias was led elsewhere, with that version's environment.
	OnMove func(function, alias, version string, environment map[string]string)
	// OnInvoke answers an invocation: with a payload, and with a function error ("Unhandled") or "". Without it, every
	// function answers {}.
	OnInvoke func(function, version string, payload []byte) (answer []byte, functionError string)
}

// Server is a Lambda. Its address is for the SDK's BaseEndpoint, or for AWS_ENDPOINT_URL_LAMBDA.
type Server struct {
	*httptest.Server
	Hooks

	mu        sync.Mutex
	functions map[string]*function
	calls     []string
	failures  map[string][]failure
	revisions int
}

// function is a function's state.
type function struct {
	Function
	versions map[string]*version
	aliases  map[string]*alias
	last     int
	// failVersion is why new versions fail; "" where they don't.
	failVersion string
}

// version is a version's state; the unpublished version is one too.
type version struct {
	environment      map[string]string
	unreadable       bool
	code, revision   string
	pending          int // looks until it is settled
	failed, failNext string
}

type alias struct {
	version, revision string
	weights           map[string]float64
}

type failure struct {
	status        int
	code, message string
}

// New starts a Lambda on the loopback interface, which the caller closes.
func New(functions ...Function) *Server {
	s := NewHandler(functions...)
	s.Server = httptest.NewServer(s)
	return s
}

// NewHandler is a Lambda that is not served, for a client that calls ServeHTTP.
func NewHandler(functions ...Function) *Server {
	s := &Server{functions: make(map[string]*function), failures: make(map[string][]failure)}
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

// publish makes a version of $LATEST, or gives the last where nothing has changed since.
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

// Environment is a copy of the variables of $LATEST, of a version, or of where an alias leads; nil where there is none.
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

// Alias is the version that an alias leads to; "" where there is none.
func (s *Server) Alias(name, alias string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.functions[name].aliases[alias]; a != nil {
		return a.version
	}
	return ""
}

// Change is somebody else's doing: it sets a variable of $LATEST, and so gives it a new revision.
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

// Unset takes a variable out of $LATEST.
func (s *Server) Unset(name, variable string) {
	s.change(name, func(f *function) {
		v := f.versions[Latest]
		v.environment = maps.Clone(v.environment)
		delete(v.environment, variable)
	})
}

// ChangeCode gives $LATEST other code.
func (s *Server) ChangeCode(name, sha256 string) {
	s.change(name, func(f *function) { f.versions[Latest].code = sha256 })
}

// Occupy makes an update of somebody else's go on for a number of looks.
func (s *Server) Occupy(name string, looks int) {
	s.change(name, func(f *function) { f.versions[Latest].pending = looks })
}

// Encrypt takes away the variables of $LATEST from whoever reads them, as the lack of kms:Decrypt does.
func (s *Server) Encrypt(name string) {
	s.change(name, func(f *function) { f.versions[Latest].unreadable = true })
}

// FailUpdate makes the next update of a function end as failed, with a reason.
func (s *Server) FailUpdate(name, reason string) {
	s.change(name, func(f *function) { f.versions[Latest].failNext = reason })
}

// FailVersion makes the versions that are published from now on end as failed, with a reason.
func (s *Server) FailVersion(name, reason string) {
	s.change(name, func(f *function) { f.failVersion = reason })
}

// Lead leads an alias to a version, and part of its invocations to others.
func (s *Server) Lead(name, which, version string, weights map[string]float64) {
	s.change(name, func(f *function) {
		f.aliases[which] = &alias{version: version, revision: s.revision(), weights: weights}
	})
}

// Publish makes a version and gives its number.
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
	s.failures[operation] = append(s.failures[operation], failure{status, code, message})
}

// Calls are the requests so far, in order: the operation and its function, with the qualifier, alias or version concerned
// where there is one.
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

var _ http.Handler = (*Server)(nil)
