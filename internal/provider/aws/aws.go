// Package aws is the provider (a delivery -> provider -> event) of AWS and of servers of S3's API: it reads S3 notifications,
// EventBridge events and CodeCommit triggers, which tell of objects, images and git refs.
//
// Those that invoke a Lambda function are taken out of their envelopes first (package envelope) and read by
// ParseNotification. S3 and SNS are the providers for those that come over HTTP.
package aws

import (
	"encoding/json"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// notification has the fields that tell the kinds of notifications apart.
type notification struct {
	Records json.RawMessage `json:"Records"`
	// DetailType and Source are EventBridge's.
	DetailType string `json:"detail-type"`
	Source     string `json:"source"`
	// Event is the test event's.
	Event string `json:"Event"`
	// Type is SNS's.
	Type string `json:"Type"`
}

// ParseNotification reads one AWS notification: a list of S3 or of CodeCommit records, an S3 test event, or an EventBridge
// event. Its errors are *provider.MalformedError.
func ParseNotification(raw json.RawMessage) (provider.Delivery, error) {
	var n notification
	if err := provider.Decode("the notification", raw, &n); err != nil {
		return provider.Delivery{}, err
	}
	switch {
	case len(n.Records) > 0:
		return parseRecords(n.Records)
	case n.DetailType != "" && n.Source != "":
		return parseEventBridge(raw)
	case n.Event == "s3:TestEvent":
		return provider.Ignored("", n.Event), nil
	case n.Type == "SubscriptionConfirmation", n.Type == "UnsubscribeConfirmation":
		// A topic of another account asks its queue to confirm; the queue's owner has to do that (sns:ConfirmSubscription).
		return provider.Delivery{
			Name:    "sns confirmation",
			Ignored: "SNS confirmation event ignored; confirm the queue's subscription with aws sns confirm-subscription",
		}, nil
	}
	return provider.Delivery{}, provider.Malformed("the notification is neither a list of S3 or CodeCommit Records, " +
		"nor an S3 test event, nor an EventBridge event")
}
