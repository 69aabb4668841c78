package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"github.com/dpb587/concourse-resource-endpoints/internal/redact"
)

// answerTime is how long an S3 server may take, so that a program that needs the document to start does not hang for ever.
const answerTime = 30 * time.Second

// S3 is a document in an object.
type S3 struct {
	client      *s3.Client
	bucket, key string
	// Timeout limits each Load and Publish.
	Timeout time.Duration
}

var _ Store = (*S3)(nil)

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

// AWSConfig makes the AWS SDK's settings from a region and credentials. If those are empty, they come from the SDK's default
// chain (environment, profile, role).
func AWSConfig(ctx context.Context, region string, provider aws.CredentialsProvider) (aws.Config, error) {
	c, err := awsconfig.LoadDefaultConfig(ctx, func(o *awsconfig.LoadOptions) error {
		o.Region, o.DefaultRegion, o.Credentials = region, "us-east-1", provider
		return nil
	})
	if err != nil {
		return c, fmt.Errorf("reading the AWS settings: %w", err)
	}
	c.APIOptions = append(c.APIOptions, redactErrors)
	return c, nil
}

// redactErrors takes what may be secret out of the URLs in the SDK's errors: an endpoint of the environment may hold a password.
func redactErrors(stack *middleware.Stack) error {
	clean := func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
		out middleware.InitializeOutput, metadata middleware.Metadata, err error,
	) {
		out, metadata, err = next.HandleInitialize(ctx, in)
		return out, metadata, redact.Error(err)
	}
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("RedactErrors", clean), middleware.Before)
}

func openS3(ctx context.Context, location string) (*S3, error) {
	l, err := ParseS3(location)
	if err != nil {
		return nil, fmt.Errorf("config location: %w", err)
	}
	c, err := AWSConfig(ctx, l.Region, nil)
	if err != nil {
		return nil, err
	}
	return NewS3(c, l), nil
}

// NewS3 makes the store for a location.
func NewS3(c aws.Config, l S3Location) *S3 {
	client := s3.NewFromConfig(c, func(o *s3.Options) {
		if l.Endpoint != "" {
			o.BaseEndpoint = aws.String(l.Endpoint)
		}
		// Servers other than AWS's usually do not have a host name for each bucket.
		o.UsePathStyle = o.BaseEndpoint != nil || os.Getenv("AWS_ENDPOINT_URL_S3") != "" || os.Getenv("AWS_ENDPOINT_URL") != ""
	})
	return &S3{client: client, bucket: l.Bucket, key: l.Key, Timeout: answerTime}
}

func (s *S3) String() string { return "s3://" + s.bucket + "/" + s.key }

// Load gets the object, unless the caller already has it.
func (s *S3) Load(ctx context.Context, tag string) (Document, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.Timeout, s.late())
	defer cancel()
	in := &s3.GetObjectInput{Bucket: &s.bucket, Key: &s.key}
	if tag != "" {
		in.IfNoneMatch = &tag
	}
	out, err := s.client.GetObject(ctx, in)
	if err != nil {
		return Document{}, s.explain(ctx, "reading", err)
	}
	defer func() { _ = out.Body.Close() }()
	data, err := readDocument(out.Body, s)
	if errors.Is(err, errTooLarge) {
		return Document{}, fmt.Errorf("reading the config: %w", err)
	}
	if err != nil {
		return Document{}, s.explain(ctx, "reading", err)
	}
	return Document{Data: data, Tag: aws.ToString(out.ETag)}, nil
}

// Publish puts the object with the condition that the current object is still the one that the caller read
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html).
func (s *S3) Publish(ctx context.Context, data []byte, tag string) (string, error) {
	if len(data) > maxDocument {
		return "", fmt.Errorf("publishing the config: %w", tooLarge(s))
	}
	ctx, cancel := context.WithTimeoutCause(ctx, s.Timeout, s.late())
	defer cancel()
	in := &s3.PutObjectInput{
		Bucket: &s.bucket, Key: &s.key,
		Body:        bytes.NewReader(data),
		ContentType: aws.String("application/json"),
	}
	if tag == "" {
		in.IfNoneMatch = aws.String("*")
	} else {
		in.IfMatch = &tag
	}
	out, err := s.client.PutObject(ctx, in)
	if err != nil {
		err = s.explain(ctx, "publishing to", err)
		if errors.Is(err, ErrNotFound) { // the object to replace is gone
			err = fmt.Errorf("publishing to %s: %w", s, ErrConflict)
		}
		return "", err
	}
	return aws.ToString(out.ETag), nil
}

func (s *S3) late() error {
	return fmt.Errorf("there is no whole answer within %s; is the endpoint right, and can this machine reach it?", s.Timeout)
}

// explain turns the SDK's errors into ours, with what to try next.
func (s *S3) explain(ctx context.Context, doing string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s %s: %w", doing, s, context.Cause(ctx))
	}
	var response *awshttp.ResponseError
	status := 0
	if errors.As(err, &response) {
		status = response.HTTPStatusCode()
	}
	code := ""
	var api smithy.APIError
	if errors.As(err, &api) {
		code = api.ErrorCode()
	}
	switch {
	case status == http.StatusNotModified:
		return ErrNotModified
	case status == http.StatusPreconditionFailed, status == http.StatusConflict:
		return fmt.Errorf("%s %s: %w", doing, s, ErrConflict)
	case code == "NoSuchBucket":
		return fmt.Errorf("%s %s: there is no bucket %q; create it, or correct its name or region", doing, s, s.bucket)
	case code == "NoSuchKey", status == http.StatusNotFound:
		return fmt.Errorf("%s %s: %w", doing, s, ErrNotFound)
	case status == http.StatusForbidden:
		return fmt.Errorf("%s %s: access denied (%s): the credentials need s3:GetObject, s3:PutObject and s3:ListBucket there", doing, s, code)
	case status == http.StatusMovedPermanently:
		return fmt.Errorf("%s %s: the bucket is in another region; set it with ?region= or AWS_REGION", doing, s)
	}
	return fmt.Errorf("%s %s: %w", doing, s, err)
}
