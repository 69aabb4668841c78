package aws_test

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// A certificate is fetched once, however many messages wait for it, and then kept until it expires.
func TestSNSCertificateIsFetchedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := newFake(t)
		fake.block = make(chan struct{})
		s := newSNS(fake, "*")
		req := notification("{}").sign(t).request(t)
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if err := s.Verify(req, nil); err != nil {
					t.Errorf("Verify: %v", err)
				}
			})
		}
		synctest.Wait()
		close(fake.block)
		all.Wait()
		fake.wantCalls(t, 2) // and its issuer's
		if err := s.Verify(req, nil); err != nil {
			t.Errorf("Verify: %v", err)
		}
		fake.wantCalls(t, 2)
		<-time.After(25 * time.Hour) // in the clock of the bubble
		if err := s.Verify(req, nil); err == nil || !strings.Contains(err.Error(), "has expired") {
			t.Errorf("Verify = %v, want that the certificate has expired", err)
		}
	})
}

// A failure is remembered, but not as long as SNS waits before it sends the message again. It is not the sender's fault, and its error
// has no URL.
func TestSNSFailureIsRemembered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := newFake(t)
		fake.err = errors.New("connection refused")
		s := newSNS(fake, "*")
		for range 50 {
			err := s.Verify(notification("{}").sign(t).request(t), nil)
			var unauthorized *provider.UnauthorizedError
			if err == nil || errors.As(err, &unauthorized) || strings.Contains(err.Error(), goodPEM) || !strings.Contains(err.Error(), "refused") {
				t.Fatalf("Verify = %v, want an error of its own that says why, without the URL", err)
			}
		}
		fake.wantCalls(t, 1)
		fake.err = nil
		<-time.After(20 * time.Second) // in the clock of the bubble
		if err := s.Verify(notification("{}").sign(t).request(t), nil); err != nil {
			t.Errorf("Verify of the next try: %v", err)
		}
		fake.wantCalls(t, 3)
	})
}

// However many certificates forged messages name, few calls go out, and a certificate that is known serves on.
func TestSNSForgedMessagesMakeFewCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := newFake(t)
		s := newSNS(fake, "*")
		if err := s.Verify(notification("{}").sign(t).request(t), nil); err != nil {
			t.Fatal(err)
		}
		forged := notification("{}").sign(t)
		forge := func(from, to int) {
			for i := from; i < to; i++ {
				if err := s.Verify(set(forged, "SigningCertURL", at(fmt.Sprintf("f%d", i))).request(t), nil); err == nil {
					t.Fatal("a forged message is taken")
				}
			}
		}
		forge(0, 1000)
		fake.wantCalls(t, 2+19)
		if err := s.Verify(notification("{}").sign(t).request(t), nil); err != nil {
			t.Errorf("a certificate that is known does not count: %v", err)
		}
		if _, err := s.Parse(confirmation().sign(t).request(t)); err == nil || !strings.Contains(err.Error(), "too many calls") {
			t.Errorf("a confirmation that is one too many: %v", err)
		}
		<-time.After(time.Minute) // in the clock of the bubble
		forge(1000, 2000)
		fake.wantCalls(t, 2+19+20)
	})
}

// What is older than SNS's longest retry is refused, and no retry. Where a queue kept the message, its age does not count.
func TestSNSReplay(t *testing.T) {
	t.Parallel()
	published := time.Date(2012, 5, 2, 0, 54, 6, 655e6, time.UTC)
	for name, tt := range map[string]struct {
		after time.Duration
		queue bool
		want  string
	}{
		"at once":          {},
		"last retry":       {after: time.Hour + 100*15*time.Second},
		"just in time":     {after: 6 * time.Hour},
		"too old":          {after: 6*time.Hour + time.Second, want: "played again"},
		"days old":         {after: 72 * time.Hour, want: "played again"},
		"days in a queue":  {after: 72 * time.Hour, queue: true},
		"a clock is wrong": {after: -24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, m := range []fields{notification("{}"), set(confirmation(), "Timestamp", "2012-05-02T00:54:06.655Z")} {
				req := m.sign(t).request(t)
				if !tt.queue {
					req.Received = published.Add(tt.after)
				}
				err := newSNS(newFake(t), "*").Verify(req, nil)
				if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
					t.Errorf("%s: Verify = %v, want %q", m["Type"], err, tt.want)
				}
			}
		})
	}
}

// FuzzSNSMessage: a message that was changed after it was signed is refused, or says the same.
func FuzzSNSMessage(f *testing.F) {
	s := newSNS(newFake(f), "*")
	for i := range 60 {
		f.Add(i%2 == 0, i*11, i%3, []byte("x"))
		f.Add(i%2 == 0, i*11, 1, []byte(`\u0041`))
		f.Add(i%2 == 0, 1, 0, []byte(`"message":"x",`))
	}
	bodies := map[bool][]byte{
		false: notification(`{"Event":"s3:TestEvent"}`).sign(f).request(f).Body,
		true:  set(confirmation(), "Type", "UnsubscribeConfirmation").sign(f).request(f).Body,
	}
	f.Fuzz(func(t *testing.T, confirms bool, at, cut int, insert []byte) {
		body := bodies[confirms]
		at = (at%len(body) + len(body)) % len(body)
		cut = min(max(cut, 0), len(body)-at)
		changed := append(append(append([]byte(nil), body[:at]...), insert...), body[at+cut:]...)
		req := &provider.Request{Method: http.MethodPost, Path: "/sns", Header: http.Header{}, Body: changed}
		if s.Verify(req, nil) != nil {
			return
		}
		got, err := s.Parse(req)
		want, wantErr := s.Parse(&provider.Request{Body: body})
		if err != nil || wantErr != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s is taken, and read as %+v, %v; signed was %+v, %v", changed, got, err, want, wantErr)
		}
	})
}
