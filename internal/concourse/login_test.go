package concourse_test

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/concourse"
	"github.com/dpb587/concourse-resource-endpoints/internal/panics"
)

func basic(user, password string) map[string]string {
	return map[string]string{"authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))}
}

func TestLogIn(t *testing.T) {
	t.Parallel()
	const scope = "scope=openid+profile+email+federated%3Aid+groups"
	for name, test := range map[string]struct {
		options concourse.Options
		form    string
	}{
		"user": {
			concourse.Options{Credentials: user},
			"fly:Zmx5 grant_type=password&password=planted-p%26ss+word&" + scope + "&username=bot",
		},
		"client": {
			concourse.Options{Credentials: concourse.Credentials{ClientID: "robot", ClientSecret: plantedClient}},
			"robot:planted-client%2Fsecret grant_type=client_credentials&" + scope,
		},
		"the Basic header of the 2016 form": {
			concourse.Options{Headers: basic("bot", plantedPassword)},
			"fly:Zmx5 grant_type=password&password=planted-p%26ss+word&" + scope + "&username=bot",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newATC(t)
			test.options.URL = a.URL
			c := newClient(t, test.options)
			if !c.HasLogin() {
				t.Error("there is no login")
			}
			for range 3 {
				if _, err := c.Check(t.Context(), ref, ""); err != nil {
					t.Fatal(err)
				}
			}
			if len(a.logIns) != 1 || a.logIns[0] != test.form {
				t.Errorf("log ins %q, want one: %q", a.logIns, test.form)
			}
		})
	}
}

// TestBasicHeaderIsTriedFirst: what stands before the ATC may take it as it is.
func TestBasicHeaderIsTriedFirst(t *testing.T) {
	t.Parallel()
	a := newATC(t)
	a.answer = func(w http.ResponseWriter, _ *http.Request) { a.created(w) }
	headers := basic("concourse", "planted")
	if _, err := newClient(t, concourse.Options{URL: a.URL, Headers: headers}).Check(t.Context(), ref, ""); err != nil {
		t.Fatal(err)
	}
	if logIns, checks := a.counts(); logIns != 0 || checks != 1 || a.checks[0].Header.Get("Authorization") != headers["authorization"] {
		t.Errorf("%d log ins, %d checks, %v", logIns, checks, a.checks[0].Header)
	}
}

func TestLogInAgain(t *testing.T) {
	t.Parallel()
	a := newATC(t)
	var mu sync.Mutex
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c := newClient(t, concourse.Options{URL: a.URL, Credentials: user, Now: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}})
	check := func(step string, wantLogIns, wantChecks int) {
		t.Helper()
		if _, err := c.Check(t.Context(), ref, ""); err != nil {
			t.Fatalf("%s: %v", step, err)
		}
		if logIns, checks := a.counts(); logIns != wantLogIns || checks != wantChecks {
			t.Errorf("%s: %d log ins and %d checks, want %d and %d", step, logIns, checks, wantLogIns, wantChecks)
		}
	}
	check("at first", 1, 1)
	now = now.Add(86399*time.Second - time.Minute - time.Second)
	check("shortly before", 1, 2)
	now = now.Add(2 * time.Second)
	check("near the end", 2, 3)
	a.expireAll()
	check("refused", 3, 5)
	a.expires = 0
	a.expireAll()
	check("refused again", 4, 7)
	now = now.Add(1000 * time.Hour)
	check("of unknown life", 4, 8)
}

// TestStampede: whatever the number of checks that find their token expired, one log in serves them.
func TestStampede(t *testing.T) {
	t.Parallel()
	a := newATC(t)
	c := newClient(t, concourse.Options{URL: a.URL, Credentials: user})
	for round := range 3 {
		a.expireAll()
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if _, err := c.Check(t.Context(), ref, ""); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if logIns, _ := a.counts(); logIns != round+1 {
			t.Fatalf("%d log ins after round %d", logIns, round)
		}
	}
}

func TestLogInFails(t *testing.T) {
	t.Parallel()
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://ci.example.com/sky/issuer/token?planted")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	client := concourse.Credentials{ClientID: "robot", ClientSecret: plantedClient}
	for name, test := range map[string]struct {
		credentials concourse.Credentials
		answer      http.HandlerFunc
		text        string
		logIns      int // of two checks
	}{
		"wrong password":    {user, answer(401, `{"error":"access_denied","error_description":"planted"}`), "as bot: user or password refused", 1},
		"wrong secret":      {client, answer(401, `{"error":"invalid_client"}`), "as client:robot: client id or secret refused", 1},
		"grant not offered": {client, answer(400, `{"error":"unsupported_grant_type"}`), "does not take a client_credentials log in", 2},
		"another error":     {user, answer(400, `{"error":"invalid_scope"}`), "400 Bad Request: invalid_scope", 2},
		"an unknown error":  {user, answer(400, `{"error":"planted"}`), "400 Bad Request", 2},
		"no such path":      {user, answer(404, `404 page not found`), "/sky/issuer/token (404): is atc.url the external URL?", 2},
		"a page":            {user, answer(200, `<html>`), "does not look like a Concourse", 2},
		"a redirect":        {user, answer(301, ``), "a redirect to https://ci.example.com: is that its external URL?", 2},
		"no token":          {user, answer(200, `{"id_token":"planted"}`), "holds no access token", 2},
		"a broken token":    {user, answer(200, `{"access_token":"planted\r\n"}`), "holds no access token", 2},
		"broken JSON":       {user, answer(200, `{"access_token":"planted`), "holds no access token", 2},
		"down":              {user, answer(503, ``), "is Concourse up", 2},
		"an inner error":    {user, answer(500, `planted`), "500 Internal Server Error", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newATC(t)
			logIns := 0
			a.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				logIns++
				test.answer(w, r)
			})
			c := newClient(t, concourse.Options{URL: a.URL, Credentials: test.credentials})
			wantError(t, c.LogIn(t.Context()), "logging in to Concourse as ", test.text)
			_, err := c.Check(t.Context(), ref, "")
			wantError(t, err, "asking main/app/repo to check: logging in to Concourse as ", test.text)
			var login *concourse.LoginError
			if !errors.As(err, &login) {
				t.Errorf("the error is a %T", err)
			}
			// A refused password is not tried again and again: that may lock the user out.
			if logIns != test.logIns {
				t.Errorf("%d log ins, want %d", logIns, test.logIns)
			}
		})
	}
}

// TestRefusedEvenWhenNew: a bearer that is refused as soon as it is given out does not make a circle.
// panicking is a transport that panics.
type panicking struct{}

func (panicking) RoundTrip(*http.Request) (*http.Response, error) { panic("planted") }

// A log in runs in a goroutine of its own, where a panic would end the program.
func TestLogInPanics(t *testing.T) {
	t.Parallel()
	c := newClient(t, concourse.Options{
		URL: "https://ci.example.com", Credentials: user, HTTPClient: &http.Client{Transport: panicking{}},
	})
	_, err := c.Check(t.Context(), ref, "")
	wantError(t, err, "logging in to Concourse as bot: the program panicked")
	var login *concourse.LoginError
	if !errors.As(err, &login) || len(panics.Attrs(err)) == 0 {
		t.Errorf("%#v is not a log in that panicked", err)
	}
}

func TestRefusedEvenWhenNew(t *testing.T) {
	t.Parallel()
	a := newATC(t)
	a.answer = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }
	_, err := newClient(t, concourse.Options{URL: a.URL, Credentials: user}).Check(t.Context(), ref, "")
	wantError(t, err, "401 Unauthorized", "though just logged in")
	if logIns, checks := a.counts(); logIns != 2 || checks != 2 {
		t.Errorf("%d log ins and %d checks, want 2 and 2", logIns, checks)
	}
}

func TestCredentialsDoNotPrint(t *testing.T) {
	t.Parallel()
	for _, c := range []concourse.Credentials{
		user, {ClientID: "robot", ClientSecret: plantedClient}, {Token: plantedToken}, {},
	} {
		if err := c.Validate(); err != nil {
			t.Error(err)
		}
		for _, text := range printed(c) {
			if strings.Contains(text, planted) || text == "" {
				t.Errorf("printed as %q", text)
			}
		}
	}
}

// A password that was rotated behind its reference is looked up at the refusal, once for all that wait, and tried at once if it
// has changed. What is still the same is not tried again before the refusal is forgotten.
func TestRotatedCredentials(t *testing.T) {
	t.Parallel()
	old := concourse.Credentials{Username: "bot", Password: "planted-old"}
	oldToken, newToken := concourse.Credentials{Token: "planted-old"}, concourse.Credentials{Token: plantedToken}
	for name, test := range map[string]struct {
		first, then concourse.Credentials
		taken       bool
		logIns      int
	}{
		"a password":             {old, user, true, 2},
		"the same password":      {old, old, false, 1},
		"another wrong password": {old, concourse.Credentials{Username: "bot", Password: "planted-other"}, false, 2},
		"half of it":             {old, concourse.Credentials{Username: "bot"}, false, 1},
		"a token":                {oldToken, newToken, true, 0},
		"the same token":         {oldToken, oldToken, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newATC(t)
			var looked atomic.Int32
			c := newClient(t, concourse.Options{URL: a.URL, Credentials: test.first, Renew: func(context.Context) (concourse.Credentials, error) {
				looked.Add(1)
				return test.then, nil
			}})
			var wg sync.WaitGroup
			for range 20 {
				wg.Go(func() {
					if _, err := c.Check(t.Context(), ref, ""); (err == nil) != test.taken {
						t.Errorf("error %v, want taken: %t", err, test.taken)
					} else if err != nil {
						wantError(t, err, "main/app/repo")
					}
				})
			}
			wg.Wait()
			if logIns, _ := a.counts(); logIns != test.logIns || looked.Load() != 1 {
				t.Errorf("%d log ins, %d look-ups; want %d and 1", logIns, looked.Load(), test.logIns)
			}
		})
	}
}
