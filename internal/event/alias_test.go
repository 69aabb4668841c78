package event_test

import (
	"slices"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// A repository answers to the name that it had before, and the old name's events to the new one.
func TestAliases(t *testing.T) {
	t.Parallel()
	aliases := event.NewAliases(map[string]string{
		"github.com/acme/old": "github.com/acme/new", "https://bb.example.com/scm/proj/old": "https://bb.example.com/scm/proj/new",
	})
	of := func(url string) event.Repository { return event.Repository{URLs: []string{url}} }
	renamed := of("https://github.com/acme/new.git")
	tests := map[string]struct {
		event event.Event
		want  []string
	}{
		"push":                {event.Push{Repository: renamed}, []string{"github.com/acme/new", "github.com/acme/old"}},
		"repository":          {event.RepositoryChanged{Repository: renamed}, []string{"github.com/acme/new", "github.com/acme/old"}},
		"release":             {event.Release{Repository: renamed}, []string{"github.com/acme/new", "github.com/acme/old"}},
		"pull request":        {event.PullRequest{Repository: renamed}, []string{"github.com/acme/new", "github.com/acme/old"}},
		"status":              {event.Status{Repository: renamed}, []string{"github.com/acme/new", "github.com/acme/old"}},
		"by the old name":     {event.Push{Repository: of("git@github.com:Acme/old")}, []string{"github.com/acme/old", "github.com/acme/new"}},
		"on any host":         {event.Push{Repository: event.Repository{AnyHost: "PROJ/new"}}, []string{"bb.example.com/scm/proj/old", "bb.example.com/proj/old", "proj/new"}},
		"another repository":  {event.Push{Repository: of("https://github.com/acme/other")}, []string{"github.com/acme/other"}},
		"not of a repository": {event.ObjectCreated{Bucket: "github.com/acme/new"}, []string{"github.com/acme/new"}},
	}
	for name, test := range tests {
		var got []string
		for _, k := range aliases.Of(test.event).Keys() {
			got = append(got, k.Name)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: found by %v, want %v", name, got, test.want)
		}
	}
	if len(renamed.URLs) != 1 {
		t.Errorf("the event that was given has changed: %v", renamed.URLs)
	}
}
