package redeploy

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"
)

// Actions are those that IAM must allow for a redeploy. PublishVersion, GetAlias and UpdateAlias are for functions with an
// alias only, InvokeFunction for a smoke test only.
var Actions = []string{
	"lambda:GetFunctionConfiguration", "lambda:UpdateFunctionConfiguration",
	"lambda:PublishVersion", "lambda:GetAlias", "lambda:UpdateAlias",
	"lambda:InvokeFunction",
}

// explain words an error of Lambda's, with what to try next.
func explain(doing, action string, err error) error {
	var missing *types.ResourceNotFoundException
	switch {
	case denied(err):
		return fmt.Errorf("%s: access denied: the credentials need lambda:%s; a redeploy needs %s", doing, action, strings.Join(Actions, ", "))
	case errors.As(err, &missing):
		return fmt.Errorf("%s: not found; correct its name, or give the region by an ARN or AWS_REGION", doing)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

func denied(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	// To a role that may do nothing, Lambda answers with either.
	return api.ErrorCode() == "AccessDeniedException" || api.ErrorCode() == "AccessDenied"
}

// updateError is an error of an update, without Lambda's message, which may quote the environment: "exceeded the 4KB limit.
// String measured: {...}" (https://github.com/github-aws-runners/terraform-aws-github-runner/issues/3594).
type updateError struct {
	text  string
	cause error
}

func (e *updateError) Error() string { return "updating the environment: " + e.text }

// As finds the two causes after which the update is tried again. Their text is never shown.
func (e *updateError) As(target any) bool {
	switch target.(type) {
	case **types.ResourceConflictException, **types.PreconditionFailedException:
		return errors.As(e.cause, target)
	}
	return false
}

// explainUpdate is explain for an update of the environment.
func explainUpdate(variables map[string]string, err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) || denied(err) {
		return explain("updating the environment", "UpdateFunctionConfiguration", err)
	}
	size := 0
	for name, value := range variables {
		size += len(name) + len(value)
	}
	tooLarge := api.ErrorCode() == "RequestEntityTooLargeException" || strings.Contains(api.ErrorMessage(), "4KB")
	switch {
	case tooLarge:
		return &updateError{fmt.Sprintf("with %s it is larger than Lambda's 4 KB (%d bytes of names and values); "+
			"move long values to ssm: or secretsmanager: references", Variable, size), err}
	case strings.HasPrefix(api.ErrorCode(), "KMS"):
		return &updateError{api.ErrorCode() + ": Lambda can't encrypt it; allow kms:Encrypt and kms:Decrypt with the function's key to these credentials", err}
	}
	return &updateError{"Lambda refuses it: " + api.ErrorCode(), err}
}
