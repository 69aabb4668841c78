package resource

import (
	"regexp"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// publicURL is a git URL without the parts that may be secret: see event.WithoutUser. A ((var)) in the rest stays as it is written.
func publicURL(raw string) string {
	hidden, restore := hideVars(strings.TrimSpace(raw))
	return strings.TrimSpace(restore(event.WithoutUser(hidden)))
}

// firstHidden is the rune that stands for the first ((var)) of a text. The next runes stand for the others.
const firstHidden = 0xE100

// hideVars puts one rune in the place of each ((var)), since a var may hold slashes, colons and @; restore puts them back.
func hideVars(text string) (hidden string, restore func(string) string) {
	if !HasVar(text) {
		return text, func(s string) string { return s }
	}
	var pairs []string
	hidden = variable.ReplaceAllStringFunc(text, func(v string) string {
		r := string(rune(firstHidden + len(pairs)/2))
		pairs = append(pairs, r, v)
		return r
	})
	return hidden, strings.NewReplacer(pairs...).Replace
}

// insteadOf is the name of a git_config entry that rewrites URLs (git-config(1): url.<base>.insteadOf). The case of the base
// matters.
var insteadOf = regexp.MustCompile(`^(?is:url)\.(.+)\.(?i:insteadof)$`)

// rewritten is uri after git applied the insteadOf entries of git_config: the longest prefix wins.
func rewritten(r *reader, uri string) string {
	list, _ := r.source["git_config"].([]any)
	longest, base := "", ""
	for _, entry := range list {
		e, _ := entry.(map[string]any)
		name, _ := scalar(e["name"])
		prefix, _ := scalar(e["value"])
		match := insteadOf.FindStringSubmatch(name)
		if match != nil && prefix != "" && len(prefix) > len(longest) && strings.HasPrefix(uri, prefix) {
			longest, base = prefix, match[1]
		}
	}
	return base + strings.TrimPrefix(uri, longest)
}

// remote is the part of a filter that says which repository git asks.
type remote struct {
	// URI is the source's after insteadOf.
	URI string `json:"uri"`
	// Aliases are further URLs of the same repository: the one before insteadOf, or a name that it had before.
	Aliases []string `json:"aliases,omitempty"`
	// GitConfig is the ((var)) in git_config that may make any URL of uri.
	GitConfig string `json:"git_config,omitempty"`
}

// fill reads uri as git uses it. Providers may name the repository by the URL before insteadOf, too.
func (m *remote) fill(r *reader) {
	written := strings.TrimSpace(r.text("uri"))
	m.URI, m.GitConfig = publicURL(rewritten(r, written)), mayRewrite(r)
	if original := publicURL(written); event.RepositoryKey(original) != event.RepositoryKey(m.URI) {
		m.Aliases = []string{original}
	}
}

// find finds the keys.
func (m *remote) find() (Keys, error) {
	m.URI = publicURL(m.URI)
	for i, alias := range m.Aliases {
		m.Aliases[i] = publicURL(alias)
	}
	keys, err := repositoryKeys("uri", m.URI, m.Aliases...)
	if m.GitConfig != "" {
		keys = keys.and(Keys{Patterns: []Pattern{everyName(event.SpaceRepository)}})
	}
	return keys, err
}

// certain is the decision, unless git_config may lead to another repository: then that is the rule and the reason of a check.
func (m *remote) certain(d Decision) Decision {
	if !d.Check || m.GitConfig == "" {
		return d
	}
	return checkUnlessVar(d.Rule, d.Reason, "git_config", m.GitConfig)
}

// mayRewrite is a ((var)) of git_config that may hold an insteadOf, or what one replaces; "" if there is none.
func mayRewrite(r *reader) string {
	if v := varIn(r.source["git_config"]); v != "" {
		return v
	}
	list, _ := r.source["git_config"].([]any)
	for _, entry := range list {
		if v := varIn(entry); v != "" {
			return v
		}
		e, _ := entry.(map[string]any)
		name, _ := scalar(e["name"])
		value, _ := scalar(e["value"])
		switch isInsteadOf := insteadOf.MatchString(name); {
		case isInsteadOf && HasVar(value):
			return variable.FindString(value)
		case !isInsteadOf && HasVar(name) && mayBeInsteadOf(name):
			return variable.FindString(name)
		}
	}
	return ""
}

// mayBeInsteadOf reports whether a name with a ((var)) may be that of an insteadOf: what stands before and after the vars fits one.
func mayBeInsteadOf(name string) bool {
	const start, end = "url.", ".insteadof"
	known := variable.Split(strings.ToLower(name), -1)
	before, after := known[0], known[len(known)-1]
	return (strings.HasPrefix(start, before) || strings.HasPrefix(before, start)) &&
		(strings.HasSuffix(end, after) || strings.HasSuffix(after, end))
}

// repositoryKeys are the keys of a git URL and its aliases.
func repositoryKeys(field, uri string, aliases ...string) (Keys, error) {
	keys, err := urlKeys(field, uri)
	if err != nil {
		return Keys{}, err
	}
	for _, alias := range aliases {
		more, err := urlKeys("aliases", alias)
		if err != nil {
			return Keys{}, err
		}
		keys = keys.and(more)
	}
	return keys, nil
}

// urlKeys are the keys of one URL. That of Azure DevOps's older form of SSH names the organisation by the user, who is not kept: it
// may be any then.
func urlKeys(field, uri string) (Keys, error) {
	keys, err := keysOf(field, uri, event.RepositoryKey)
	if err != nil || len(keys.Exact) == 0 {
		return keys, err
	}
	path, ok := strings.CutPrefix(keys.Exact[0].Name, "vs-ssh.visualstudio.com/")
	if !ok {
		return keys, nil
	}
	if repo, own := strings.CutPrefix(path, "_git/"); own { // a project's own repository
		path = repo + "/_git/" + repo
	}
	if p, ok := newPattern(event.SpaceRepository, "dev.azure.com/"+unknown+"/"+path); ok {
		keys = Keys{Patterns: []Pattern{p}}
	}
	return keys, nil
}
