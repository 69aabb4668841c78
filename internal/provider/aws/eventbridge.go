package aws

import (
	"encoding/json"
	"strings"
	"unicode"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// bridged is an EventBridge event
// (https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html).
type bridged struct {
	ID         string          `json:"id"`
	DetailType string          `json:"detail-type"`
	Source     string          `json:"source"`
	Account    string          `json:"account"`
	Region     string          `json:"region"`
	Detail     json.RawMessage `json:"detail"`
}

func parseEventBridge(raw json.RawMessage) (provider.Delivery, error) {
	var b bridged
	if err := provider.Decode("the notification", raw, &b); err != nil {
		return provider.Delivery{}, err
	}
	name := printable(b.DetailType)
	var parse func() ([]event.Event, error)
	switch b.Source + "/" + b.DetailType {
	case "aws.s3/Object Created":
		parse = b.object
	case "aws.s3/AWS API Call via CloudTrail":
		parse = b.call
	case "aws.ecr/ECR Image Action", "aws.ecr/ECR Replication Action", "aws.ecr/ECR Pull Through Cache Action":
		parse = b.image
	case "aws.codecommit/CodeCommit Repository State Change":
		parse = b.push
	default:
		return provider.Ignored(b.ID, name), nil
	}
	events, err := parse()
	return provider.Result(b.ID, name, events, err)
}

// detail reads the detail.
func (b *bridged) detail(v any) error {
	if len(b.Detail) == 0 || string(b.Detail) == "null" {
		return provider.Malformed("detail is missing")
	}
	return provider.Decode("detail", b.Detail, v)
}

// object reads Object Created, whose key is not escaped
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html).
func (b *bridged) object() ([]event.Event, error) {
	var in struct {
		Bucket struct {
			Name string `json:"name"`
		} `json:"bucket"`
		Object struct {
			Key string `json:"key"`
		} `json:"object"`
	}
	if err := b.detail(&in); err != nil {
		return nil, err
	}
	switch {
	case in.Bucket.Name == "":
		return nil, provider.Malformed("detail.bucket.name is missing")
	case in.Object.Key == "":
		return nil, provider.Malformed("detail.object.key is missing")
	}
	return []event.Event{event.ObjectCreated{Store: event.S3, Bucket: in.Bucket.Name, Key: in.Object.Key}}, nil
}

// call reads a call of S3's API that CloudTrail logged, which old rules for S3 still ask for
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-understanding-s3-entries.html). Its key is not escaped. A
// failed call has an errorCode.
func (b *bridged) call() ([]event.Event, error) {
	var in struct {
		EventName         string `json:"eventName"`
		ErrorCode         string `json:"errorCode"`
		RequestParameters struct {
			BucketName string `json:"bucketName"`
			Key        string `json:"key"`
		} `json:"requestParameters"`
	}
	if err := b.detail(&in); err != nil {
		return nil, err
	}
	switch in.EventName {
	case "PutObject", "PostObject", "CopyObject", "CompleteMultipartUpload":
	default:
		return nil, nil
	}
	to := in.RequestParameters
	switch {
	case in.ErrorCode != "":
		return nil, nil
	case to.BucketName == "" || to.Key == "":
		return nil, provider.Malformed("detail.requestParameters.bucketName or key is missing")
	}
	return []event.Event{event.ObjectCreated{Store: event.S3, Bucket: to.BucketName, Key: to.Key}}, nil
}

// printable is the detail-type where it is safe to print, else "EventBridge". AWS's are plain words with spaces, but anyone
// may send events with their own.
func printable(name string) string {
	strange := func(r rune) bool {
		return r != ' ' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.:/", r)
	}
	if len(name) > 100 || strings.ContainsFunc(name, strange) {
		return "EventBridge"
	}
	return name
}
