package receiver_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/iotest"

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

func TestBodyThatEndsEarly(t *testing.T) {
	t.Parallel()
	r, _ := newReceiver(t, new(checker))
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/github", iotest.ErrReader(io.ErrUnexpectedEOF))
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
