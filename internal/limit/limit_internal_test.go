package limit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

// most is as much as an endpoint takes.
const most = 25 << 20

// read reads a body of a recorded request; size is -1 where it is not known.
func read(i *Intake, body io.Reader, size int64) ([]byte, func(), error) {
	req := httptest.NewRequest(http.MethodPost, "/", body)
	req.ContentLength = size
	return i.Read(httptest.NewRecorder(), req, most)
}

// wantFree fails where something is still charged.
func wantFree(t *testing.T, i *Intake) {
	t.Helper()
	if i.used != 0 || i.usedByLarge != 0 {
		t.Errorf("%d bytes are still charged, %d of them to large bodies", i.used, i.usedByLarge)
	}
	if !i.alone.TryLock() {
		t.Error("a large body still keeps others waiting")
		return
	}
	i.alone.Unlock()
}

func random(n int) []byte {
	b := make([]byte, n)
	source := rand.NewChaCha8([32]byte{})
	_, _ = source.Read(b)
	return b
}

func TestRead(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 25_000, step - 1, step, step + 1, 5 * step, large - 1, large, large + 1, most} {
		for _, known := range []bool{true, false} {
			t.Run(fmt.Sprint(n, " known ", known), func(t *testing.T) {
				t.Parallel()
				i, want, size := new(Intake), random(n), int64(-1)
				if known {
					size = int64(n)
				}
				for name, body := range map[string]io.Reader{"whole": bytes.NewReader(want), "halves": iotest.HalfReader(bytes.NewReader(want))} {
					got, done, err := read(i, body, size)
					if err != nil || !bytes.Equal(got, want) {
						t.Fatalf("%s: read %d bytes, %v", name, len(got), err)
					}
					if i.used < int64(n) {
						t.Errorf("%s: %d bytes are charged for %d", name, i.used, n)
					}
					done()
					wantFree(t, i)
				}
			})
		}
	}
}

func TestReadFails(t *testing.T) {
	t.Parallel()
	cut := errors.New("cut")
	for name, tt := range map[string]struct {
		body io.Reader
		size int64
		want error
	}{
		"too large, as it says":   {iotest.ErrReader(cut), most + 1, ErrTooLarge},
		"too large, not said":     {bytes.NewReader(make([]byte, most+1)), -1, ErrTooLarge},
		"cut off":                 {io.MultiReader(bytes.NewReader(make([]byte, 3*step)), iotest.ErrReader(cut)), 4 * step, cut},
		"large and cut off":       {io.MultiReader(bytes.NewReader(make([]byte, 2*large)), iotest.ErrReader(cut)), -1, cut},
		"cut off before it began": {iotest.ErrReader(cut), 10, cut},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := new(Intake)
			if _, _, err := read(i, tt.body, tt.size); !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			wantFree(t, i)
		})
	}
}

// arriving is a body that stays one byte short of its end until it is let go.
type arriving struct {
	left    int
	reached chan struct{}
	end     chan struct{}
}

func (a *arriving) Read(p []byte) (int, error) {
	if a.left == 0 {
		close(a.reached)
		<-a.end
		return 0, io.EOF
	}
	n := min(len(p), a.left)
	a.left -= n
	return n, nil
}

// hold reads a body up to its last byte, and reports whether there is memory for it. It is read to its end when end is closed.
func hold(i *Intake, wait *sync.WaitGroup, n int, size int64, end chan struct{}) error {
	a := &arriving{left: n, reached: make(chan struct{}), end: end}
	failed := make(chan error, 1)
	wait.Go(func() {
		_, done, err := read(i, a, size)
		if failed <- err; err == nil {
			done()
		}
	})
	select {
	case err := <-failed:
		return err
	case <-a.reached:
		return nil
	}
}

// Large bodies do not take the memory that is kept for small ones; when they end there is memory again.
func TestMemory(t *testing.T) {
	t.Parallel()
	for _, known := range []bool{true, false} {
		i, wait := new(Intake), new(sync.WaitGroup)
		endLarge, endSmall := make(chan struct{}), make(chan struct{})
		size := func(n int64) int64 {
			if known {
				return n
			}
			return -1
		}
		for n := range 4 {
			if err := hold(i, wait, 11<<20, size(24<<20), endLarge); err != nil {
				t.Fatalf("large body %d: %v", n, err)
			}
		}
		if err := hold(i, wait, 11<<20, size(24<<20), endLarge); !errors.Is(err, ErrNoMemory) {
			t.Errorf("one large body too many: %v", err)
		}
		for n := range 18 {
			if err := hold(i, wait, 900<<10, size(1000<<10), endSmall); err != nil {
				t.Fatalf("small body %d: %v", n, err)
			}
		}
		for range 10 {
			if err := hold(i, wait, 900<<10, size(1000<<10), endSmall); err != nil {
				break
			}
		}
		if err := hold(i, wait, 900<<10, size(1000<<10), endSmall); !errors.Is(err, ErrNoMemory) || i.used > memory {
			t.Errorf("one small body too many: %v, %d bytes are charged", err, i.used)
		}
		close(endLarge)
		close(endSmall)
		wait.Wait()
		wantFree(t, i)
	}
}

// What a sender says that it will send costs nothing.
func TestMemoryIsChargedAsItArrives(t *testing.T) {
	t.Parallel()
	i, wait, end := new(Intake), new(sync.WaitGroup), make(chan struct{})
	for n := range 200 {
		if err := hold(i, wait, 1000, 24<<20, end); err != nil {
			t.Fatalf("body %d: %v", n, err)
		}
	}
	if i.used > 200*step {
		t.Errorf("%d bytes are charged", i.used)
	}
	close(end)
	wait.Wait()
	wantFree(t, i)
}

// Only one large body is handed out; the next one waits.
func TestOneLargeBodyAtATime(t *testing.T) {
	t.Parallel()
	i := new(Intake)
	first, second := random(3*large), bytes.Repeat([]byte("x"), 2*large)
	got, done, err := read(i, bytes.NewReader(first), -1)
	if err != nil {
		t.Fatal(err)
	}
	next := make(chan []byte)
	go func() {
		got, done, err := read(i, bytes.NewReader(second), -1)
		if err != nil {
			t.Error(err)
		}
		next <- bytes.Clone(got)
		done()
	}()
	for { // until the second has arrived
		i.mu.Lock()
		arrived := i.usedByLarge > 2*large
		i.mu.Unlock()
		if arrived {
			break
		}
	}
	select {
	case <-next:
		t.Fatal("the second did not wait")
	default:
	}
	if !bytes.Equal(got, first) {
		t.Error("the first has changed")
	}
	done()
	if !bytes.Equal(<-next, second) {
		t.Error("the second is not what was sent")
	}
}

// Many bodies at once stay what they are.
func TestReadsAtOnce(t *testing.T) {
	t.Parallel()
	i, wait := new(Intake), new(sync.WaitGroup)
	for n := range 40 {
		wait.Go(func() {
			want := bytes.Repeat([]byte{byte(n)}, 1+n*n*1000)
			got, done, err := read(i, bytes.NewReader(want), -1)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("body %d: %d bytes, %v", n, len(got), err)
				return
			}
			done()
		})
	}
	wait.Wait()
	wantFree(t, i)
}

// connected is a ResponseWriter with a connection.
type connected struct {
	http.ResponseWriter
	net.Conn
}

func (c connected) Write(b []byte) (int, error) { return c.ResponseWriter.Write(b) }

// A body that arrives slowly is given up, and its memory is given back.
func TestLeastRate(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		piece, pieces int // one piece a second
		size          int64
		want          error
		took          time.Duration
	}{
		"nothing":                {0, 1, 1000, ErrTooSlow, grace},
		"a byte and no more":     {1, 1, 1000, ErrTooSlow, grace},
		"fast enough":            {20 << 10, 10, 200 << 10, nil, 9 * time.Second},
		"just too slow":          {10 << 10, 10, 100 << 10, ErrTooSlow, 5 * time.Second},
		"a byte each second":     {1, 100, 100, ErrTooSlow, grace},
		"large and fast":         {1 << 20, 3, 3 << 20, nil, 2 * time.Second},
		"fast enough, too long":  {20 << 10, 100, 2000 << 10, ErrTooSlow, bodyTime},
		"large, then it stalls":  {20 << 20, 1, 24 << 20, ErrTooSlow, bodyTime},
		"small, and then stalls": {500 << 10, 1, 600 << 10, ErrTooSlow, bodyTime},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server, client := net.Pipe()
				var sender sync.WaitGroup
				sender.Go(func() {
					for range tt.pieces {
						if _, err := client.Write(make([]byte, tt.piece)); err != nil {
							return
						}
						time.Sleep(time.Second) //nolint:forbidigo // the clock of synctest
					}
				})
				req := httptest.NewRequest(http.MethodPost, "/", io.LimitReader(server, tt.size))
				req.ContentLength = tt.size
				i, start := new(Intake), time.Now()
				_, done, err := i.Read(connected{httptest.NewRecorder(), server}, req, most)
				if took := time.Since(start); !errors.Is(err, tt.want) || took < tt.took-time.Second || took > tt.took+time.Second {
					t.Errorf("%v after %s, want %v after %s", err, took, tt.want, tt.took)
				}
				if done != nil {
					done()
				}
				wantFree(t, i)
				_ = server.Close()
				sender.Wait()
			})
		})
	}
}

func TestEnter(t *testing.T) {
	t.Parallel()
	i := new(Intake)
	var leaves []func()
	for n := range Requests {
		leave, ok := i.Enter()
		if !ok {
			t.Fatalf("request %d is refused", n)
		}
		leaves = append(leaves, leave)
	}
	for range 2 * Requests {
		leave, ok := i.Enter()
		if ok {
			t.Fatal("one too many is let in")
		}
		leave()
	}
	leaves[0]()
	if _, ok := i.Enter(); !ok {
		t.Error("there is no room again")
	}
}
