package github

import (
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/githublike"
)

// change is the payload of a repository event.
type change struct {
	Action  string `json:"action"`
	Changes struct {
		DefaultBranch *struct{} `json:"default_branch"`
		Repository    struct {
			Name struct {
				From string `json:"from"`
			} `json:"name"`
		} `json:"repository"`
		Owner struct {
			From struct {
				User         account `json:"user"`
				Organization account `json:"organization"`
			} `json:"from"`
		} `json:"owner"`
	} `json:"changes"`
	Repository githublike.Repository `json:"repository"`
}

type account struct {
	Login string `json:"login"`
}

// events reads the changes that decide what a repository's resources follow: its default branch, name, owner and
// visibility.
func (c change) events() ([]event.Event, error) {
	var what, oldOwner, oldName string
	owner, name, _ := strings.Cut(c.Repository.FullName, "/")
	switch c.Action {
	case "edited":
		if c.Changes.DefaultBranch == nil {
			return nil, nil
		}
		what = event.DefaultBranch
	case "renamed":
		what, oldOwner, oldName = "name", owner, c.Changes.Repository.Name.From
	case "transferred":
		from := c.Changes.Owner.From
		what, oldOwner, oldName = "owner", from.User.Login+from.Organization.Login, name
	case "publicized", "privatized":
		what = "visibility"
	default:
		return nil, nil
	}
	repo, err := c.Repository.Event()
	if err == nil && oldOwner != "" && oldName != "" {
		repo.URLs = append(repo.URLs, renamed(repo.URLs, c.Repository.FullName, oldOwner+"/"+oldName)...)
	}
	return []event.Event{event.RepositoryChanged{Repository: repo, What: what}}, err
}

// renamed are the URLs with the repository's old full name. Resources may still have them, since GitHub redirects.
func renamed(urls []string, fullName, oldName string) []string {
	var old []string
	for _, u := range urls {
		if i := strings.LastIndex(u, fullName); fullName != "" && i > 0 {
			old = append(old, u[:i]+oldName+u[i+len(fullName):])
		}
	}
	return old
}

// madePublic is the payload of a public event, which has no action.
type madePublic struct {
	Repository githublike.Repository `json:"repository"`
}

func (m madePublic) events() ([]event.Event, error) {
	repo, err := m.Repository.Event()
	return []event.Event{event.RepositoryChanged{Repository: repo, What: "visibility"}}, err
}

// wiki is the payload of a gollum event, which comes for a page that was made or edited, also by a push.
type wiki struct {
	Repository githublike.Repository `json:"repository"`
}

// events tell of the wiki's own repository, NAME.wiki.git. The event says neither its branch nor its files.
func (w wiki) events() ([]event.Event, error) {
	repo, err := w.Repository.Event()
	if err != nil {
		return nil, err
	}
	pages := event.Repository{}
	for _, u := range repo.URLs {
		pages.URLs = append(pages.URLs, strings.TrimSuffix(u, ".git")+".wiki.git")
	}
	return []event.Event{event.RepositoryChanged{Repository: pages, What: event.WikiPages}}, nil
}
