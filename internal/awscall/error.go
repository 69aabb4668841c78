package awscall

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// maxError is how many bytes of an error's answer are read, and maxMessage how many of its message are kept.
const maxError, maxMessage = 64 << 10, 500

// Error is an answer of AWS that is none of success.
type Error struct {
	Status int
	// Code is AWS's word for the error, such as NoSuchKey; "" if the answer has none, as one of a proxy.
	Code, Message string
	// Region is the bucket's region, if S3 tells it.
	Region string
}

func (e *Error) Error() string {
	text := "the answer is " + strconv.Itoa(e.Status)
	if e.Code != "" {
		text += " " + e.Code
	}
	if e.Message != "" {
		text += ": " + e.Message
	}
	return text
}

// ErrorCode and HTTPStatusCode are what package retry of the SDK looks at.
func (e *Error) ErrorCode() string { return e.Code }

// HTTPStatusCode is the answer's status.
func (e *Error) HTTPStatusCode() int { return e.Status }

// maySkew says whether a wrong clock may be the reason. The codes are those of the SDK's package retry.
func (e *Error) maySkew() bool {
	return slices.Contains([]string{"InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure", "RequestTimeTooSkewed", "AccessDeniedException"}, e.Code)
}

// connectionError is one of sending a request or reading its answer, which the SDK's package retry tries again.
type connectionError struct{ error }

// ConnectionError is what package retry asks.
func (*connectionError) ConnectionError() bool { return true }

func (e *connectionError) Unwrap() error { return e.error }

// codeForm is the form of AWS's codes. Nothing else is taken for one.
var codeForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]{0,99}$`)

// readError reads the error of an answer, in S3's XML
// (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html) or in the JSON of the other services
// (https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html#operation-error-serialization).
func readError(resp *http.Response) *Error {
	e := &Error{Status: resp.StatusCode, Region: resp.Header.Get("X-Amz-Bucket-Region")}
	data, _ := io.ReadAll(io.LimitReader(resp.Body, maxError)) // what was read may suffice
	body := string(data)
	var fields struct {
		Type    string `json:"__type"`
		Message string
	}
	if strings.Contains(resp.Header.Get("Content-Type"), "json") && json.Unmarshal(data, &fields) == nil {
		e.Code, e.Message = fields.Type[strings.LastIndex(fields.Type, "#")+1:], fields.Message
	} else {
		e.Code, e.Message = element(body, "Code"), element(body, "Message")
		if region := element(body, "Region"); e.Region == "" {
			e.Region = region
		}
	}
	// SQS gives its older codes, which its documents and the SDK use, in a header.
	if code, _, ok := strings.Cut(resp.Header.Get("X-Amzn-Query-Error"), ";"); ok {
		e.Code = code
	}
	if !codeForm.MatchString(e.Code) {
		e.Code, e.Message = "", ""
	}
	if !hostLabel.MatchString(e.Region) {
		e.Region = ""
	}
	e.Message = strings.ToValidUTF8(e.Message[:min(len(e.Message), maxMessage)], "")
	return e
}

// element is the text of the first XML element of a name.
func element(body, name string) string {
	_, rest, _ := strings.Cut(body, "<"+name+">")
	text, _, ok := strings.Cut(rest, "</"+name+">")
	if !ok {
		return ""
	}
	return text
}
