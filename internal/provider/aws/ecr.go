package aws

import (
	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// image reads ECR's events: an image was pushed, replicated to the event's account and region, or pulled into its
// pull-through cache (https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html). Failed attempts and
// deletions are of no use.
func (b *bridged) image() ([]event.Event, error) {
	var in struct {
		Result     string        `json:"result"`      // SUCCESS, FAILED
		ActionType string        `json:"action-type"` // PUSH, DELETE, REPLICATE
		SyncStatus string        `json:"sync-status"` // SUCCESS, FAILED; pull-through only
		Repository string        `json:"repository-name"`
		Tag        provider.Text `json:"image-tag"` // absent where a manifest is pushed by its digest
	}
	if err := b.detail(&in); err != nil {
		return nil, err
	}
	result := in.Result
	if b.DetailType == "ECR Pull Through Cache Action" {
		result = in.SyncStatus
	}
	switch {
	case result != "SUCCESS", b.DetailType == "ECR Image Action" && in.ActionType != "PUSH":
		return nil, nil
	case in.Repository == "":
		return nil, provider.Malformed("detail.repository-name is missing")
	case b.Account == "" || b.Region == "":
		return nil, provider.Malformed("account or region is missing, which the registry's name is made of")
	}
	image, aliases := ecrImage(b.Account, b.Region, in.Repository)
	return []event.Event{event.ImagePushed{Image: image, Aliases: aliases, Tag: string(in.Tag)}}, nil
}

// ecrImage is the repository's reference at the registry's usual host, and those at its dual-stack and FIPS hosts
// (https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-requests.html).
func ecrImage(account, region, repository string) (image string, aliases []string) {
	usual, dualStack := event.ECRDomains(region)
	return account + ".dkr.ecr." + region + "." + usual + "/" + repository, []string{
		account + ".dkr-ecr." + region + "." + dualStack + "/" + repository,
		account + ".dkr.ecr-fips." + region + "." + usual + "/" + repository,
	}
}
