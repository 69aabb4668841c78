package bitbucket

import (
	"fmt"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

type serverRepository struct {
	Links struct {
		Clone []link `json:"clone"`
		Self  []link `json:"self"`
	} `json:"links"`
}

// event has the clone links, and the page's link, which no clone uses but which is all that an event may have.
func (r serverRepository) event(field string) (event.Repository, error) {
	var urls []string
	for _, l := range r.Links.Clone {
		urls = append(urls, l.Href)
	}
	for _, l := range r.Links.Self {
		urls = append(urls, cloneURL(l.Href))
	}
	return provider.Repository(field+".links.clone", "", urls...)
}

// cloneURL is the http clone URL of a repository's page, BASE/projects/KEY/repos/SLUG/browse, or of a personal one below
// users: BASE/scm/KEY/SLUG.git, KEY in lower case and a user's with a tilde. It is "" for any other page.
func cloneURL(page string) string {
	page = strings.TrimSuffix(page, "/browse")
	base, path, ok := strings.Cut(page, "/projects/")
	tilde := ""
	if !ok {
		base, path, ok = strings.Cut(page, "/users/")
		tilde = "~"
	}
	key, slug, found := strings.Cut(path, "/repos/")
	if !ok || !found {
		return ""
	}
	return base + "/scm/" + tilde + strings.ToLower(key) + "/" + slug + ".git"
}

func parseServerPush(document []byte) ([]event.Event, error) {
	var p struct {
		Changes []struct {
			Ref struct {
				ID string `json:"id"`
			} `json:"ref"`
			RefID  string `json:"refId"`
			ToHash string `json:"toHash"`
			Type   string `json:"type"`
		} `json:"changes"`
		Repository serverRepository `json:"repository"`
	}
	if err := provider.Decode("the body", document, &p); err != nil {
		return nil, err
	}
	switch {
	case p.Changes == nil:
		return nil, provider.Malformed("changes is missing")
	case len(p.Changes) == 0: // a pull request merged elsewhere, whose push has an event of its own
		return nil, nil
	}
	repo, err := p.Repository.event("repository")
	if err != nil {
		return nil, err
	}
	events := make([]event.Event, 0, len(p.Changes))
	for i, c := range p.Changes {
		push := event.Push{Repository: repo, Ref: c.Ref.ID}
		if push.Ref == "" {
			push.Ref = c.RefID
		}
		if err := provider.CheckRef(fmt.Sprintf("changes[%d].ref.id", i), push.Ref); err != nil {
			return nil, err
		}
		push.Deleted = c.Type == "DELETE" || provider.IsZeroID(c.ToHash)
		if !push.Deleted {
			// Its commits, where it lists any, are not told apart by ref, and a forced push is not told at all.
			push.CommitsPartial, push.FilesPartial = "Bitbucket Server lists no commits by ref", noFiles
		}
		events = append(events, push)
	}
	return events, nil
}

func parseServerPullRequest(document []byte, name string) ([]event.Event, error) {
	var p struct {
		PullRequest *struct {
			ID    int    `json:"id"`
			State string `json:"state"`
			Draft bool   `json:"draft"`
			ToRef struct {
				ID         string           `json:"id"`
				Repository serverRepository `json:"repository"`
			} `json:"toRef"`
		} `json:"pullRequest"`
		PreviousTarget struct {
			ID string `json:"id"`
		} `json:"previousTarget"`
		Comment struct {
			Text string `json:"text"`
		} `json:"comment"`
	}
	if err := provider.Decode("the body", document, &p); err != nil {
		return nil, err
	}
	if p.PullRequest == nil {
		return nil, provider.Malformed("pullRequest is missing")
	}
	to := p.PullRequest.ToRef
	repo, err := to.Repository.event("pullRequest.toRef.repository")
	if err != nil {
		return nil, err
	}
	return []event.Event{event.PullRequest{
		Repository: repo, Number: p.PullRequest.ID, Action: action(name), Base: strings.TrimPrefix(to.ID, "refs/heads/"),
		// previousTarget comes with every pr:modified, changed or not.
		BaseChanged: p.PreviousTarget.ID != "" && p.PreviousTarget.ID != to.ID,
		State:       state(p.PullRequest.State), Draft: p.PullRequest.Draft, Comment: p.Comment.Text,
	}}, nil
}
