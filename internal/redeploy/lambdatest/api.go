package lambdatest

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/strictjson"
)

// operations are those of the API, by method and the end of the path.
var operations = map[string]func(*Server, *call) error{
	"GET configuration": (*Server).getFunctionConfiguration,
	"PUT configuration": (*Server).updateFunctionConfiguration,
	"POST versions":     (*Server).publishVersion,
	"GET aliases":       (*Server).getAlias,
	"PUT aliases":       (*Server).updateAlias,
	"POST invocations":  (*Server).invoke,
}

var names = map[string]string{
	"GET configuration": "GetFunctionConfiguration", "PUT configuration": "UpdateFunctionConfiguration",
	"POST versions": "PublishVersion", "GET aliases": "GetAlias", "PUT aliases": "UpdateAlias", "POST invocations": "Invoke",
}

// path matches /2015-03-31/functions/NAME/KIND, and an alias after aliases.
var path = regexp.MustCompile(`^/2015-03-31/functions/([^/]+)/(configuration|versions|invocations|aliases)(?:/([^/]+))?$`)

// call is one request and its answer.
type call struct {
	name      string // the function's
	qualifier string // an alias or version: of the query, after the name, or of the path
	body      []byte
	function  *function
	header    http.Header
	status    int
	answer    any
	// after is called when no lock is held any more.
	after func()
}

// apiError is an error as Lambda answers it.
type apiError failure

func (e *apiError) Error() string { return e.code + ": " + e.message }

// ServeHTTP handles one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	parts := path.FindStringSubmatch(r.URL.Path)
	if err != nil || parts == nil {
		http.Error(w, "the fake has no such path", http.StatusNotFound)
		return
	}
	kind := r.Method + " " + parts[2]
	c := &call{body: body, header: w.Header(), status: http.StatusOK, qualifier: r.URL.Query().Get("Qualifier")}
	c.name, c.qualifier = split(parts[1], c.qualifier+parts[3])
	if s.Before != nil {
		s.Before(names[kind], c.name)
	}
	if err := s.handle(kind, c); err != nil {
		refuse(w, err)
		return
	}
	if c.after != nil {
		c.after()
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(c.status)
	if raw, ok := c.answer.([]byte); ok {
		_, _ = w.Write(raw)
		return
	}
	_ = json.NewEncoder(w).Encode(c.answer)
}

// split reads the function's name out of a name, partial ARN or ARN, and the qualifier after it, if any.
func split(name, qualifier string) (function, _ string) {
	if i := strings.LastIndex(name, ":function:"); i >= 0 {
		name = name[i+len(":function:"):]
	}
	if before, after, ok := strings.Cut(name, ":"); ok {
		return before, after
	}
	return name, qualifier
}

// refuse answers with an error as Lambda does
// (https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html).
func refuse(w http.ResponseWriter, err error) {
	var e *apiError
	if !errors.As(err, &e) {
		e = &apiError{http.StatusBadRequest, "InvalidRequestContentException", err.Error()}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-ErrorType", e.code)
	w.WriteHeader(e.status)
	_ = json.NewEncoder(w).Encode(map[string]string{"Type": "User", "Message": e.message})
}

func (s *Server) handle(kind string, c *call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, strings.TrimSpace(names[kind]+" "+c.name+" "+c.qualifier))
	operation := operations[kind]
	if operation == nil {
		return &apiError{http.StatusMethodNotAllowed, "MethodNotAllowed", kind}
	}
	if queue := s.failures[names[kind]]; len(queue) > 0 {
		s.failures[names[kind]] = queue[1:]
		e := apiError(queue[0])
		return &e
	}
	if c.function = s.functions[c.name]; c.function == nil {
		return notFound("Function not found: " + c.name)
	}
	return operation(s, c)
}

// find gives the version of a qualifier, and its number.
func (f *function) find(qualifier string) (*version, string) {
	if qualifier == "" {
		qualifier = Latest
	}
	if a := f.aliases[qualifier]; a != nil {
		qualifier = a.version
	}
	return f.versions[qualifier], qualifier
}

// decode reads a body. One with a field that the fake does not know is an error.
func decode(body []byte, in any) error {
	if len(body) == 0 {
		return nil
	}
	return strictjson.UnmarshalKnown(body, in)
}

func notFound(message string) error {
	return &apiError{http.StatusNotFound, "ResourceNotFoundException", message}
}
