package main

import (
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"time"
)

// fault is one way in which an ATC, or what stands in front of it, fails a request.
type fault func(a *atc, w http.ResponseWriter, r *http.Request)

// faults chooses the fault of the next request; nil for none. resource is "" where the request is not a check. The ATC's lock
// is held.
type faults func(resource string) fault

// always fails every request in the same way.
func always(f fault) faults { return func(string) fault { return f } }

// only fails the requests for some resources.
func only(f fault, ill func(resource string) bool) faults {
	return func(resource string) fault {
		if ill(resource) {
			return f
		}
		return nil
	}
}

// faultRate is the part of the requests that mixed fails.
const faultRate = 0.3

// mixed fails a part of the requests, each time in another way, and lets the token expire once. The same seed gives the
// same faults.
func mixed(seed uint64) faults {
	random := rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // faults must be the same each time
	kinds := []fault{
		refuse, reset, hang, proxy(500, "oops"), proxy(502, "Bad Gateway"), unavailable(503), unavailable(429),
		proxy(200, "<html>log in</html>"), redirect, proxy(200, ""), proxy(404, "default backend - 404"),
	}
	requests := 0
	return func(string) fault {
		requests++
		switch {
		case requests == 50:
			return expired
		case random.Float64() < faultRate:
			return kinds[random.IntN(len(kinds))]
		}
		return nil
	}
}

// refuse closes the port for a moment. In an outage it stays closed.
func refuse(a *atc, _ http.ResponseWriter, _ *http.Request) {
	a.shut()
	time.AfterFunc(50*time.Millisecond, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if !a.outage {
			_ = a.listen()
		}
	})
}

// reset ends the connection without an answer.
func reset(_ *atc, w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // a reset, not an orderly end
	}
	_ = conn.Close()
}

// hang gives no answer until the client gives up, or the proxy in front of the ATC.
func hang(a *atc, w http.ResponseWriter, r *http.Request) {
	if a.hangs == 0 {
		<-r.Context().Done()
		return
	}
	wait(r, a.hangs)
	w.WriteHeader(http.StatusGatewayTimeout)
}

// proxy answers in the ATC's place.
func proxy(status int, body string) fault {
	return func(_ *atc, w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// unavailable asks the client to come again in a second.
func unavailable(status int) fault {
	return func(_ *atc, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(status)
	}
}

// redirect sends the client to a page where people log in.
func redirect(_ *atc, w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/sky/login", http.StatusFound)
}

// expired makes the token invalid, and says so.
func expired(a *atc, w http.ResponseWriter, _ *http.Request) {
	a.mu.Lock()
	a.tokens++
	a.mu.Unlock()
	w.Header().Set("X-Concourse-Version", "7.14.2")
	http.Error(w, "not authorized", http.StatusUnauthorized)
}
