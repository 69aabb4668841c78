package gitlab

import (
	"fmt"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// project is the repository. Its web_url counts too: git clones it without .git.
type project struct {
	WebURL        string `json:"web_url"`
	GitHTTPURL    string `json:"git_http_url"`
	GitSSHURL     string `json:"git_ssh_url"`
	DefaultBranch string `json:"default_branch"`
}

func (p project) event() (event.Repository, error) {
	return provider.Repository("project.git_http_url, git_ssh_url or web_url", p.DefaultBranch, p.GitHTTPURL, p.GitSSHURL, p.WebURL)
}

type push struct {
	Ref          string            `json:"ref"`
	Before       string            `json:"before"`
	After        string            `json:"after"`
	Commits      []provider.Commit `json:"commits"`
	TotalCommits *int              `json:"total_commits_count"`
	Project      project           `json:"project"`
}

func (p push) events() ([]event.Event, error) {
	if err := provider.CheckRef("ref", p.Ref); err != nil {
		return nil, err
	}
	repo, err := p.Project.event()
	if err != nil {
		return nil, err
	}
	push := event.Push{Repository: repo, Ref: p.Ref, Deleted: provider.IsZeroID(p.After)}
	if !push.Deleted {
		push.Commits, push.FilesPartial = provider.Commits(p.Commits)
		if push.FilesPartial == "" {
			push.FilesPartial = hiddenRenames(p.Commits)
		}
		push.CommitsPartial = provider.CommitsPartial(p.Before, len(p.Commits), p.TotalCommits)
	}
	return []event.Event{push}, nil
}

// hiddenRenames says that a commit may have renamed a file: GitLab lists only a renamed file's new path, as an added file.
func hiddenRenames(commits []provider.Commit) string {
	for i, c := range commits {
		if len(c.Added) > 0 {
			return fmt.Sprintf("commit %d of the push adds files, which may be renamed ones: GitLab does not list their old paths", i+1)
		}
	}
	return ""
}

// repositoryUpdate is the payload of the system hook that comes once for a push, however many refs it moved. It lists no
// commits.
type repositoryUpdate struct {
	Changes []struct {
		Ref   string `json:"ref"`
		After string `json:"after"`
	} `json:"changes"`
	Project project `json:"project"`
}

func (p repositoryUpdate) events() ([]event.Event, error) {
	repo, err := p.Project.event()
	if err != nil {
		return nil, err
	}
	var events []event.Event
	for i, c := range p.Changes {
		if err := provider.CheckRef(fmt.Sprintf("changes[%d].ref", i), c.Ref); err != nil {
			return nil, err
		}
		push := event.Push{Repository: repo, Ref: c.Ref, Deleted: provider.IsZeroID(c.After)}
		if !push.Deleted {
			push.CommitsPartial = "a repository update lists no commits"
		}
		events = append(events, push)
	}
	return events, nil
}
