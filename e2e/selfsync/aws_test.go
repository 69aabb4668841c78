package selfsync_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/e2e/stack"
	"github.com/dpb587/concourse-resource-endpoints/internal/redeploy/lambdatest"
)

// aws is AWS for the containers: the real S3 server, which a test can make refuse, a fake Lambda, and the one operation of
// STS that a role needs.
type aws struct {
	s3     *stack.S3Server
	s3s    *httputil.ReverseProxy
	lambda *lambdatest.Server
	// restart is called when the function's environment has changed, before the request is answered.
	restart func()

	mu       sync.Mutex
	denied   bool     // S3 refuses every PUT
	running  string   // the CONFIG_DIGEST that the function was last started with
	restarts int      // of the function
	tokens   []claims // that STS received
}

// claims are the parts of Concourse's token that a role's trust policy checks.
type claims struct {
	Audience string `json:"aud"`
	Subject  string `json:"sub"`
	Issuer   string `json:"iss"`
}

const function = "webhook"

func newAWS(s3 *stack.S3Server, restart func()) *aws {
	a := &aws{s3: s3, restart: restart}
	a.s3s = &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host = "http", strings.TrimPrefix(s3.URL, "http://")
		r.Out.Host = r.In.Host // the signature covers it
	}}
	a.lambda = lambdatest.NewHandler(lambdatest.Function{Name: function, Environment: map[string]string{"CONFIG": configURL}})
	a.lambda.OnUpdate = a.updated
	return a
}

// serve serves AWS at an address that containers reach, and returns its host and port. The cleanup waits for the requests
// under way.
func (a *aws) serve(t *testing.T, address string) string {
	t.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: a, ReadTimeout: time.Minute}}
	server.Start()
	t.Cleanup(server.Close)
	return listener.Addr().String()
}

func (a *aws) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasPrefix(r.URL.Path, "/2015-03-31/functions/"):
		a.lambda.ServeHTTP(w, r)
	case r.Method == http.MethodPost && r.URL.Path == "/":
		a.sts(w, r)
	case r.Method == http.MethodPut && a.isDenied():
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>`)
	default:
		a.s3s.ServeHTTP(w, r)
	}
}

// deny makes S3 refuse every PUT, or accept them again.
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

// updated restarts the function, and only then shows the new digest: a test that sees it may invoke the function or end.
func (a *aws) updated(_ string, environment map[string]string) {
	a.restart()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.running = environment["CONFIG_DIGEST"]
	a.restarts++
}

// digest is the CONFIG_DIGEST that the function runs with, and how often it was restarted.
func (a *aws) digest() (string, int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.running, a.restarts
}

// The new digest appears only after the function has restarted. TestSelfSync once ended during a restart, which then failed.
func TestDigestAfterRestart(t *testing.T) {
	var a *aws
	during := "not restarted"
	a = newAWS(nil, func() { during, _ = a.digest() })
	body := strings.NewReader(`{"Environment": {"Variables": {"CONFIG_DIGEST": "new"}}}`)
	answer := httptest.NewRecorder()
	a.ServeHTTP(answer, httptest.NewRequest(http.MethodPut, "/2015-03-31/functions/"+function+"/configuration", body))
	if answer.Code != http.StatusOK || during != "" {
		t.Errorf("the update is answered with %d, and while the function restarts the digest is %q, want none", answer.Code, during)
	}
	if digest, restarts := a.digest(); digest != "new" || restarts != 1 {
		t.Errorf("the digest is %q after %d restarts, want new after 1", digest, restarts)
	}
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
