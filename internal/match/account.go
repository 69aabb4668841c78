package match

// totalSteps bounds the work of one delivery, in the steps of a resource.Budget: half of it is shared out evenly to all teams, and the
// other half goes to those that need more, to each at most three quarters of it. It is about half a second of one core:
// BenchmarkHostile measures that, and TestRealPushes what real pushes need.
const totalSteps = 64 << 20

// account keeps who used how much of a delivery's budget. What one team uses takes nothing from what is set aside for the others.
type account struct {
	share int // of each team
	pool  int // what is left for teams that need more
	most  int // that one team may take from the pool
	used  []int
}

func newAccount(teams, steps int) *account {
	return &account{share: steps / 2 / max(teams, 1), pool: steps / 2, most: steps / 8 * 3, used: make([]int, teams)}
}

// left is how many steps a team may still use.
func (a *account) left(team int32) int {
	used := a.used[team]
	fromPool := max(used-a.share, 0)
	return max(a.share-used, 0) + max(min(a.most-fromPool, a.pool), 0)
}

// use notes that a team used so many steps.
func (a *account) use(team int32, steps int) {
	before := a.used[team]
	a.used[team] = before + steps
	a.pool -= max(before+steps-a.share, 0) - max(before-a.share, 0)
}

// take uses steps, and reports whether as many were left.
func (a *account) take(team int32, steps int) bool {
	if a.left(team) < steps {
		return false
	}
	a.use(team, steps)
	return true
}
