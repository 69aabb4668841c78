package stack

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// S3Options say how to start an S3 server.
type S3Options struct {
	// Dir is the folder for its objects and its log; it must exist.
	Dir string
	// Address is where it listens besides 127.0.0.1: with Stack.HostAddress, containers reach it too.
	Address string
	// EventWebhookURL is where it posts a notification of each change of an object, and one test event
	// when it starts, which must be taken within a second. Empty: nowhere.
	EventWebhookURL string
}

// S3Server is a running versitygw over a folder: one bucket a folder, one object a file.
type S3Server struct {
	URL          string // on 127.0.0.1
	ContainerURL string // the same at S3Options.Address; as URL where none was given
	AccessKey    string
	SecretKey    string
	Region       string
	LogFile      string

	process *process
}

// StartS3 starts an S3 server and returns when it answers. It ends with ctx or Close.
func StartS3(ctx context.Context, options S3Options) (*S3Server, error) {
	program, err := Program("versitygw")
	if err != nil {
		return nil, err
	}
	data, versions := filepath.Join(options.Dir, "objects"), filepath.Join(options.Dir, "versions")
	for _, dir := range []string{data, versions} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("making the S3 server's folder: %w", err)
		}
	}
	ports, err := freePorts(1)
	if err != nil {
		return nil, err
	}
	port := strconv.Itoa(ports[0])
	s := &S3Server{
		AccessKey: "e2e-access", SecretKey: "e2e-secret", Region: "us-east-1", LogFile: filepath.Join(options.Dir, "s3.log"),
	}
	s.URL = "http://" + net.JoinHostPort("127.0.0.1", port)
	s.ContainerURL = s.URL
	args := []string{"--access", s.AccessKey, "--secret", s.SecretKey, "--region", s.Region, "--health", "/healthz"}
	args = append(args, "--port", net.JoinHostPort("127.0.0.1", port))
	if options.Address != "" && options.Address != "127.0.0.1" {
		args = append(args, "--port", net.JoinHostPort(options.Address, port))
		s.ContainerURL = "http://" + net.JoinHostPort(options.Address, port)
	}
	if options.EventWebhookURL != "" {
		args = append(args, "--event-webhook-url", options.EventWebhookURL)
	}
	cmd := exec.Command(program, append(args, "posix", "--versioning-dir", versions, data)...)
	cmd.Dir, cmd.Env = options.Dir, environ("HOME="+options.Dir)
	if s.process, err = start("versitygw", s.LogFile, cmd); err != nil {
		return nil, err
	}
	err = s.process.await(ctx, 20*time.Second, func(ctx context.Context) error { return answers(ctx, s.URL+"/healthz") })
	if err != nil {
		s.Close()
		return nil, err
	}
	context.AfterFunc(ctx, s.Close)
	return s, nil
}

// Close ends the server; its folder stays. It may be called twice, and on nil.
func (s *S3Server) Close() {
	if s != nil {
		s.process.stop(syscall.SIGTERM, 3*time.Second)
	}
}

// Client is the real SDK's client for this server.
func (s *S3Server) Client() *s3.Client {
	return s3.New(s3.Options{
		Region: s.Region, UsePathStyle: true, BaseEndpoint: aws.String(s.URL),
		HTTPClient: &http.Client{Transport: &http.Transport{Proxy: nil}},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: s.AccessKey, SecretAccessKey: s.SecretKey}, nil
		}),
	})
}

// Env is the environment that points an AWS SDK's default configuration at this server, NAME=VALUE each.
func (s *S3Server) Env() []string {
	return []string{
		"AWS_ENDPOINT_URL_S3=" + s.URL, "AWS_ACCESS_KEY_ID=" + s.AccessKey, "AWS_SECRET_ACCESS_KEY=" + s.SecretKey,
		"AWS_REGION=" + s.Region,
	}
}

// CreateBucket makes a bucket, with versioned objects if versioned.
func (s *S3Server) CreateBucket(ctx context.Context, bucket string, versioned bool) error {
	client := s.Client()
	if _, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(bucket)}); err != nil {
		return fmt.Errorf("making the bucket %s: %w", bucket, err)
	}
	if !versioned {
		return nil
	}
	_, err := client.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
		Bucket:                  aws.String(bucket),
		VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	})
	if err != nil {
		return fmt.Errorf("turning on versioning of the bucket %s: %w", bucket, err)
	}
	return nil
}

// PutObject puts an object, and returns its version's id where the bucket has versions.
func (s *S3Server) PutObject(ctx context.Context, bucket, key string, content []byte) (string, error) {
	out, err := s.Client().PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(bucket), Key: aws.String(key), Body: bytes.NewReader(content),
	})
	if err != nil {
		return "", fmt.Errorf("putting %s into the bucket %s: %w", key, bucket, err)
	}
	return aws.ToString(out.VersionId), nil
}
