package gitlab

import (
	"fmt"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// project is the repository. Its web_url leads to it, too: git clones it without .git.
type project struct {
	WebURL        string `json:"web_url"`
	GitHTTPURL    string `json:"git_http_url"`
	GitSSHURL     string `json:"git_ssh_url"`
	DefaultBranch string `json:"default_branch"`
}

func (p project) event() (event.Repository, error) {
	return provider.Repository("project.git_http_url, git_ssh_url or web_url", p.DefaultBranch, p.GitHTTPURL, p.GitSSHURL, p.WebURL)
}

func parsePush(document []byte) ([]event.Event, error) {
	var p struct {
		Ref          string            `json:"ref"`
		Before       string            `json:"before"`
		After        string            `json:"after"`
		Commits      []provider.Commit `json:"commits"`
		TotalCommits *int              `json:"total_commits_count"`
		Project      project           `json:"project"`
	}
	if err := provider.Decode("the body", document, &p); err != nil {
		return nil, err
	}
	if err := provider.CheckRef("ref", p.Ref); err != nil {
		return nil, err
	}
	repo, err := p.Project.event()
	if err != nil {
		return nil, err
	}
	push := event.Push{Repository: repo, Ref: p.Ref, Deleted: provider.IsZeroID(p.After)}
	if push.Deleted {
		return []event.Event{push}, nil
	}
	push.Commits, push.FilesPartial = provider.Commits(p.Commits)
	if push.FilesPartial == "" {
		push.FilesPartial = hiddenRenames(p.Commits)
	}
	push.CommitsPartial = provider.CommitsPartial(p.Before, len(p.Commits), p.TotalCommits)
	return []event.Event{push}, nil
}

// hiddenRenames says whether a commit may have renamed a file: GitLab lists a rename by its new path only, among the added.
func hiddenRenames(commits []provider.Commit) string {
	for i, c := range commits {
		if len(c.Added) > 0 {
			return fmt.Sprintf("commit %d of the push adds files, which GitLab also says of a renamed file's new path alone", i+1)
		}
	}
	return ""
}

// parseRepositoryUpdate reads the system hook that comes once a push, however many refs it moved, without commits.
func parseRepositoryUpdate(document []byte) ([]event.Event, error) {
	var p struct {
		Changes []struct {
			Ref   string `json:"ref"`
			After string `json:"after"`
		} `json:"changes"`
		Project project `json:"project"`
	}
	if err := provider.Decode("the body", document, &p); err != nil {
		return nil, err
	}
	repo, err := p.Project.event()
	if err != nil {
		return nil, err
	}
	events := make([]event.Event, 0, len(p.Changes))
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
