package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"sync"
	"time"
)

const (
	senders   = 40
	largeBody = 24 << 20
)

// largeBodies sends large bodies that nobody signed, as fast as it can.
func largeBodies(ctx context.Context, t *trial) error {
	return bodies(ctx, t, func(body []byte, _ int) io.Reader { return bytes.NewReader(body) })
}

// slowBodies sends the same at 640 KiB/s, so that all are in memory for long, or at 20 KiB/s.
func slowBodies(ctx context.Context, t *trial) error {
	return bodies(ctx, t, func(body []byte, sender int) io.Reader {
		return &slow{ctx, bytes.NewReader(body), []int{64 << 10, 2 << 10}[sender%2]}
	})
}

// slow gives some bytes each 100 ms.
type slow struct {
	ctx   context.Context //nolint:containedctx // of one request
	r     io.Reader
	bytes int
}

func (s *slow) Read(p []byte) (int, error) {
	pass(s.ctx, 100*time.Millisecond)
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.r.Read(p[:min(len(p), s.bytes)])
}

// bodies sends large bodies in many connections, each one after the other, and signed pushes meanwhile.
func bodies(ctx context.Context, t *trial, read func(body []byte, sender int) io.Reader) error {
	s, err := begin(ctx, t, scene{repositories: 100, resources: 1})
	if err != nil {
		return err
	}
	sending, stop := context.WithCancel(ctx)
	body := bytes.Repeat([]byte("x"), largeBody)
	var wg sync.WaitGroup
	for sender := range t.size(senders, senders/2) {
		wg.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			for sending.Err() == nil {
				sendUnsigned(sending, client, s.server.url, read(body, sender))
				pass(sending, 100*time.Millisecond) // after a refusal: it must not become a flood
			}
		})
	}
	s.load.padding = 25 << 10
	pass(ctx, 500*time.Millisecond) // so that the large ones are under way
	sent := s.load.atRate(ctx, int(10*t.lasts(30*time.Second, 4*time.Second).Seconds()), 10)
	stop()
	wg.Wait()
	t.answers(sent)
	t.atMost("signed pushes not answered 2xx", float64(count(sent, func(d delivery) bool { return !d.taken() })), 0)
	t.atMost("s for the slowest of them", percentile(sent, 1).Seconds(), 1)
	t.noneLost(ctx, "lost", s.atc, s.scene, sent, s.server.kept(ctx))
	t.atMost("MiB of memory", s.server.memory(), 160)
	return nil
}

func sendUnsigned(ctx context.Context, client *http.Client, url string, body io.Reader) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/github", io.NopCloser(body))
	if err != nil {
		return
	}
	req.ContentLength = largeBody
	req.Header.Set("X-GitHub-Event", "push")
	req.Header.Set("X-Hub-Signature-256", signature("guess", nil))
	if resp, err := client.Do(req); err == nil {
		_ = resp.Body.Close()
	}
}
