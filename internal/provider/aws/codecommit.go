package aws

import (
	"cmp"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// noList says why a push to CodeCommit is incomplete.
const noList = "CodeCommit lists neither commits nor files"

// reference is one ref of a trigger's record.
type reference struct {
	Ref     string `json:"ref"`
	Deleted bool   `json:"deleted"`
}

// pushes are the refs of a trigger's record (https://docs.aws.amazon.com/lambda/latest/dg/services-codecommit.html). The
// repository is the last part of its ARN: arn:aws:codecommit:REGION:ACCOUNT:NAME.
func (r *record) pushes() ([]event.Event, error) {
	arn := strings.Split(r.EventSourceARN, ":")
	if len(arn) != 6 || arn[2] != "codecommit" || !provider.IsWord(arn[5]) {
		return nil, provider.Malformed("eventSourceARN is not a CodeCommit repository's")
	}
	region := cmp.Or(arn[3], r.AWSRegion)
	var events []event.Event
	for _, ref := range r.CodeCommit.References {
		if err := provider.CheckRef("codecommit.references.ref", ref.Ref); err != nil {
			return nil, err
		}
		events = append(events, push(region, arn[5], ref.Ref, ref.Deleted))
	}
	return events, nil
}

// push reads CodeCommit Repository State Change
// (https://docs.aws.amazon.com/codecommit/latest/userguide/monitoring-events.html). Its other events move no ref.
func (b *bridged) push() ([]event.Event, error) {
	var in struct {
		Event             string `json:"event"`
		RepositoryName    string `json:"repositoryName"`
		ReferenceType     string `json:"referenceType"` // branch, tag
		ReferenceName     string `json:"referenceName"`
		ReferenceFullName string `json:"referenceFullName"`
	}
	if err := b.detail(&in); err != nil {
		return nil, err
	}
	switch in.Event {
	case "referenceCreated", "referenceUpdated", "referenceDeleted":
	default:
		return nil, nil
	}
	if !provider.IsWord(in.RepositoryName) {
		return nil, provider.Malformed("detail.repositoryName is missing or not the name of a CodeCommit repository")
	}
	ref := cmp.Or(in.ReferenceFullName, provider.FullRef(in.ReferenceType, in.ReferenceName))
	if err := provider.CheckRef("detail.referenceFullName", ref); err != nil {
		return nil, err
	}
	return []event.Event{push(b.Region, in.RepositoryName, ref, in.Event == "referenceDeleted")}, nil
}

func push(region, name, ref string, deleted bool) event.Push {
	return event.Push{
		Repository:     event.Repository{URLs: codeCommitURLs(region, name)},
		Ref:            ref,
		Deleted:        deleted,
		CommitsPartial: noList,
		FilesPartial:   noList,
	}
}

// codeCommitURLs are all URLs of the repository, git-remote-codecommit's too
// (https://docs.aws.amazon.com/codecommit/latest/userguide/regions.html). Without a region only the form without one is left.
func codeCommitURLs(region, name string) []string {
	short := "codecommit://" + name
	if region == "" {
		return []string{short}
	}
	suffix := ".amazonaws.com"
	if strings.HasPrefix(region, "cn-") {
		suffix += ".cn"
	}
	host := "git-codecommit." + region + suffix
	return []string{
		"https://" + host + "/v1/repos/" + name,
		"ssh://" + host + "/v1/repos/" + name,
		"codecommit::" + region + "://" + name,
		short,
	}
}
