package lambdatest

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
)

// operation is one of the API.
type operation struct {
	name   string
	handle func(*Server, *call) error
}

// operations are all, by method and the end of the path.
var operations = map[string]operation{
	"GET configuration": {"GetFunctionConfiguration", (*Server).getFunctionConfiguration},
	"PUT configuration": {"UpdateFunctionConfiguration", (*Server).updateFunctionConfiguration},
	"POST versions":     {"PublishVersion", (*Server).publishVersion},
	"GET aliases":       {"GetAlias", (*Server).getAlias},
	"PUT aliases":       {"UpdateAlias", (*Server).updateAlias},
	"POST invocations":  {"Invoke", (*Server).invoke},
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
type apiError struct {
	status        int
	code, message string
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

// ServeHTTP handles one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	parts := path.FindStringSubmatch(r.URL.Path)
	if err != nil || parts == nil {
		http.Error(w, "the fake has no such path", http.StatusNotFound)
		return
	}
	op := operations[r.Method+" "+parts[2]]
	c := &call{body: body, header: w.Header(), status: http.StatusOK, qualifier: r.URL.Query().Get("Qualifier")}
	c.name, c.qualifier = split(parts[1], c.qualifier+parts[3])
	if s.Before != nil {
		s.Before(op.name, c.name)
	}
	if err := s.handle(op, c); err != nil {
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

func (s *Server) handle(op operation, c *call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, strings.TrimSpace(op.name+" "+c.name+" "+c.qualifier))
	if op.handle == nil {
		return &apiError{http.StatusMethodNotAllowed, "MethodNotAllowed", "the fake has no such operation"}
	}
	if queue := s.failures[op.name]; len(queue) > 0 {
		s.failures[op.name] = queue[1:]
		return queue[0]
	}
	if c.function = s.functions[c.name]; c.function == nil {
		return notFound("Function not found: " + c.name)
	}
	return op.handle(s, c)
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

func notFound(message string) error {
	return &apiError{http.StatusNotFound, "ResourceNotFoundException", message}
}
