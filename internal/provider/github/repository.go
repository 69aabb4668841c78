package github

import (
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

type repository struct {
	Name          string `json:"name"`
	FullName      string `json:"full_name"`
	CloneURL      string `json:"clone_url"`
	SSHURL        string `json:"ssh_url"`
	GitURL        string `json:"git_url"`
	HTMLURL       string `json:"html_url"`
	URL           string `json:"url"`
	DefaultBranch string `json:"default_branch"`
	MasterBranch  string `json:"master_branch"`
}

// event is the repository in our words, with further URLs where there are any.
func (r repository) event(more ...string) (event.Repository, error) {
	branch := r.DefaultBranch
	if branch == "" {
		branch = r.MasterBranch
	}
	urls := append([]string{r.CloneURL, r.SSHURL, r.GitURL, r.HTMLURL}, more...)
	return provider.Repository("repository.clone_url, ssh_url, git_url or html_url", branch, urls...)
}

// pushURL is repository.url where it is the html URL, as it is on push events; on all others it is the API's.
func (r repository) pushURL() string {
	_, rest, _ := strings.Cut(r.URL, "://")
	if strings.HasPrefix(rest, "api.") || strings.Contains(rest, "/api/v3/") {
		return ""
	}
	return r.URL
}

// parseRepository reads what of a repository's settings decides what its resources follow.
func parseRepository(document []byte) ([]event.Event, error) {
	var p struct {
		Action  string `json:"action"`
		Changes struct {
			DefaultBranch *struct {
				From string `json:"from"`
			} `json:"default_branch"`
			Repository struct {
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
		Repository repository `json:"repository"`
	}
	if err := provider.Decode("the body", document, &p); err != nil {
		return nil, err
	}
	var what, oldName string
	owner, name, _ := strings.Cut(p.Repository.FullName, "/")
	switch p.Action {
	case "edited":
		if p.Changes.DefaultBranch == nil {
			return nil, nil
		}
		what = event.DefaultBranch
	case "renamed":
		what, oldName = "name", joinName(owner, p.Changes.Repository.Name.From)
	case "transferred":
		from := p.Changes.Owner.From
		what, oldName = "owner", joinName(from.User.Login+from.Organization.Login, name)
	case "publicized", "privatized":
		what = "visibility"
	default:
		return nil, nil
	}
	repo, err := p.Repository.event()
	if err != nil {
		return nil, err
	}
	repo.URLs = append(repo.URLs, renamed(repo.URLs, p.Repository.FullName, oldName)...)
	return []event.Event{event.RepositoryChanged{Repository: repo, What: what}}, nil
}

type account struct {
	Login string `json:"login"`
}

// joinName is owner/name, "" where either is missing.
func joinName(owner, name string) string {
	if owner == "" || name == "" {
		return ""
	}
	return owner + "/" + name
}

// renamed are the URLs under the repository's former full name: resources may still use it, since GitHub redirects.
func renamed(urls []string, fullName, oldName string) []string {
	if fullName == "" || oldName == "" {
		return nil
	}
	var old []string
	for _, u := range urls {
		if i := strings.LastIndex(u, fullName); i > 0 {
			old = append(old, u[:i]+oldName+u[i+len(fullName):])
		}
	}
	return old
}
