package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	hookSecret = "planted-hook"
	// clientTimeout is how long GitHub waits for an answer
	// (https://docs.github.com/en/webhooks/using-webhooks/best-practices-for-using-webhooks#respond-within-10-seconds).
	clientTimeout = 10 * time.Second
	// maxUnderWay bounds the requests of a load at one moment.
	maxUnderWay = 8000
)

// delivery is one push that was sent, and its answer.
type delivery struct {
	repository int
	sent       time.Time
	took       time.Duration
	status     int // 0: no answer
	retryAfter bool
}

func (d delivery) taken() bool { return d.status/100 == 2 }

// load sends signed GitHub pushes of a scene's repositories to an endpoint.
type load struct {
	url          string
	repositories int
	padding      int // bytes that a body has besides
	// invalid says which pushes have a wrong signature; nil for none.
	invalid func(n int) bool
	client  *http.Client
}

func newLoad(url string, s scene) *load {
	transport := &http.Transport{MaxIdleConnsPerHost: 256, IdleConnTimeout: 5 * time.Second}
	return &load{url: url, repositories: s.repositories, client: &http.Client{Transport: transport, Timeout: clientTimeout}}
}

// push is GitHub's payload, with what an endpoint reads of it.
func push(repository, padding int) []byte {
	return fmt.Appendf(nil, `{"ref":"refs/heads/main","before":"1111111111111111111111111111111111111111","after":"2222222222222222222222222222222222222222",`+
		`"repository":{"full_name":"soak/repo-%d","clone_url":%q,"default_branch":"main"},"commits":[{"id":"2","modified":["a.go"]}],"padding":"%s"}`,
		repository, uri(repository), strings.Repeat("x", padding))
}

// signature is GitHub's X-Hub-Signature-256.
func signature(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// send sends push n and waits for its answer.
func (l *load) send(ctx context.Context, n int) delivery {
	d := delivery{repository: n % l.repositories}
	body, secret := push(d.repository, l.padding), hookSecret
	if l.invalid != nil && l.invalid(n) {
		secret = "guess"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.url+"/github", bytes.NewReader(body))
	if err != nil {
		return d
	}
	req.GetBody = nil // what was sent once is not sent again in silence
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-GitHub-Event", "push")
	req.Header.Set("X-GitHub-Delivery", fmt.Sprint("delivery-", n))
	req.Header.Set("X-Hub-Signature-256", signature(secret, body))
	d.sent = time.Now()
	resp, err := l.client.Do(req)
	d.took = time.Since(d.sent)
	if err != nil {
		return d
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, resp.Body)
	d.status, d.retryAfter = resp.StatusCode, resp.Header.Get("Retry-After") != ""
	return d
}

// oneByOne sends each push when the one before is answered.
func (l *load) oneByOne(ctx context.Context, pushes int) []delivery {
	sent := make([]delivery, 0, pushes)
	for n := range pushes {
		if ctx.Err() != nil {
			break
		}
		sent = append(sent, l.send(ctx, n))
	}
	return sent
}

// atRate sends pushes at a rate, whether they are answered or not, and waits for the answers.
func (l *load) atRate(ctx context.Context, pushes int, perSecond float64) []delivery {
	sent := make([]delivery, pushes)
	slots := make(chan struct{}, maxUnderWay)
	var wg sync.WaitGroup
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	start := time.Now()
	for n := range pushes {
		for ctx.Err() == nil && time.Since(start).Seconds()*perSecond < float64(n) {
			<-tick.C
		}
		slots <- struct{}{}
		wg.Go(func() {
			sent[n] = l.send(ctx, n)
			<-slots
		})
	}
	wg.Wait()
	return sent
}

// percentile is the time within which a part of the deliveries was answered, or given up.
func percentile(sent []delivery, part float64) time.Duration {
	times := make([]time.Duration, len(sent))
	for i, d := range sent {
		times[i] = d.took
	}
	slices.Sort(times)
	if len(times) == 0 {
		return 0
	}
	return times[min(len(times)-1, int(part*float64(len(times))))]
}

// count counts the deliveries for which is holds.
func count(sent []delivery, is func(delivery) bool) (n int) {
	for _, d := range sent {
		if is(d) {
			n++
		}
	}
	return n
}
