package aws

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// record is the part of an S3 or CodeCommit record that matters
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html,
// https://docs.aws.amazon.com/lambda/latest/dg/services-codecommit.html).
type record struct {
	EventSource      string `json:"eventSource"` // aws:s3, minio:s3, ceph:s3, aws:codecommit
	EventName        string `json:"eventName"`   // ObjectCreated:Put, s3:ObjectCreated:Put
	EventID          string `json:"eventId"`     // CodeCommit only
	EventSourceARN   string `json:"eventSourceARN"`
	AWSRegion        string `json:"awsRegion"`
	ResponseElements struct {
		RequestID string `json:"x-amz-request-id"`
	} `json:"responseElements"`
	S3         s3Data `json:"s3"`
	CodeCommit struct {
		References []reference `json:"references"`
	} `json:"codecommit"`
}

type s3Data struct {
	ConfigurationID string `json:"configurationId"`
	Bucket          struct {
		Name string `json:"name"`
	} `json:"bucket"`
	Object struct {
		Key string `json:"key"`
	} `json:"object"`
}

// parseRecords reads every record. One that can't be read does not hide the events of the others; it is the error where
// there are none.
func parseRecords(raw json.RawMessage) (provider.Delivery, error) {
	var list []json.RawMessage
	if err := provider.Decode("Records", raw, &list); err != nil {
		return provider.Delivery{}, err
	}
	d := provider.Delivery{Name: "s3 notification"}
	var bad error
	for n, one := range list {
		var r record
		if string(one) == "null" {
			bad = provider.Malformed("record %d is null", n)
			continue
		}
		if err := provider.Decode(fmt.Sprintf("record %d", n), one, &r); err != nil {
			bad = err
			continue
		}
		events, err := r.events()
		if err != nil {
			bad = provider.Malformed("record %d: %v", n, err)
			continue
		}
		d.Events = append(d.Events, events...)
		if n == 0 {
			d.ID, d.Name = r.name()
		}
	}
	switch {
	case len(d.Events) > 0:
		return d, nil
	case bad != nil:
		return provider.Delivery{}, bad
	}
	return provider.Ignored(d.ID, d.Name), nil
}

// name is the record's id and the name of its event, for the logs.
func (r *record) name() (id, name string) {
	if r.EventSource == "aws:codecommit" {
		return word(r.EventID), "codecommit trigger"
	}
	if provider.IsWord(r.EventName) {
		return word(r.ResponseElements.RequestID), r.EventName
	}
	return word(r.ResponseElements.RequestID), "s3 notification"
}

func (r *record) events() ([]event.Event, error) {
	if r.EventSource == "aws:codecommit" {
		return r.pushes()
	}
	return r.objects()
}

// objects are the created object's, under each name that the key may stand for. Other events (ObjectRemoved, lifecycle)
// bring no version.
func (r *record) objects() ([]event.Event, error) {
	if !strings.HasPrefix(strings.TrimPrefix(r.EventName, "s3:"), "ObjectCreated") {
		if r.EventName == "" {
			return nil, provider.Malformed("eventName is missing")
		}
		return nil, nil
	}
	switch {
	case r.S3.Bucket.Name == "":
		return nil, provider.Malformed("s3.bucket.name is missing")
	case r.S3.Object.Key == "":
		return nil, provider.Malformed("s3.object.key is missing")
	}
	var events []event.Event
	for _, key := range r.keys() {
		events = append(events, event.ObjectCreated{Store: event.S3, Bucket: r.S3.Bucket.Name, Key: key})
	}
	return events, nil
}

// keys are the names that the object may have. S3 and MinIO escape a key as a query is, a plus for a space. versitygw puts
// it in as it is (v1.8.0, s3event/event.go: createEventSchema, of a path that its middleware unescaped), and of others it
// is not known: then both readings count.
func (r *record) keys() []string {
	raw := r.S3.Object.Key
	key, err := url.QueryUnescape(raw)
	switch {
	case err != nil || key == raw:
		return []string{raw}
	case (r.EventSource == "aws:s3" && !isVersityGW(r.S3.ConfigurationID)) || r.EventSource == "minio:s3":
		return []string{key}
	}
	return []string{raw, key}
}

// isVersityGW knows versitygw, whose eventSource is AWS's, by its fixed configuration ids (v1.8.0, s3event/event.go).
func isVersityGW(configurationID string) bool {
	switch configurationID {
	case "webhook-global", "kafka-global", "nats-global", "rabbitmq-global":
		return true
	}
	return false
}
