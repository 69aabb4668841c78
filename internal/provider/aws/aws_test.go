package aws_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/aws"
)

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func object(bucket, key string) event.Event {
	return event.ObjectCreated{Store: event.S3, Bucket: bucket, Key: key}
}

func image(account, region, suffix, dualStack, repository, tag string) event.Event {
	return event.ImagePushed{
		Image: account + ".dkr.ecr." + region + suffix + "/" + repository,
		Aliases: []string{
			account + ".dkr-ecr." + region + dualStack + "/" + repository,
			account + ".dkr.ecr-fips." + region + suffix + "/" + repository,
		},
		Tag: tag,
	}
}

func push(ref string, deleted bool) event.Event {
	const host = "git-codecommit.us-east-2.amazonaws.com/v1/repos/my-repo"
	const partial = "CodeCommit lists neither commits nor files"
	return event.Push{
		Repository: event.Repository{URLs: []string{
			"https://" + host, "ssh://" + host, "codecommit::us-east-2://my-repo", "codecommit://my-repo",
		}},
		Ref: ref, Deleted: deleted, CommitsPartial: partial, FilesPartial: partial,
	}
}

const eventBridgeID = "13cde686-328b-6117-af20-0e5566167482"

func TestParseNotification(t *testing.T) {
	t.Parallel()
	const requestID = "C3D13FE58DE4C810"
	with := func(id, name string, events ...event.Event) provider.Delivery {
		return provider.Delivery{ID: id, Name: name, Events: events}
	}
	const com, onAWS, account = ".amazonaws.com", ".on.aws", "123456789012"
	const ecrImage = "ECR Image Action"
	const codeCommit = "CodeCommit Repository State Change"
	tests := map[string]provider.Delivery{
		"s3-records": with(requestID, "ObjectCreated:Put",
			object("example", "dir/Happy Face+1.tgz"), object("example", "你"), object("other", "b")),
		"s3-removed": provider.Ignored(requestID, "ObjectRemoved:Delete"),
		"s3-test":    provider.Ignored("", "s3:TestEvent"),
		"s3-one-bad": {
			Name: "s3 notification", Events: []event.Event{object("example", "good")},
			Unread: []string{"record 0: s3.bucket.name is missing", "record 1 is null", "reading record 2: eventName: a number where a string is expected"},
		},
		"minio":     with(requestID, "s3:ObjectCreated:Put", object("example", "a b.tgz")),
		"versitygw": with(requestID, "s3:ObjectCreated:Put", object("example", "a+b.tgz"), object("example", "a b.tgz")),
		"ceph": with(requestID, "ObjectCreated:Put", object("example", "a+b.tgz"), object("example", "a b.tgz"),
			object("example", "plain"), object("example", "100%")),
		"eventbridge-s3":         with(eventBridgeID, "Object Created", object("example", "dir/a+b%2B.tgz")),
		"cloudtrail-s3":          with(eventBridgeID, "AWS API Call via CloudTrail", object("example", "dir/a+b%2B.tgz")),
		"cloudtrail-s3-failed":   provider.Ignored(eventBridgeID, "AWS API Call via CloudTrail"),
		"cloudtrail-s3-read":     provider.Ignored(eventBridgeID, "AWS API Call via CloudTrail"),
		"eventbridge-s3-deleted": provider.Ignored(eventBridgeID, "Object Deleted"),
		"eventbridge-other":      provider.Ignored(eventBridgeID, "EC2 Instance State-change Notification"),
		"ecr-push":               with(eventBridgeID, ecrImage, image(account, "us-west-2", com, onAWS, "team/app", "latest")),
		"ecr-push-untagged-cn": with(eventBridgeID, ecrImage,
			image(account, "cn-north-1", ".amazonaws.com.cn", ".on.amazonwebservices.com.cn", "team/app", "")),
		"ecr-push-eu": with(eventBridgeID, ecrImage,
			image(account, "eusc-de-east-1", ".amazonaws.eu", ".on.amazonwebservices.eu", "team/app", "latest")),
		"ecr-delete":      provider.Ignored(eventBridgeID, ecrImage),
		"ecr-push-failed": provider.Ignored(eventBridgeID, ecrImage),
		"ecr-replication": with(eventBridgeID, "ECR Replication Action",
			image(account, "us-east-1", com, onAWS, "docker-hub/alpine", "3.17.2")),
		"ecr-replication-failed": provider.Ignored(eventBridgeID, "ECR Replication Action"),
		"ecr-pull-through": with(eventBridgeID, "ECR Pull Through Cache Action",
			image(account, "us-west-2", com, onAWS, "docker-hub/alpine", "3.17.2")),
		"ecr-pull-through-failed": provider.Ignored(eventBridgeID, "ECR Pull Through Cache Action"),
		"ecr-scan":                provider.Ignored(eventBridgeID, "ECR Image Scan"),
		"codecommit-updated":      with(eventBridgeID, codeCommit, push("refs/heads/main", false)),
		"codecommit-created-tag":  with(eventBridgeID, codeCommit, push("refs/tags/v1", false)),
		"codecommit-deleted":      with(eventBridgeID, codeCommit, push("refs/heads/old", true)),
		"codecommit-merge":        provider.Ignored(eventBridgeID, codeCommit),
		"codecommit-trigger": with("5a824061-17ca-46a9-bbf9-114edeadbeef", "codecommit trigger",
			push("refs/heads/main", false), push("refs/tags/v1", false), push("refs/heads/old", true)),
		"sns-confirmation": {
			Name:    "sns confirmation",
			Ignored: "SNS confirmation event ignored; confirm the queue's subscription with aws sns confirm-subscription",
		},
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := aws.ParseNotification(read(t, name))
			if err != nil {
				t.Fatalf("ParseNotification: %v", err)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("delivery (-want +got):\n%s", d)
			}
		})
	}
}

// A CodeCommit push is found by any form of a resource's uri.
func TestCodeCommitKeys(t *testing.T) {
	t.Parallel()
	d, err := aws.ParseNotification(read(t, "codecommit-updated"))
	if err != nil || len(d.Events) != 1 {
		t.Fatalf("ParseNotification = %+v, %v; want one event", d, err)
	}
	keys := d.Events[0].Keys()
	for _, uri := range []string{
		"https://git-codecommit.us-east-2.amazonaws.com/v1/repos/my-repo",
		"ssh://APKAEXAMPLE@git-codecommit.us-east-2.amazonaws.com/v1/repos/my-repo",
		"codecommit::us-east-2://my-repo",
		"codecommit://profile@my-repo",
	} {
		found := false
		for _, k := range keys {
			found = found || k == event.RepositoryKey(uri)
		}
		if !found {
			t.Errorf("%s is %v, which is none of %v", uri, event.RepositoryKey(uri), keys)
		}
	}
}

func TestParseNotificationBad(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	bridge := func(detailType, source, rest string) string {
		return `{"detail-type":"` + detailType + `","source":"` + source + `"` + rest + `}`
	}
	tests := map[string]struct{ payload, want string }{
		"call without a key":  {bridge("AWS API Call via CloudTrail", "aws.s3", `,"detail":{"eventName":"PutObject"}`), "bucketName or key is missing"},
		"empty":               {``, "empty"},
		"not JSON":            {secret, "not JSON"},
		"null":                {`null`, "neither a list"},
		"unknown":             {`{"` + secret + `":1}`, "neither a list"},
		"records no list":     {`{"Records":{"a":"` + secret + `"}}`, "reading Records: it is an object where an array is expected"},
		"record null":         {`{"Records":[null]}`, "record 0 is null"},
		"record a string":     {`{"Records":["` + secret + `"]}`, "reading record 0: it is a string where an object is expected"},
		"no bucket":           {`{"Records":[{"eventName":"ObjectCreated:Put","s3":{"object":{"key":"` + secret + `"}}}]}`, "s3.bucket.name is missing"},
		"bucket null":         {`{"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":null}}]}`, "s3.bucket.name is missing"},
		"bucket a number":     {`{"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":4711}}}]}`, "s3.bucket.name"},
		"no key":              {`{"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"b"}}}]}`, "s3.object.key is missing"},
		"no event name":       {`{"Records":[{"s3":{"bucket":{"name":"b"},"object":{"key":"k"}}}]}`, "eventName is missing"},
		"trigger without arn": {`{"Records":[{"eventSource":"aws:codecommit"}]}`, "eventSourceARN"},
		"trigger without ref": {
			`{"Records":[{"eventSource":"aws:codecommit","eventSourceARN":"arn:aws:codecommit:r:1:n","codecommit":{"references":[{}]}}]}`,
			"codecommit.references.ref is missing",
		},
		"no detail":           {bridge("Object Created", "aws.s3", ""), "detail is missing"},
		"detail null":         {bridge("ECR Image Action", "aws.ecr", `,"detail":null`), "detail is missing"},
		"detail a string":     {bridge("Object Created", "aws.s3", `,"detail":"`+secret+`"`), "reading detail"},
		"bridged, no bucket":  {bridge("Object Created", "aws.s3", `,"detail":{}`), "detail.bucket.name is missing"},
		"bridged, no key":     {bridge("Object Created", "aws.s3", `,"detail":{"bucket":{"name":"b"}}`), "detail.object.key is missing"},
		"image, no name":      {bridge("ECR Image Action", "aws.ecr", `,"detail":{"result":"SUCCESS","action-type":"PUSH"}`), "detail.repository-name is missing"},
		"image, no account":   {bridge("ECR Image Action", "aws.ecr", `,"detail":{"result":"SUCCESS","action-type":"PUSH","repository-name":"a"}`), "account or region is missing"},
		"push, no repository": {bridge("CodeCommit Repository State Change", "aws.codecommit", `,"detail":{"event":"referenceUpdated"}`), "detail.repositoryName is missing"},
		"push, no ref":        {bridge("CodeCommit Repository State Change", "aws.codecommit", `,"detail":{"event":"referenceUpdated","repositoryName":"a"}`), "detail.referenceFullName is missing"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := aws.ParseNotification([]byte(tt.payload))
			var malformed *provider.MalformedError
			if !errors.As(err, &malformed) {
				t.Fatalf("ParseNotification = %+v, %v; want a *provider.MalformedError", d, err)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q does not say %q", err, tt.want)
			}
			if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "4711") {
				t.Errorf("error %q quotes the payload", err)
			}
		})
	}
}

// A detail-type or an id that anyone may have made up is not printed.
func TestParseNotificationStrangeNames(t *testing.T) {
	t.Parallel()
	d, err := aws.ParseNotification([]byte(`{"id":"a\nb","detail-type":"x\n[ERROR] y","source":"me"}`))
	if d := cmp.Diff(provider.Ignored("", "EventBridge"), d); d != "" || err != nil {
		t.Errorf("ParseNotification: %v (-want +got):\n%s", err, d)
	}
}

// FuzzParseNotification checks any notification: there is no panic, every error is a *MalformedError, and the delivery has
// either events with keys, or words why there are none.
func FuzzParseNotification(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		f.Fatalf("no testdata: %v", err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		d, err := aws.ParseNotification(payload)
		var malformed *provider.MalformedError
		switch {
		case err != nil && !errors.As(err, &malformed):
			t.Errorf("error = %v (%T), want a *provider.MalformedError", err, err)
		case err == nil && (len(d.Events) == 0) != (d.Ignored != ""):
			t.Errorf("delivery %+v has both or neither of events and words", d)
		}
		for _, e := range d.Events {
			if len(e.Keys()) == 0 || e.Keys()[0].Name == "" {
				t.Errorf("event %v has no keys", e)
			}
		}
	})
}
