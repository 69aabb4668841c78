package receiver_test

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/limit"
	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providers"
	"github.com/dpb587/concourse-resource-endpoints/internal/receiver"
)

// A body that is too large is not parsed, nor read where it says so itself.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	const size = 30 << 20
	for name, length := range map[string]int64{"said": size, "not said": -1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, l := newReceiver(t, new(checker))
			body := &counting{Reader: io.LimitReader(spaces{}, size)}
			req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/github", body)
			req.ContentLength = length
			for name, value := range signed("push", "") {
				req.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			r.ServeHTTP(w, req)
			if w.Code != http.StatusRequestEntityTooLarge || w.Body.String() != tooLarge {
				t.Errorf("answered %d %s", w.Code, w.Body)
			}
			if most := int64(receiver.MaxBody + 1); body.n > most || length > 0 && body.n > 0 {
				t.Errorf("%d bytes were read", body.n)
			}
			if lines := l.lines(t, "delivery"); len(lines) != 1 || lines[0]["status"] != 413.0 {
				t.Errorf("the log has %v", lines)
			}
		})
	}
}

// Names that would fill every decision's reason are refused, by webhook and by notification.
func TestLongNames(t *testing.T) {
	t.Parallel()
	const refused = "event 1 has names of more than 16 KiB: nothing has such"
	r, l := newReceiver(t, new(checker))
	body := `{"ref":"refs/heads/` + strings.Repeat("a", 16<<10) + `","repository":{"clone_url":"https://github.com/octo/app"}}`
	for name, payload := range map[string]string{
		"webhook": httpAPI("/github", body, signed("push", body)), "notification": s3Notification(strings.Repeat("a", 16<<10)),
	} {
		if got, err := r.Invoke(t.Context(), json.RawMessage(payload)); err != nil || !strings.Contains(string(got), refused) {
			t.Errorf("%s: answered %.300s, %v", name, got, err)
		}
	}
	if len(l.String()) > 2000 {
		t.Errorf("the log has %d bytes", len(l.String()))
	}
}

func TestBodyThatEndsEarly(t *testing.T) {
	t.Parallel()
	r, _ := newReceiver(t, new(checker))
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/github", iotest.ErrReader(io.ErrUnexpectedEOF))
	req.Header.Set("X-Hub-Signature-256", signed("push", "")["X-Hub-Signature-256"])
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	if want := `{"status":"error","message":"the body ended early"}`; w.Code != 400 || w.Body.String() != want {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
}

// spaces is endless.
type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

type counting struct {
	io.Reader
	n int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

// unread fails the test where the body is read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

// What method, path and headers allow to refuse is refused before the body is read.
func TestRefusedUnread(t *testing.T) {
	t.Parallel()
	noDigits := headers{"X-Hub-Signature-256": "sha256=zz"}
	for name, tt := range map[string]struct {
		method, path string
		headers      headers
		change       func(*receiver.Receiver)
		status       int
	}{
		"method":                    {method: http.MethodPut, path: "/github", status: 405},
		"unknown path":              {path: "/svn", status: 404},
		"notifications only":        {path: "/github", change: func(r *receiver.Receiver) { r.Providers = nil }, status: 403},
		"no secret configured":      {path: "/gitlab", headers: headers{"X-Gitlab-Token": "x"}, status: 401},
		"no signature":              {path: "/github", status: 401},
		"signature with no digits":  {path: "/github", headers: noDigits, status: 401},
		"no signature, another":     {path: "/generic", status: 401},
		"no signature of a form":    {path: "/gitea", headers: headers{"Content-Type": "application/x-www-form-urlencoded"}, status: 401},
		"wrong secret in the path":  {path: "/dockerhub/planted-guess", status: 401},
		"wrong secret in the query": {path: "/dockerhub?token=planted-guess", status: 401},
		"no topic and no secret":    {path: "/sns", status: 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, l := newReceiver(t, new(checker))
			if tt.change != nil {
				tt.change(r)
			}
			req := httptest.NewRequestWithContext(t.Context(), cmp.Or(tt.method, http.MethodPost), tt.path, unread{t})
			for name, value := range tt.headers {
				req.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			if r.ServeHTTP(w, req); w.Code != tt.status {
				t.Errorf("answered %d %s", w.Code, w.Body)
			}
			wantNothingPlanted(t, "the log", l.String(), "")
		})
	}
}

// SNS's signature is inside the body, so that anybody's body is decoded; it is never long.
func TestLongSNSMessage(t *testing.T) {
	t.Parallel()
	const limit = 512 << 10
	r, _ := newReceiver(t, new(checker))
	r.Providers = providers.Served(providers.Options{SNSTopics: []string{"*"}})
	want := `{"status":"error","message":"the body is larger than 512 KiB"}`
	for name, body := range map[string]io.Reader{"said": unread{t}, "not said": io.LimitReader(spaces{}, limit+1)} {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/sns", body)
		if req.ContentLength = -1; name == "said" {
			req.ContentLength = limit + 1
		}
		w := httptest.NewRecorder()
		if r.ServeHTTP(w, req); w.Code != 413 || w.Body.String() != want {
			t.Errorf("%s: answered %d %s", name, w.Code, w.Body)
		}
	}
	got, err := r.Invoke(t.Context(), json.RawMessage(httpAPI("/sns", strings.Repeat(" ", limit+1), nil)))
	if err != nil || !strings.Contains(string(got), `"statusCode":413`) {
		t.Errorf("by Lambda: answered %s, %v", got, err)
	}
}

// Above the limit of requests at once, the next one is answered 503 without being read; when one is answered there is room again.
func TestTooManyRequests(t *testing.T) {
	t.Parallel()
	r, l := newReceiver(t, new(checker))
	body := push(sourcePush)
	var entered, left sync.WaitGroup
	free := make(chan struct{})
	entered.Add(limit.Requests)
	ask := r.Ask
	r.Ask = func(ctx context.Context, current *receiver.Current, targets []notify.Target) notify.Report {
		entered.Done()
		<-free
		return ask(ctx, current, targets)
	}
	send := func(body io.Reader, headers headers) *httptest.ResponseRecorder {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/github", body)
		for name, value := range headers {
			req.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		return w
	}
	for range limit.Requests {
		left.Go(func() {
			if w := send(strings.NewReader(body), signed("push", body)); w.Code != 200 {
				t.Errorf("answered %d %s", w.Code, w.Body)
			}
		})
	}
	entered.Wait()
	w := send(unread{t}, signed("push", body))
	if want := "too many deliveries at once"; w.Code != 503 || !strings.Contains(w.Body.String(), want) || w.Header().Get("Retry-After") == "" {
		t.Errorf("answered %d %s, Retry-After %q", w.Code, w.Body, w.Header().Get("Retry-After"))
	}
	if refused := l.lines(t, "delivery"); len(refused) != 1 || refused[0]["status"] != 503.0 {
		t.Errorf("the log has %v", refused)
	}
	close(free)
	left.Wait()
	if w := send(strings.NewReader("{}"), signed("ping", "{}")); w.Code != 200 {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
}

// Where there is no memory for a body it is answered 503; a slow one is answered 408, and an unread one does not wait for its end.
func TestBodyThatIsRefused(t *testing.T) {
	t.Parallel()
	r, _ := newReceiver(t, new(checker))
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	open := func(path, length string) net.Conn {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(server.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
		_, err = io.WriteString(conn, "POST "+path+" HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: "+
			signed("push", "")["X-Hub-Signature-256"]+"\r\nContent-Length: "+length+"\r\n\r\n{")
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
	slow := open("/github", "1000")
	// Two large ones fit. Of three, one is refused, and the others are left one byte short of their end.
	first := make(chan *http.Response, 3)
	for range 3 {
		conn := open("/github", "25000000")
		go func() { _, _ = io.CopyN(conn, spaces{}, 24_999_998) }()
		go func() {
			if resp, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil {
				_ = resp.Body.Close()
				first <- resp
			}
		}()
	}
	if resp := <-first; resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" {
		t.Errorf("a large body without memory is answered %s, Retry-After %q", resp.Status, resp.Header.Get("Retry-After"))
	}
	for conn, want := range map[net.Conn]int{slow: 408, open("/svn", "1000"): 404} {
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("a body that does not end is answered %s, want %d", resp.Status, want)
		}
	}
}
