package limit

import (
	"errors"
	"fmt"
	"io"
)

// reading is a body that is being read. Its memory is charged in steps, as the body arrives.
type reading struct {
	intake *Intake
	body   io.Reader
	size   int64 // -1 where it is not known
	most   int64

	memory  []byte
	region  []byte // the memory, where the operating system gave it
	read    int64
	charged int64
	large   bool
	alone   bool // it holds the intake's alone
}

const step = 64 << 10

// grow makes room for at least one byte.
func (r *reading) grow() error {
	if r.read < r.charged {
		return nil
	}
	room := r.most + 1 // one more byte shows the end
	if r.size >= 0 {
		room = r.size + 1
	}
	next := min(step, room-r.read)
	if !r.charge(next, r.size >= large || r.charged+next > large) {
		return ErrNoMemory
	}
	if r.memory == nil {
		r.memory = make([]byte, next)
		return nil
	}
	if r.region == nil {
		region, err := reserve(int(room))
		if err != nil {
			return fmt.Errorf("%w: %w", ErrNoMemory, err)
		}
		copy(region, r.memory)
		r.memory, r.region = region, region
	}
	return nil
}

// fill reads once into the room that there is, and reports whether the body has ended.
func (r *reading) fill() (end bool, err error) {
	n, err := r.body.Read(r.memory[r.read:r.charged])
	r.read += int64(n)
	if errors.Is(err, io.EOF) {
		return true, nil
	}
	return false, err
}

// charge takes n bytes of memory, and reports whether they were free. A body that becomes large is charged as such from its
// beginning.
func (r *reading) charge(n int64, isLarge bool) bool {
	i := r.intake
	i.mu.Lock()
	defer i.mu.Unlock()
	if isLarge && !r.large {
		r.large = true
		i.usedByLarge += r.charged
	}
	if i.used+n > memory || r.large && i.usedByLarge+n > memory-reserved {
		return false
	}
	r.add(n)
	return true
}

// add changes what is charged; the intake's mu is held.
func (r *reading) add(n int64) {
	r.charged += n
	r.intake.used += n
	if r.large {
		r.intake.usedByLarge += n
	}
}

// giveBack gives everything back.
func (r *reading) giveBack() {
	if r.region != nil {
		free(r.region)
	}
	r.memory, r.region = nil, nil
	r.intake.mu.Lock()
	r.add(-r.charged)
	r.intake.mu.Unlock()
	if r.alone {
		r.intake.alone.Unlock()
	}
}
