package redeploy

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// SmokePayload is an empty list of records. Both functions take it for an empty batch and answer that there is nothing in it;
// they verify, match, notify and log nothing. An answer shows that the code starts, and that it could read its config and
// secrets, since it does that at its start.
const SmokePayload = `{"Records":[]}`

// smoke invokes the version or alias that the qualifier names, or $LATEST if it is "". Any answer is good but a function error.
func (j *job) smoke(ctx context.Context, qualifier string) error {
	if !j.Smoke {
		return nil
	}
	in := &lambda.InvokeInput{FunctionName: &j.function.Name, InvocationType: types.InvocationTypeRequestResponse, Payload: []byte(SmokePayload)}
	if qualifier != "" {
		in.Qualifier = &qualifier
	}
	doing := "invoking " + cmp.Or(qualifier, latest)
	out, err := j.Client.Invoke(ctx, in, j.function.region)
	if err != nil {
		return explain(doing, "InvokeFunction", err)
	}
	if out.FunctionError != nil {
		return fmt.Errorf("%s: it answers with an error: %s", doing, functionError(aws.ToString(out.FunctionError), out.Payload))
	}
	return nil
}

// maxMessage bounds how much of a function's error message is shown, in bytes.
const maxMessage = 500

// functionError reads a function's error object
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-invokeerror). Its message is shown if
// it comes from Lambda itself or from the start of our functions: those hold no secrets. Any other may hold anything.
func functionError(kind string, payload []byte) string {
	var e struct{ ErrorType, ErrorMessage string }
	if json.Unmarshal(payload, &e) != nil || e.ErrorType == "" {
		return kind + "; the function's log says more"
	}
	class, _, dotted := strings.Cut(e.ErrorType, ".")
	switch {
	case !dotted, class != "Init" && class != "Runtime" && class != "Sandbox" && class != "Extension":
		return e.ErrorType + "; the function's log says more"
	case len(e.ErrorMessage) > maxMessage:
		e.ErrorMessage = strings.ToValidUTF8(e.ErrorMessage[:maxMessage], "") + "..."
	}
	return e.ErrorType + ": " + e.ErrorMessage
}
