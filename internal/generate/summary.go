package generate

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
)

// Summary counts resources by group and role.
type Summary struct {
	// Groups are those with resources, in the order of Groups.
	Groups []GroupCount `json:"groups"`
	// Possible counts the triggers that could have an event, and PossibleCovered those of them that have one: see Percent.
	Possible        int `json:"triggers"`
	PossibleCovered int `json:"triggers_covered"`
	// Percent of the triggers that could have an event have one; 100 if there are none. Types without events, clocks, types that are only
	// put, what belongs to others and what hangs on a ((var)) that was not resolved don't count. A pipeline that could not be read counts as
	// one trigger.
	Percent float64 `json:"percent"`
}

// GroupCount counts the resources of one group.
type GroupCount struct {
	Group  Group               `json:"group"`
	Count  int                 `json:"count"`
	Roles  map[config.Role]int `json:"roles"`
	Remedy string              `json:"remedy,omitempty"`
}

// Summarise counts resources.
func Summarise(list []Coverage) Summary {
	s := Summary{Groups: []GroupCount{}, Percent: 100}
	counts := make(map[Group]*GroupCount)
	for _, c := range list {
		g := counts[c.Group]
		if g == nil {
			g = &GroupCount{Group: c.Group, Roles: make(map[config.Role]int), Remedy: c.Group.Remedy()}
			counts[c.Group] = g
		}
		role := cmp.Or(c.Role, config.Trigger)
		g.Count++
		g.Roles[role]++
		if role == config.Trigger && c.possible() {
			s.Possible++
			if c.Covered {
				s.PossibleCovered++
			}
		}
	}
	for _, group := range Groups() {
		if g := counts[group]; g != nil {
			s.Groups = append(s.Groups, *g)
		}
	}
	if s.Possible > 0 {
		s.Percent = 100 * float64(s.PossibleCovered) / float64(s.Possible)
	}
	return s
}

// possible reports whether the resource could have an event.
func (c *Coverage) possible() bool {
	return !slices.Contains([]Group{Eventless, Clock, PutOnlyType, NotYours, TypeUnresolved, SourceUnresolved}, c.Group)
}

// Own marks what belongs to others. An owner is what stands after the host, acme of github.com/acme/app, or the host, or both. Without
// owners, and where it can't be told, such as for a bucket or a server of your own, all is yours.
func Own(list []Coverage, owners []string) {
	if len(owners) == 0 {
		return
	}
	for i := range list {
		c := &list[i]
		if c.Covered && !slices.ContainsFunc(c.Keys, func(key string) bool { return maybeOwned(key, owners) }) {
			c.Group, c.Remedy = NotYours, NotYours.Remedy()
		}
	}
}

// shared are the hosts where everybody may have repositories or images, below the owner's name.
var shared = regexp.MustCompile(`^(github\.com|gitlab\.com|bitbucket\.org|dev\.azure\.com|codeberg\.org|gitea\.com|gitee\.com|git\.sr\.ht|` +
	`docker\.io|ghcr\.io|quay\.io|(.+\.)?gcr\.io|.+\.pkg\.dev|public\.ecr\.aws|mcr\.microsoft\.com|registry\.gitlab\.com|registry\.k8s\.io)$`)

// maybeOwned reports whether what the key names may belong to one of the owners.
func maybeOwned(key string, owners []string) bool {
	_, name, _ := strings.Cut(strings.ToLower(key), ":")
	host, path, _ := strings.Cut(name, "/")
	owner, _, found := strings.Cut(path, "/")
	if !shared.MatchString(host) || !found || strings.Contains(owner, "*") {
		return true
	}
	return slices.ContainsFunc(owners, func(o string) bool {
		o = strings.Trim(strings.ToLower(o), "/")
		return o == owner || strings.HasPrefix(name+"/", o+"/")
	})
}

// Uncovered reports whether no event comes for the resource that could, or should: a clock and what no job waits for need none.
func (c *Coverage) Uncovered() bool {
	return !slices.Contains([]Group{Covered, Assumed, Unneeded, Clock, PutOnlyType}, c.Group)
}
