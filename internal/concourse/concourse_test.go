package concourse_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
)

// printed are the ways in which a value ends up in a log.
func printed(v any) []string {
	var b bytes.Buffer
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "v", v)
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "v", v)
	return []string{fmt.Sprint(v), fmt.Sprintf("%+v", v), fmt.Sprintf("%#v", v), b.String()}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	const url = "https://ci.example.com"
	for name, test := range map[string]struct {
		options concourse.Options
		text    string
	}{
		"no URL":           {concourse.Options{}, "is missing"},
		"not a URL":        {concourse.Options{URL: "https://u:planted@ci example"}, "is not a URL"},
		"another scheme":   {concourse.Options{URL: "ftp://ci.example.com"}, "must start with https://"},
		"a password in it": {concourse.Options{URL: "https://u:planted@ci.example.com"}, "must not hold a user"},
		"a query":          {concourse.Options{URL: url + "?planted"}, "must not hold a query"},
		"user alone":       {concourse.Options{URL: url, Credentials: concourse.Credentials{Username: "u"}}, "the Concourse login: password is missing beside username"},
		"client alone":     {concourse.Options{URL: url, Credentials: concourse.Credentials{ClientSecret: plantedClient}}, "the Concourse login: client_id is missing beside client_secret"},
		"two logins":       {concourse.Options{URL: url, Credentials: concourse.Credentials{Username: "u", Password: "planted", Token: "planted"}}, "the Concourse login: more than one login is given; give username and password, "},
		"all that is wrong": {
			concourse.Options{URL: url, Credentials: concourse.Credentials{Password: "planted", ClientID: "c", Token: "planted"}},
			"username is missing beside password; client_secret is missing beside client_id; more than one login is given",
		},
		"a header of lines":   {concourse.Options{URL: url, Headers: map[string]string{"x": "planted\r\nplanted"}}, `header "x" holds a line break`},
		"a header's bad name": {concourse.Options{URL: url, Headers: map[string]string{"a b": "planted"}}, "not a header's name"},
		"another host":        {concourse.Options{URL: url, Headers: map[string]string{"host": "planted"}}, "header Host is not taken"},
		"a broken CA":         {concourse.Options{URL: url, CACert: []byte("planted")}, "no certificate in PEM"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := concourse.New(test.options)
			wantError(t, err, test.text)
		})
	}
}

func TestTransportErrors(t *testing.T) {
	t.Parallel()
	serve := func(t *testing.T, answer func(net.Conn)) string {
		t.Helper()
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				answer(conn)
				_ = conn.Close()
			}
		}()
		return "http://" + l.Addr().String()
	}
	for name, test := range map[string]struct {
		url       func(*testing.T) string
		text      string
		temporary bool
	}{
		"refused": {func(t *testing.T) string {
			t.Helper()
			server := httptest.NewServer(nil)
			server.Close()
			return server.URL
		}, "connection refused; is it up, and its URL right?", true},
		"certificate": {func(t *testing.T) string {
			t.Helper()
			server := httptest.NewTLSServer(nil)
			server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
			t.Cleanup(server.Close)
			return server.URL
		}, "give the certificate of its CA", false},
		"no TLS": {func(t *testing.T) string {
			t.Helper()
			server := httptest.NewServer(nil)
			t.Cleanup(server.Close)
			return strings.Replace(server.URL, "http:", "https:", 1)
		}, "should the URL start with http://?", false},
		"hangs up": {func(t *testing.T) string { t.Helper(); return serve(t, func(net.Conn) {}) }, "reaching Concourse: ", true},
		"a redirect to nonsense": {func(t *testing.T) string {
			t.Helper()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "://planted")
				w.WriteHeader(http.StatusFound)
			}))
			t.Cleanup(server.Close)
			return server.URL
		}, "a redirect to nowhere", false},
		"echoes the request": {func(t *testing.T) string {
			t.Helper()
			return serve(t, func(conn net.Conn) {
				// All of the request stands where the version belongs, which net/http's error quotes.
				r, err := http.ReadRequest(bufio.NewReader(conn))
				if err != nil {
					return
				}
				body, _ := io.ReadAll(r.Body)
				all := fmt.Sprint(r.RequestURI, r.Header.Get("Authorization"), r.Header.Get("X"), string(body))
				_, _ = io.WriteString(conn, strings.ReplaceAll(all, " ", "|")+" 201 OK\r\n\r\n")
			})
		}, "malformed HTTP version", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := test.url(t)
			for _, credentials := range []concourse.Credentials{user, {Token: plantedToken}, {}} {
				c := newClient(t, concourse.Options{URL: url, Credentials: credentials, Headers: map[string]string{"x": plantedHeader}})
				_, err := c.Check(t.Context(), ref, plantedWebhook)
				wantError(t, err, "reaching Concourse: ", test.text)
				var transport *concourse.TransportError
				if !errors.As(err, &transport) || transport.Temporary() != test.temporary {
					t.Errorf("the error is a %T, or not as temporary", err)
				}
			}
		})
	}
}

func TestRefusedConnectionIsKnown(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(nil)
	server.Close()
	_, err := newClient(t, concourse.Options{URL: server.URL}).Check(t.Context(), ref, plantedWebhook)
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%v is no ECONNREFUSED", err)
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	a := newATC(t)
	ctx, cancel := context.WithCancel(t.Context())
	a.answer = func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}
	c := newClient(t, concourse.Options{URL: a.URL, Credentials: user})
	_, err := c.Check(ctx, ref, "")
	wantError(t, err, "context canceled")
	var transport *concourse.TransportError
	if !errors.Is(err, context.Canceled) || !errors.As(err, &transport) || transport.Temporary() {
		t.Errorf("%#v is not a cancellation", err)
	}
	wantError(t, check(c.Check(ctx, ref, "")), "context canceled")
	if _, checks := a.counts(); checks != 1 {
		t.Errorf("%d posts, want 1", checks)
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"id":1}`) }))
	t.Cleanup(server.Close)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	for name, o := range map[string]concourse.Options{
		"CA":       {CACert: ca},
		"insecure": {Insecure: true},
		"a client": {HTTPClient: server.Client()},
	} {
		o.URL = server.URL
		if _, err := newClient(t, o).Check(t.Context(), ref, plantedWebhook); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestConnectionsAreKept: one after the other, checks go through one connection.
func TestConnectionsAreKept(t *testing.T) {
	t.Parallel()
	a := newATC(t)
	c := newClient(t, concourse.Options{URL: a.URL, Credentials: user})
	for range 5 {
		if _, err := c.Check(t.Context(), ref, ""); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range a.checks[1:] {
		if r.RemoteAddr != a.checks[0].RemoteAddr {
			t.Errorf("posted from %s, then from %s", a.checks[0].RemoteAddr, r.RemoteAddr)
		}
	}
}
