package pending

import (
	"fmt"

	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
)

// ticket is one delivery that is to be answered. The queue's lock guards it.
type ticket struct {
	names   []string // each once, in order
	results map[string]*result
	left    int // that are not settled
	waits   bool
	done    chan struct{} // closed when all are settled
}

// result is what became of a target so far. The zero value is kept.
type result struct {
	settled bool
	taken   bool
	err     error // why it will never be taken
}

// waiter is a ticket that waits for a generation of an item.
type waiter struct {
	ticket     *ticket
	generation uint64
}

func newTicket(targets []notify.Target) *ticket {
	return &ticket{results: make(map[string]*result, len(targets)), done: make(chan struct{})}
}

// expect waits for an item's generation of this moment. A batch may want one resource several times: then the last counts.
func (t *ticket) expect(i *item) {
	if t.results[i.Name] != nil {
		for at := range i.waiters {
			if i.waiters[at].ticket == t {
				i.waiters[at].generation = i.Generation
			}
		}
		return
	}
	t.names = append(t.names, i.Name)
	t.results[i.Name] = new(result)
	t.left++
	if t.waits {
		i.waiters = append(i.waiters, waiter{t, i.Generation})
	}
}

func (t *ticket) settle(name string, r result) {
	r.settled = true
	*t.results[name] = r
	if t.left--; t.left == 0 {
		close(t.done)
	}
}

// report puts each target into its list; notKept is why what is not taken is lost.
func (t *ticket) report(notKept error) notify.Report {
	r := notify.Report{Success: []string{}, Failure: []notify.Failure{}}
	for _, name := range t.names {
		result := t.results[name]
		err := result.err
		if err == nil && !result.taken && notKept != nil {
			err = fmt.Errorf("%w: %w", notify.ErrNotKept, notKept)
		}
		switch {
		case err != nil:
			r.Failure = append(r.Failure, notify.NewFailure(name, err))
		case result.taken:
			r.Success = append(r.Success, name)
		default:
			r.Pending = append(r.Pending, name)
		}
	}
	return r
}
