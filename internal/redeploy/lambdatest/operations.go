package lambdatest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"

	"github.com/dpb587/concourse-resource-endpoints/internal/strictjson"
)

// maxEnvironment is Lambda's limit for all variables, in bytes
// (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
const maxEnvironment = 4 << 10

func (s *Server) getFunctionConfiguration(c *call) error {
	v, number := c.function.find(c.qualifier)
	if v == nil {
		return notFound("Function not found: " + c.name + ":" + c.qualifier)
	}
	c.answer = c.function.configuration(v, number)
	if v.pending > 0 {
		if v.pending--; v.pending == 0 {
			v.revision = s.revision() // https://github.com/aws/aws-sdk/issues/377
			if v.failNext != "" {
				v.failed, v.failNext = v.failNext, ""
			}
		}
	}
	return nil
}

// configuration is the answer of all operations on configurations.
func (f *function) configuration(v *version, number string) map[string]any {
	environment := map[string]any{"Variables": v.environment}
	if v.unreadable {
		environment = map[string]any{"Error": map[string]string{"ErrorCode": "AccessDeniedException", "Message": "Lambda was unable to decrypt your environment variables"}}
	}
	answer := map[string]any{
		"FunctionName": f.Name, "Version": number, "CodeSha256": v.code, "RevisionId": v.revision,
		"Environment": environment, "State": "Active", "LastUpdateStatus": "Successful",
	}
	switch {
	case v.pending > 0 && number == Latest:
		answer["LastUpdateStatus"] = "InProgress"
	case v.pending > 0:
		answer["State"] = "Pending"
	case v.failed != "" && number != Latest:
		answer["State"], answer["StateReasonCode"], answer["StateReason"] = "Failed", "InvalidImage", v.failed
	case v.failed != "":
		answer["LastUpdateStatus"], answer["LastUpdateStatusReason"] = "Failed", v.failed
	}
	return answer
}

func (s *Server) updateFunctionConfiguration(c *call) error {
	var in struct {
		RevisionId  string
		Environment *struct{ Variables map[string]string }
	}
	if err := strictjson.UnmarshalKnown(c.body, &in); err != nil {
		return err
	}
	v := c.function.versions[Latest]
	if err := v.changeable(c.name, in.RevisionId); err != nil {
		return err
	}
	if in.Environment != nil {
		measured, err := json.Marshal(in.Environment.Variables)
		if err != nil {
			return fmt.Errorf("measuring the environment: %w", err)
		}
		if len(measured) > maxEnvironment {
			return &apiError{http.StatusBadRequest, "InvalidParameterValueException", "Lambda was unable to configure your environment variables because " +
				"the environment variables you have provided exceeded the 4KB limit. String measured: " + string(measured)}
		}
		v.environment = in.Environment.Variables
	}
	v.pending, v.revision, v.failed = c.function.Settle, s.revision(), ""
	if v.pending == 0 && v.failNext != "" {
		v.failed, v.failNext = v.failNext, ""
	}
	c.answer = c.function.configuration(v, Latest)
	if hook := s.OnUpdate; hook != nil {
		name, environment := c.function.Name, maps.Clone(v.environment)
		c.after = func() { hook(name, environment) }
	}
	return nil
}

// changeable is nil if no update is in progress and the revision is still the one that was read.
func (v *version) changeable(name, revision string) error {
	if v.pending > 0 {
		return &apiError{http.StatusConflict, "ResourceConflictException", "The operation cannot be performed at this time. An update is in progress for resource: " + name}
	}
	return matches(revision, v.revision)
}

func matches(given, have string) error {
	if given != "" && given != have {
		return &apiError{http.StatusPreconditionFailed, "PreconditionFailedException", "The Revision Id provided does not match the latest Revision Id."}
	}
	return nil
}

func (s *Server) publishVersion(c *call) error {
	var in struct{ RevisionId, CodeSha256 string }
	if err := strictjson.UnmarshalKnown(c.body, &in); err != nil {
		return err
	}
	v := c.function.versions[Latest]
	if err := v.changeable(c.name, in.RevisionId); err != nil {
		return err
	}
	if in.CodeSha256 != "" && in.CodeSha256 != v.code {
		return &apiError{http.StatusBadRequest, "InvalidParameterValueException", "CodeSHA256 (" + in.CodeSha256 + ") is different from current CodeSHA256 in $LATEST"}
	}
	made := s.publish(c.function)
	c.status, c.answer = http.StatusCreated, c.function.configuration(made, strconv.Itoa(c.function.last))
	return nil
}

func (s *Server) getAlias(c *call) error {
	a := c.function.aliases[c.qualifier]
	if a == nil {
		return notFound("Cannot find alias: " + c.name + ":" + c.qualifier)
	}
	c.answer = a.configuration(c.qualifier)
	return nil
}

func (a *alias) configuration(name string) map[string]any {
	answer := map[string]any{"Name": name, "FunctionVersion": a.version, "RevisionId": a.revision}
	if len(a.weights) > 0 {
		answer["RoutingConfig"] = map[string]any{"AdditionalVersionWeights": a.weights}
	}
	return answer
}

func (s *Server) updateAlias(c *call) error {
	var in struct{ FunctionVersion, RevisionId string }
	if err := strictjson.UnmarshalKnown(c.body, &in); err != nil {
		return err
	}
	a, name := c.function.aliases[c.qualifier], c.qualifier
	v := c.function.versions[in.FunctionVersion]
	if a == nil || v == nil {
		return notFound("Function not found: " + c.name + ":" + in.FunctionVersion)
	}
	if err := matches(in.RevisionId, a.revision); err != nil {
		return err
	}
	a.version, a.revision = in.FunctionVersion, s.revision()
	c.answer = a.configuration(name)
	if hook := s.OnMove; hook != nil {
		environment := maps.Clone(v.environment)
		c.after = func() { hook(c.name, name, in.FunctionVersion, environment) }
	}
	return nil
}

// invoke answers 200, for a function error too (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html).
func (s *Server) invoke(c *call) error {
	v, number := c.function.find(c.qualifier)
	if v == nil {
		return notFound("Function not found: " + c.name + ":" + c.qualifier)
	}
	if v.pending > 0 && number != Latest {
		return &apiError{http.StatusConflict, "ResourceConflictException", "The function is currently in the following state: Pending"}
	}
	c.header.Set("X-Amz-Executed-Version", number)
	c.answer = []byte("{}")
	if hook := s.OnInvoke; hook != nil {
		c.after = func() {
			answer, functionError := hook(c.name, number, c.body)
			c.answer = answer
			if functionError != "" {
				c.header.Set("X-Amz-Function-Error", functionError)
			}
		}
	}
	return nil
}
