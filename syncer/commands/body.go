package commands

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providers"
)

// bodyRequest is the request that a provider sends with the body, as far as it matters for reading it.
func bodyRequest(name, event string, body []byte) (*provider.Request, error) {
	all := providers.All()
	at := slices.IndexFunc(all, func(p provider.Provider) bool { return p.Name == name })
	if at < 0 {
		names := make([]string, len(all))
		for i, p := range all {
			names[i] = p.Name
		}
		slices.Sort(names)
		return nil, fmt.Errorf("--provider: no provider has this name; there are %s", strings.Join(names, ", "))
	}
	header := all[at].EventHeader
	switch {
	case header == "" && event != "":
		return nil, fmt.Errorf("--event: the body of %s names its event: leave the flag out", name)
	case header != "" && event == "":
		return nil, fmt.Errorf("the body of %s does not name its event: give --provider %s and, as --event, what the header %s says", name, name, header)
	}
	req := &provider.Request{Method: http.MethodPost, Path: "/" + name, Header: http.Header{}, Body: body}
	if header != "" {
		req.Header.Set(header, event)
	}
	return req, nil
}

// bodyShape says by which fields a body is a provider's, and one of an event.
type bodyShape struct {
	provider, event string
	// has are the paths of fields that are there.
	has string
}

// likeGitHub stands for GitHub, and for Gitea, Forgejo and Gogs, which follow it.
const likeGitHub = "github or gitea"

// bodyShapes are tried in this order; the first that fits counts. What the fields are is in the documents that each provider's package
// cites.
var bodyShapes = []bodyShape{
	{"gitlab", "", "object_kind"},
	{"gitlab", "", "event_name project"},
	{"bitbucket", "repo:push", "push.changes repository"},
	{"bitbucket", "", "pullrequest repository"},
	{"azure-devops", "", "eventType resource"},
	{"event-grid", "", "specversion data.api"},
	{"event-grid", "", "specversion data.target.repository"},
	{"dockerhub", "", "push_data repository.repo_name"},
	{"quay", "", "docker_url"},
	{"harbor", "", "type event_data"},
	{"harbor", "", "type data.resources"},
	{"acr", "", "action target request.host"},
	{"jfrog", "", "domain event_type data"},
	{"pubsub", "", "message.messageId"},
	{"sns", "", "Type TopicArn Message"},
	{"github", "ping", "zen hook_id"},
	{"github", "registry_package", "registry_package"},
	{likeGitHub, "package", "package action"},
	{likeGitHub, "release", "release action"},
	{likeGitHub, "pull_request_review", "review pull_request"},
	{likeGitHub, "pull_request_review_comment", "comment pull_request"},
	{likeGitHub, "pull_request", "pull_request number"},
	{likeGitHub, "issue_comment", "comment issue"},
	{likeGitHub, "push", "ref before after commits"},
	{likeGitHub, "create", "ref ref_type master_branch"},
	{likeGitHub, "create", "ref ref_type sha"},
	{likeGitHub, "delete", "ref ref_type pusher_type"},
	{"github", "repository", "changes.repository.name.from repository"},
	{"github", "repository", "changes.owner.from repository"},
	{"github", "repository", "changes.default_branch.from repository"},
}

// recogniseBody finds out whose body without headers it is. Where that is not beyond doubt, the error says what to give.
func recogniseBody(document []byte) (*provider.Request, error) {
	var list []map[string]any
	if json.Unmarshal(document, &list) == nil && len(list) > 0 && hasAll(list[0], "eventType eventTime data") {
		return bodyRequest("event-grid", "", document)
	}
	var body map[string]any
	if err := json.Unmarshal(document, &body); err != nil {
		return nil, errUnknownBody
	}
	if key, ok := body["eventKey"].(string); ok { // Bitbucket Server names it twice
		return bodyRequest("bitbucket", key, document)
	}
	if _, isText := body["repository"].(string); isText && hasAll(body, "ref") {
		return bodyRequest("generic", "", document)
	}
	for _, shape := range bodyShapes {
		if !hasAll(body, shape.has) {
			continue
		}
		if shape.provider != likeGitHub {
			return bodyRequest(shape.provider, shape.event, document)
		}
		name := whichGitHub(body)
		if name == "" {
			return nil, fmt.Errorf("it is the body of a webhook of GitHub or of Gitea: give --provider github --event %s, or --provider gitea --event %s",
				shape.event, shape.event)
		}
		return bodyRequest(name, shape.event, document)
	}
	return nil, errUnknownBody
}

var errUnknownBody = errors.New("if it is the body of a webhook, say whose: --provider NAME and, for github, gitea, bitbucket and zot, --event EVENT, " +
	"such as --provider github --event push")

// whichGitHub tells GitHub's bodies from those of Gitea, Forgejo and Gogs by fields that only one of them has
// (https://docs.github.com/en/webhooks/webhook-events-and-payloads#push,
// https://github.com/go-gitea/gitea/blob/main/modules/structs/repo.go); "" where there are none.
func whichGitHub(body map[string]any) string {
	hasAny := func(paths ...string) bool {
		return slices.ContainsFunc(paths, func(path string) bool { return hasAll(body, path) })
	}
	switch {
	case hasAny("repository.node_id", "repository.git_url", "repository.svn_url"):
		return "github"
	case hasAny("repository.empty", "repository.original_url", "total_commits", "is_pull"):
		return "gitea"
	}
	return ""
}

// hasAll reports whether the fields at all of the paths, with blanks between them, are there and not null.
func hasAll(body map[string]any, paths string) bool {
	return !slices.ContainsFunc(strings.Fields(paths), func(path string) bool {
		var value any = body
		for name := range strings.SplitSeq(path, ".") {
			fields, _ := value.(map[string]any)
			value = fields[name]
		}
		return value == nil
	})
}
