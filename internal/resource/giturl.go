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

// remote reads uri as git uses it, and the one before insteadOf as an alias if that is another repository: providers may name either.
func remote(r *reader) (uri string, aliases []string) {
	written := strings.TrimSpace(r.text("uri"))
	uri = publicURL(rewritten(r, written))
	if original := publicURL(written); event.RepositoryKey(original) != event.RepositoryKey(uri) {
		aliases = []string{original}
	}
	return uri, aliases
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
