package bitbucket

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

type serverRepository struct {
	Slug    string `json:"slug"`
	Public  bool   `json:"public"`
	Project struct {
		Key string `json:"key"`
	} `json:"project"`
	Links struct {
		Clone []link `json:"clone"`
		Self  []link `json:"self"`
	} `json:"links"`
}

// event has the clone links, and those made of the page's link. Most versions send no links, and that of the page alone does not say
// how SSH reaches the repository: then the project and the slug, which end every clone URL, name it on any host. The field is for the
// error.
func (r serverRepository) event(field string) (event.Repository, error) {
	var urls []string
	for _, l := range r.Links.Clone {
		urls = append(urls, l.Href)
	}
	for _, l := range r.Links.Self {
		urls = append(urls, cloneURL(l.Href))
	}
	repo, err := provider.Repository(field+".links.clone, nor "+field+".project.key and slug", "", urls...)
	if len(r.Links.Clone) > 0 && err == nil || r.Project.Key == "" || r.Slug == "" {
		return repo, err
	}
	anyHost, err := provider.RepositoryOnAnyHost(field+".project.key and slug", r.Project.Key+"/"+r.Slug)
	anyHost.URLs = repo.URLs
	return anyHost, err
}

// cloneURL makes a repository's http clone URL, BASE/scm/KEY/SLUG.git with KEY in lower case, of its page's URL,
// BASE/projects/KEY/repos/SLUG/browse. A personal repository's page is below users, and its KEY gets a tilde. The result is
// "" for any other page.
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

type serverPush struct {
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

func (p serverPush) events() ([]event.Event, error) {
	switch {
	case p.Changes == nil:
		return nil, provider.Malformed("changes is missing")
	case len(p.Changes) == 0: // of a pull request merged elsewhere; that push has an event of its own
		return nil, nil
	}
	repo, err := p.Repository.event("repository")
	if err != nil {
		return nil, err
	}
	var events []event.Event
	for i, c := range p.Changes {
		push := event.Push{Repository: repo, Ref: cmp.Or(c.Ref.ID, c.RefID)}
		if err := provider.CheckRef(fmt.Sprintf("changes[%d].ref.id", i), push.Ref); err != nil {
			return nil, err
		}
		push.Deleted = c.Type == "DELETE" || provider.IsZeroID(c.ToHash)
		if !push.Deleted {
			// Commits, where listed, are not assigned to refs, and a forced push is not marked.
			push.CommitsPartial, push.FilesPartial = "Bitbucket Server lists no commits by ref", noFiles
		}
		events = append(events, push)
	}
	return events, nil
}

// serverPullRequest is the payload of a pull request, and of a comment on one.
type serverPullRequest struct {
	PullRequest *struct {
		ID    int    `json:"id"`
		State string `json:"state"`
		Draft bool   `json:"draft"`
		ToRef struct {
			ID         string           `json:"id"`
			Repository serverRepository `json:"repository"`
		} `json:"toRef"`
	} `json:"pullRequest"`
	// PreviousTarget comes with every pr:modified, changed or not.
	PreviousTarget struct {
		ID string `json:"id"`
	} `json:"previousTarget"`
	Comment struct {
		Text string `json:"text"`
	} `json:"comment"`
}

func (p serverPullRequest) events(key string) ([]event.Event, error) {
	if p.PullRequest == nil {
		return nil, provider.Malformed("pullRequest is missing")
	}
	to, before := p.PullRequest.ToRef, p.PreviousTarget.ID
	repo, err := to.Repository.event("pullRequest.toRef.repository")
	return []event.Event{event.PullRequest{
		Repository: repo, Number: p.PullRequest.ID, Action: action(key), Base: strings.TrimPrefix(to.ID, "refs/heads/"),
		BaseChanged: before != "" && before != to.ID,
		State:       states[p.PullRequest.State], Draft: p.PullRequest.Draft, Comment: p.Comment.Text,
	}}, err
}

// serverChange is the payload of repo:modified.
type serverChange struct {
	Old serverRepository `json:"old"`
	New serverRepository `json:"new"`
}

// events tell of both names, since resources may still have the old one. A new description is of no use.
func (c serverChange) events() ([]event.Event, error) {
	var what string
	switch {
	case !strings.EqualFold(c.Old.Slug, c.New.Slug):
		what = "name"
	case !strings.EqualFold(c.Old.Project.Key, c.New.Project.Key):
		what = "project"
	case c.Old.Public != c.New.Public:
		what = "visibility"
	default:
		return nil, nil
	}
	before, err := c.Old.event("old")
	if err != nil {
		return nil, err
	}
	after, err := c.New.event("new")
	return []event.Event{event.RepositoryChanged{Repository: after, What: what}, event.RepositoryChanged{Repository: before, What: what}}, err
}
