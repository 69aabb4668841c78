package resource

import (
	"errors"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// pixelAirFilter is the filter of https://github.com/PixelAirIO/github-resource, which is several resources by its kind. Labels
// and drafts are left out: what makes a pull request match is a change of it.
type pixelAirFilter struct {
	// Kind is prs (the list of pull requests), pr (one of them), or commits-from-prs (their heads). Its case does not matter.
	Kind         string   `json:"kind"`
	Repository   string   `json:"repository"`
	HostEndpoint string   `json:"host_endpoint,omitempty"`
	RestEndpoint string   `json:"rest_endpoint,omitempty"`
	TargetBranch string   `json:"target_branch,omitempty"`
	States       []string `json:"states,omitempty"`
	Number       string   `json:"number,omitempty"`

	watched
}

func (f *pixelAirFilter) fill(r *reader) {
	f.Kind, f.Repository = strings.ToLower(r.text("kind")), r.text("repository")
	if f.HostEndpoint = apiEndpoint(r.text("host_endpoint")); f.HostEndpoint == "" {
		f.RestEndpoint = apiEndpoint(r.text("rest_endpoint"))
	}
	switch f.Kind {
	case "pr":
		f.Number = r.text("number")
	case "commits-from-prs":
		f.States = r.texts("states")
		fallthrough
	default:
		f.TargetBranch = r.text("target_branch")
	}
}

func (f *pixelAirFilter) index() (err error) {
	f.keys, err = forgeKeys("repository", f.Repository, f.HostEndpoint+f.RestEndpoint)
	return err
}

func (f *pixelAirFilter) compile() error {
	switch {
	case f.Kind == "pr" && f.Number == "":
		return errMissing("number")
	case f.Kind != "prs" && f.Kind != "pr" && f.Kind != "commits-from-prs" && !HasVar(f.Kind):
		return errors.New("kind is none of prs, pr and commits-from-prs")
	}
	return nil
}

const pixelAirType = "pixelair-github"

var (
	pixelAirHeads = &prKind{name: pixelAirType}
	pixelAirList  = &prKind{name: pixelAirType, leaving: true}
)

// Decide follows kinds/*/check.go there. A kind that is not known may be the list, which changes most.
func (f *pixelAirFilter) Decide(e event.Event, b *Budget) Decision {
	wanted := pullRequestSet{pixelAirList, "target_branch", f.TargetBranch, f.States, f.Number}
	if f.Kind == "commits-from-prs" {
		wanted.kind = pixelAirHeads
	}
	return decide(pixelAirType, &f.watched, e, b, func(p event.PullRequest) Decision {
		d := wanted.changed(p)
		if d.Check && HasVar(f.Kind) {
			return Check(uncertainVar, "%s (%s)", d.Reason, unresolved("kind", f.Kind))
		}
		return d
	})
}
