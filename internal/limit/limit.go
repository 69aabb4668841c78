// Package limit bounds what requests hold at once: how many are in work, the memory of their bodies, and connections. It stands
// before all other steps where deliveries come by plain HTTP (a delivery -> limit -> provider -> event -> match -> Concourse).
package limit

import (
	"errors"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// Requests is the most that are in work at once.
	Requests = 256
	// memory is the most bytes that hold arriving bodies. Of it, reserved is kept for bodies below large, so that slow large ones
	// shut nobody out.
	memory   = 64 << 20
	reserved = 16 << 20
	large    = 1 << 20

	// A body must arrive at leastRate (bytes a second) from grace on, and within bodyTime.
	leastRate = 16 << 10
	grace     = 2 * time.Second
	bodyTime  = 30 * time.Second
)

// RetryAfter is when a sender that is refused because of a limit should send again, in seconds.
const RetryAfter = "5"

// Why Read refuses a body.
var (
	ErrTooLarge = errors.New("the body is too large")
	ErrTooSlow  = errors.New("the body arrives too slowly")
	ErrNoMemory = errors.New("there is no memory for the body at the moment")
)

// Intake bounds the requests in work, and the memory of their bodies. Its zero value is ready for use by several goroutines.
type Intake struct {
	requests atomic.Int64

	mu          sync.Mutex
	used        int64 // bytes that are charged
	usedByLarge int64 // those of large bodies

	// alone is held by the large body that is verified and parsed: that takes memory, too.
	alone sync.Mutex
}

// Enter counts a request until leave is called, or reports that there are too many.
func (i *Intake) Enter() (leave func(), ok bool) {
	if i.requests.Add(1) > Requests {
		i.requests.Add(-1)
		return func() {}, false
	}
	return func() { i.requests.Add(-1) }, true
}

// Read reads a body of at most most bytes. Memory is charged as the body arrives. The body is valid until done is called, which
// gives its memory back; a large body keeps other large ones waiting until then.
func (i *Intake) Read(w http.ResponseWriter, req *http.Request, most int64) (body []byte, done func(), err error) {
	if req.ContentLength > most {
		return nil, nil, ErrTooLarge
	}
	r := &reading{intake: i, body: http.MaxBytesReader(w, req.Body, most), size: req.ContentLength, most: most}
	if err = r.all(http.NewResponseController(w)); err != nil {
		r.giveBack()
		return nil, nil, err
	}
	if r.large {
		i.alone.Lock()
		r.alone = true
	}
	return r.memory[:r.read:r.read], r.giveBack, nil
}

// all reads the whole body, or gives up because of a limit.
func (r *reading) all(connection *http.ResponseController) error {
	start := time.Now()
	for {
		if err := r.grow(); err != nil {
			return err
		}
		// An error says that there is no connection: the body is in memory already.
		_ = connection.SetReadDeadline(deadline(start, r.read))
		end, err := r.fill()
		var tooLarge *http.MaxBytesError
		switch {
		case errors.As(err, &tooLarge):
			return ErrTooLarge
		case errors.Is(err, os.ErrDeadlineExceeded):
			return ErrTooSlow
		case err != nil:
			return err
		case end:
			_ = connection.SetReadDeadline(time.Time{})
			return nil
		}
	}
}

// deadline is when the next byte must have arrived.
func deadline(start time.Time, read int64) time.Time {
	return start.Add(min(bodyTime, grace+time.Duration(read)*time.Second/leastRate))
}
