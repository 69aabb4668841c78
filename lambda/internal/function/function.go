// Package function stands between AWS Lambda and the receiver: it builds an endpoint, and hands each invocation to its receiver.
package function

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/dpb587/concourse-resource-endpoints/internal/awscall"
	"github.com/dpb587/concourse-resource-endpoints/internal/endpoint"
	"github.com/dpb587/concourse-resource-endpoints/internal/logline"
	"github.com/dpb587/concourse-resource-endpoints/internal/retry"
	"github.com/dpb587/concourse-resource-endpoints/internal/secret"
)

// initTime is less than the ten seconds after which Lambda stops the init without a reason
// (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib).
const initTime = 9 * time.Second

// Run builds the endpoint from the environment's settings and the parts, and serves invocations until Lambda ends the process.
// If it can't build the endpoint, it logs the reason and reports it as the function's init error.
func Run(partsOf func(endpoint.Settings) endpoint.Parts) {
	settings, err := endpoint.FromEnv(os.Getenv)
	logger := logline.New(os.Stderr, settings.LogLevel)
	if err != nil {
		fail(logger, err)
	}
	parts := partsOf(settings)
	client, err := awscall.FromEnv(os.Getenv)
	if err != nil {
		fail(logger, err)
	}
	parts.Settings, parts.Secrets, parts.Logger = settings, &secret.Cache{Resolver: client.Resolver()}, logger
	parts.S3 = client.Object
	ctx, cancel := context.WithTimeout(context.Background(), initTime)
	built, err := build(ctx, parts, client.Queue)
	cancel()
	if err != nil {
		fail(logger, err)
	}
	lambda.Start(built.Invoke)
}

// build makes the endpoint. One that takes notifications reads the retry queue, too.
func build(ctx context.Context, parts endpoint.Parts, connect retry.Connect) (*endpoint.Endpoint, error) {
	e, err := endpoint.New(ctx, parts)
	if err != nil {
		return nil, err
	}
	return e, keep(ctx, e, connect, parts.Settings, parts.ParseNotification != nil, parts.Logger)
}

// fail reports an init error and ends the process. It calls the runtime API
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-initerror), since aws-lambda-go does not.
func fail(logger *slog.Logger, err error) {
	logger.Error("the function could not be started", "error", err)
	body, merr := json.Marshal(map[string]string{"errorMessage": err.Error(), "errorType": "Init.Failed"})
	if api := os.Getenv("AWS_LAMBDA_RUNTIME_API"); api != "" && merr == nil {
		report("http://"+api+"/2018-06-01/runtime/init/error", body)
	}
	os.Exit(1)
}

// report posts the error. If that fails, the log still has it.
func report(to string, body []byte) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return
	}
	req.Header.Set("Content-Type", "application/json")
	if resp, err := http.DefaultClient.Do(req); err == nil {
		_ = resp.Body.Close()
	}
}
