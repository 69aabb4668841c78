package aws

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
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

// parseRecords reads every record. The events of the others count where a record can't be read; where there are no others,
// it is the error.
func parseRecords(raw json.RawMessage) (provider.Delivery, error) {
	var list []json.RawMessage
	if err := provider.Decode("Records", raw, &list); err != nil {
		return provider.Delivery{}, err
	}
	id, name := "", "s3 notification"
	var events []event.Event
	var bad error
	var unread []string
	for n, one := range list {
		r, more, err := parseRecord(n, one)
		if err != nil {
			bad, unread = err, append(unread, err.Error())
			continue
		}
		events = append(events, more...)
		if n == 0 {
			id, name = r.name()
		}
	}
	if len(events) > 0 {
		bad = nil
	}
	d, err := provider.Result(id, name, events, bad)
	if err == nil {
		d.Unread = unread
	}
	return d, err
}

func parseRecord(n int, raw json.RawMessage) (r *record, events []event.Event, err error) {
	if err := provider.Decode(fmt.Sprintf("record %d", n), raw, &r); err != nil {
		return nil, nil, err
	}
	if r == nil {
		return nil, nil, provider.Malformed("record %d is null", n)
	}
	if events, err = r.events(); err != nil {
		return nil, nil, provider.Malformed("record %d: %v", n, err)
	}
	return r, events, nil
}

// name is the record's id and the name of its event, for the logs.
func (r *record) name() (id, name string) {
	switch {
	case r.EventSource == "aws:codecommit":
		return r.EventID, "codecommit trigger"
	case provider.IsWord(r.EventName):
		return r.ResponseElements.RequestID, r.EventName
	}
	return r.ResponseElements.RequestID, "s3 notification"
}

func (r *record) events() ([]event.Event, error) {
	if r.EventSource == "aws:codecommit" {
		return r.pushes()
	}
	return r.objects()
}

// objects are the created object, once for each name that the key may stand for. Other events (ObjectRemoved, lifecycle) are
// of no use.
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

// keys are the names that the object may have. S3 and MinIO escape a key as in a query, with a plus for a space. versitygw
// does not (createEventSchema in https://github.com/versity/versitygw/blob/v1.8.0/s3event/event.go), and other servers are not
// known: then the key counts both as it is and unescaped.
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

// isVersityGW recognises versitygw, whose eventSource is AWS's, by its fixed configuration ids (in the same file).
func isVersityGW(configurationID string) bool {
	return slices.Contains([]string{"webhook-global", "kafka-global", "nats-global", "rabbitmq-global"}, configurationID)
}
