package selfsync_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/e2e/stack"
)

// aws is what containers take for AWS: the real S3 server behind a switch, and of Lambda and STS as much as a redeploy and
// a role need.
type aws struct {
	s3  *stack.S3Server
	s3s *httputil.ReverseProxy
	// onUpdate is called when the function's environment changed, before that is answered.
	onUpdate func()

	mu       sync.Mutex
	denied   bool              // S3 refuses to put
	settings map[string]string // the function's environment
	updates  int               // of it
	tokens   []claims          // that STS was shown
}

// claims are those of Concourse's token that matter to a role's trust policy.
type claims struct {
	Audience string `json:"aud"`
	Subject  string `json:"sub"`
	Issuer   string `json:"iss"`
}

const function = "webhook"

// serveAWS serves at an address that containers reach, and returns its host and port.
func serveAWS(t *testing.T, address string, s3 *stack.S3Server) (*aws, string) {
	t.Helper()
	a := &aws{s3: s3, settings: map[string]string{"CONFIG": configURL}}
	to, err := url.Parse(s3.URL)
	if err != nil {
		t.Fatal(err)
	}
	a.s3s = &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Host = r.In.Host // it is signed
	}}
	listener, err := net.Listen("tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: a}
	t.Cleanup(func() { _ = server.Close() })
	go func() { _ = server.Serve(listener) }()
	return a, listener.Addr().String()
}

func (a *aws) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/2015-03-31/functions/"+function+"/configuration":
		a.lambda(w, r)
	case r.Method == http.MethodPost && r.URL.Path == "/":
		a.sts(w, r)
	case r.Method == http.MethodPut && a.isDenied():
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>`)
	default:
		a.s3s.ServeHTTP(w, r)
	}
}

// deny makes S3 refuse to put, or not.
func (a *aws) deny(denied bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.denied = denied
}

func (a *aws) isDenied() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.denied
}

// digest is the function's CONFIG_DIGEST, and how often its environment was updated.
func (a *aws) digest() (string, int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.settings["CONFIG_DIGEST"], a.updates
}

// lambda answers GetFunctionConfiguration and UpdateFunctionConfiguration
// (https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html).
func (a *aws) lambda(w http.ResponseWriter, r *http.Request) {
	type environment struct{ Variables map[string]string }
	if r.Method == http.MethodPut {
		var in struct{ Environment environment }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		a.mu.Lock()
		a.settings = in.Environment.Variables
		a.updates++
		a.mu.Unlock()
		a.onUpdate()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	_ = json.NewEncoder(w).Encode(map[string]any{
		"FunctionName": function, "RevisionId": fmt.Sprint(a.updates), "State": "Active", "LastUpdateStatus": "Successful",
		"Environment": environment{a.settings},
	})
}

// sts answers AssumeRoleWithWebIdentity
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html).
func (a *aws) sts(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(r.FormValue("WebIdentityToken"), ".")
	var c claims
	if len(parts) == 3 {
		raw, _ := base64.RawURLEncoding.DecodeString(parts[1])
		_ = json.Unmarshal(raw, &c)
	}
	a.mu.Lock()
	a.tokens = append(a.tokens, c)
	a.mu.Unlock()
	fmt.Fprintf(w, `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
		<Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>%s</SecretAccessKey><SessionToken></SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>
		</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`, a.s3.AccessKey, a.s3.SecretKey)
}
