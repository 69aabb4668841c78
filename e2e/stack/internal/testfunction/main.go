// Command function is a Lambda function for the tests of the stack: its event says how it should behave.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type event struct {
	Do string `json:"do"`
}

type response struct {
	Said      string `json:"said"`
	RequestID string `json:"request_id"`
	ARN       string `json:"arn"`
	Count     int    `json:"count"` // invocations since the cold start
}

var count int

func main() {
	if os.Getenv("FAIL_INIT") != "" {
		fmt.Fprintln(os.Stderr, "config missing")
		os.Exit(1)
	}
	lambda.Start(handle)
}

func handle(ctx context.Context, e event) (response, error) {
	count++
	switch e.Do {
	case "fail":
		return response{}, errors.New("as told")
	case "exit":
		os.Exit(3)
	case "sleep":
		<-time.After(time.Minute)
	}
	r := response{Said: e.Do + " " + os.Getenv("WORD"), Count: count}
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		r.RequestID, r.ARN = lc.AwsRequestID, lc.InvokedFunctionArn
	}
	return r, nil
}
