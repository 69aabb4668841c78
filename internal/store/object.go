package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// answerTime is how long an S3 server may take, so that a program that needs the document to start does not hang for ever.
const answerTime = 30 * time.Second

// Object is an object in S3 that holds a document: what is the same for the clients of S3.
type Object struct {
	S3Location
	// Timeout limits each Load and Publish.
	Timeout time.Duration
}

// NewObject is the object at a location, with the usual time limit.
func NewObject(l S3Location) Object { return Object{S3Location: l, Timeout: answerTime} }

// S3Location is the location of an object.
type S3Location struct {
	Bucket, Key string
	// Region is the bucket's region; "" for the environment's, or us-east-1 if that has none.
	Region string
	// Endpoint is the URL of an S3 server; "" for the environment's, or AWS if that has none.
	Endpoint string
}

// ParseS3 reads s3://BUCKET/KEY[?region=R&endpoint=URL].
func ParseS3(location string) (S3Location, error) {
	u, err := url.Parse(location)
	if err != nil || u.Scheme != "s3" || u.User != nil || !strings.HasPrefix(location, "s3://") {
		return S3Location{}, errNotS3
	}
	query := u.Query()
	l := S3Location{u.Host, strings.TrimPrefix(u.Path, "/"), query.Get("region"), query.Get("endpoint")}
	if l.Bucket == "" || l.Key == "" || strings.HasSuffix(l.Key, "/") {
		return S3Location{}, errNotS3
	}
	for name := range query {
		if name != "region" && name != "endpoint" {
			return S3Location{}, fmt.Errorf("s3://%s/%s: a field of the query is not known; region and endpoint are", l.Bucket, l.Key)
		}
	}
	return l, nil
}

// errNotS3 does not quote the location, which may hold a key, a password or a signature.
var errNotS3 = errors.New("it is not of the form s3://BUCKET/KEY")

func (o *Object) String() string { return "s3://" + o.Bucket + "/" + o.Key }

// Limit gives a request the object's time limit.
func (o *Object) Limit(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, o.Timeout,
		fmt.Errorf("there is no whole answer within %s; is the endpoint right, and can this machine reach it?", o.Timeout))
}

// Read reads the whole document from an answer's body, if it is not too large.
func (o *Object) Read(body io.Reader) ([]byte, error) { return readDocument(body, o) }

// CheckSize refuses a document that is too large to read.
func (o *Object) CheckSize(data []byte) error {
	if len(data) > maxDocument {
		return tooLarge(o)
	}
	return nil
}

// Answer is what a request to S3 failed with.
type Answer struct {
	// Status is the answer's; 0 if there was none.
	Status int
	// Code is S3's word for the error
	// (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html); "" if it is not known.
	Code string
	// Region is the bucket's region, if the answer tells it.
	Region string
	// Err is the client's error.
	Err error
}

// Explain says in our words what an answer means, and what to try next.
func (o *Object) Explain(ctx context.Context, doing string, a Answer) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s %s: %w", doing, o, context.Cause(ctx))
	}
	switch {
	case errors.Is(a.Err, ErrTooLarge):
		return fmt.Errorf("reading the config: %w", tooLarge(o))
	case a.Status == http.StatusNotModified:
		return ErrNotModified
	case a.Status == http.StatusPreconditionFailed, a.Status == http.StatusConflict:
		return fmt.Errorf("%s %s: %w", doing, o, ErrConflict)
	case a.Code == "NoSuchBucket":
		return fmt.Errorf("%s %s: there is no bucket %q; create it, or correct its name or region", doing, o, o.Bucket)
	case a.Code == "NoSuchKey", a.Status == http.StatusNotFound:
		return fmt.Errorf("%s %s: %w", doing, o, ErrNotFound)
	case a.Status == http.StatusForbidden:
		return fmt.Errorf("%s %s: access denied (%s): the credentials need s3:GetObject, s3:PutObject and s3:ListBucket there", doing, o, a.Code)
	case a.Status == http.StatusMovedPermanently, a.Code == "AuthorizationHeaderMalformed" && a.Region != "":
		return fmt.Errorf("%s %s: the bucket is in another region; set it with ?region=%s or AWS_REGION", doing, o, cmp.Or(a.Region, "REGION"))
	}
	return fmt.Errorf("%s %s: %w", doing, o, a.Err)
}
