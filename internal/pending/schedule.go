package pending

import (
	"container/heap"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
)

// item is an entry in the schedule.
type item struct {
	Entry
	scope   string // as of when it was last looked at
	waiters []waiter
	writing int  // writes of it under way
	asked   bool // Concourse asked to wait so long

	state  state
	listed bool      // in the list of what is ready
	due    time.Time // where it waits
	index  int       // in the heap, where it waits
	leads  bool      // a post under way is made of it
	counts string    // the team that the post counts for
}

type state int

const (
	ready state = iota
	waits
	posting
)

// settle tells those who wait for a generation up to this one.
func (i *item) settle(generation uint64, r result) {
	i.waiters = slices.DeleteFunc(i.waiters, func(w waiter) bool {
		if w.generation > generation {
			return false
		}
		w.ticket.settle(i.Name, r)
		return true
	})
}

// schedule says which item is posted next: one of each team in turn, none twice at once, and one of a scope at a time. What
// no delivery wants comes last, and slowly.
type schedule struct {
	options Options
	items   map[string]*item
	scopes  map[string]map[*item]bool
	busy    map[string]bool    // scopes with a post under way
	ready   map[string][]*item // by team; catchUp where no delivery wants it
	turn    []string           // the teams that have something ready, the next one first
	posting map[string]int     // posts under way, by team
	posts   int
	waiting dueHeap
	paced   time.Time // when the next check may be posted that no delivery wants
}

// catchUp stands for a team that is always last.
const catchUp = ""

func (s *schedule) init(o Options) {
	s.options = o
	s.items, s.scopes, s.busy = make(map[string]*item), make(map[string]map[*item]bool), make(map[string]bool)
	s.ready, s.posting = make(map[string][]*item), make(map[string]int)
}

func (i *item) turn() string {
	if i.CatchUp {
		return catchUp
	}
	return i.Team
}

func (s *schedule) add(i *item) {
	s.items[i.Name] = i
	s.setScope(i, i.scope)
	s.enqueue(i)
}

func (s *schedule) setScope(i *item, scope string) {
	delete(s.scopes[i.scope], i)
	if len(s.scopes[i.scope]) == 0 {
		delete(s.scopes, i.scope)
	}
	if i.scope = scope; scope == "" {
		return
	}
	if s.scopes[scope] == nil {
		s.scopes[scope] = make(map[*item]bool)
	}
	s.scopes[scope][i] = true
}

func (s *schedule) enqueue(i *item) {
	i.state = ready
	if i.listed {
		return
	}
	i.listed = true
	team := i.turn()
	if len(s.ready[team]) == 0 && team != catchUp {
		s.turn = append(s.turn, team)
	}
	s.ready[team] = append(s.ready[team], i)
}

// wanted notes that a delivery wants an item, which may have been there for a catch-up only.
func (s *schedule) wanted(i *item) {
	if !i.CatchUp {
		return
	}
	i.CatchUp, i.listed = false, false // take drops it from the list of the others
	if i.state == ready {
		s.enqueue(i)
	}
}

// remove takes an item out, after its post or before.
func (s *schedule) remove(i *item) {
	s.ended(i)
	s.setScope(i, "")
	delete(s.items, i.Name)
}

// release ends an item's post. It is ready again at once, or at a time.
func (s *schedule) release(i *item, due time.Time) {
	s.ended(i)
	if due.IsZero() {
		s.enqueue(i)
		return
	}
	i.state, i.due = waits, due
	heap.Push(&s.waiting, i)
}

// ended notes that an item's post is no longer under way.
func (s *schedule) ended(i *item) {
	if i.leads {
		s.posts--
		s.posting[i.counts]--
		delete(s.busy, i.scope)
		i.leads = false
	}
	if i.state == waits {
		heap.Remove(&s.waiting, i.index)
	}
}

// next takes the item to post now; nil for none.
func (s *schedule) next(now time.Time, pause Pause) *item {
	for len(s.waiting) > 0 && !s.waiting[0].due.After(now) {
		s.enqueue(heap.Pop(&s.waiting).(*item)) //nolint:errcheck // it holds nothing else
	}
	if s.posts >= s.options.Concurrency {
		return nil
	}
	for range len(s.turn) {
		team := s.turn[0]
		s.turn = append(s.turn[1:], team)
		// Some posts are left to other teams, whose deliveries may come while all posts of this team hang.
		if s.posting[team] >= max(1, s.options.Concurrency*3/4) {
			continue
		}
		if i := s.take(team, pause); i != nil {
			return i
		}
	}
	if len(s.ready[catchUp]) == 0 || now.Before(s.paced) || s.posting[catchUp] >= max(1, s.options.Concurrency/4) {
		return nil
	}
	i := s.take(catchUp, pause)
	if i != nil {
		s.paced = now.Add(time.Second / time.Duration(s.options.CatchUpRate))
	}
	return i
}

// take takes the first item of a team that may be posted. It drops those that are in the list no more for this team.
func (s *schedule) take(team string, pause Pause) (found *item) {
	list := s.ready[team]
	at := 0
	for at < len(list) && found == nil {
		switch i := list[at]; {
		case i.turn() != team || s.items[i.Name] != i:
		case i.state != ready:
			i.listed = false
		case s.busy[i.scope] || pause.holds(&i.Entry):
			at++
			continue
		default:
			i.listed = false
			found = i
		}
		if at == 0 {
			list = list[1:]
		} else {
			list = slices.Delete(list, at, at+1)
		}
	}
	if len(list) > 0 {
		s.ready[team] = list
		return found
	}
	delete(s.ready, team)
	s.turn = slices.DeleteFunc(s.turn, func(other string) bool { return other == team })
	return found
}

// begin notes that a post is made for an item that next gave, and finds the others of its scope that the post serves too.
func (s *schedule) begin(i *item, scope string, find func(string) (notify.Target, bool)) []member {
	s.setScope(i, scope)
	i.state, i.leads, i.counts = posting, true, i.turn()
	s.posts++
	s.posting[i.counts]++
	members := []member{{i, i.Generation}}
	if scope == "" {
		return members
	}
	s.busy[scope] = true
	for other := range s.scopes[scope] {
		if other.state == posting || other.Alone {
			continue
		}
		if t, ok := find(other.Name); !ok || t.Scope != scope {
			continue
		}
		if other.state == waits {
			heap.Remove(&s.waiting, other.index)
		}
		other.state = posting
		members = append(members, member{other, other.Generation})
	}
	return members
}

// until is how long nothing has to be done.
func (s *schedule) until(now time.Time) time.Duration {
	wait := time.Hour
	if len(s.waiting) > 0 {
		wait = s.waiting[0].due.Sub(now)
	}
	if len(s.ready[catchUp]) > 0 && s.paced.After(now) {
		wait = min(wait, s.paced.Sub(now))
	}
	return max(wait, 0)
}

// hurry brings forward what waits long because Concourse was down, now that it takes checks again.
func (s *schedule) hurry(now time.Time) {
	const soon = 2 * time.Second
	for _, i := range s.waiting {
		if !i.asked && i.due.Sub(now) > soon {
			i.due = now.Add(rand.N(soon)) //nolint:gosec // no secret
		}
	}
	heap.Init(&s.waiting)
}

// backoff is the wait after a number of failed attempts, give or take a half of it.
func (o Options) backoff(attempts int) time.Duration {
	wait := o.MinBackoff << min(attempts-1, 20)
	if wait <= 0 || wait > o.MaxBackoff {
		wait = o.MaxBackoff
	}
	return wait/2 + rand.N(wait/2+1) //nolint:gosec // no secret
}

// dueHeap has the item that is due first at its start.
type dueHeap []*item

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].due.Before(h[j].due) }
func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push adds an item, for container/heap.
func (h *dueHeap) Push(x any) {
	i := x.(*item) //nolint:errcheck // it holds nothing else
	i.index = len(*h)
	*h = append(*h, i)
}

// Pop takes the last item, for container/heap.
func (h *dueHeap) Pop() any {
	old := *h
	i := old[len(old)-1]
	*h = old[:len(old)-1]
	return i
}
