package strictjson_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/strictjson"
)

type document struct {
	Name  string         `json:"name"`
	Count int            `json:"count"`
	On    *bool          `json:"on"`
	List  []string       `json:"list"`
	Any   map[string]any `json:"any"`
	Inner struct {
		Size float64 `json:"size"`
	} `json:"inner"`
	Number json.Number `json:"number"`
	Own    own         `json:"own"`
	embedded
}

type embedded struct {
	Deep []struct {
		Text string `json:"text"`
	} `json:"deep"`
}

type own struct{}

func (*own) UnmarshalJSON([]byte) error {
	return &strictjson.Error{Field: "own", Problem: "never right"}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                "it is empty",
		" \n":                             "it is empty",
		"{\n  \"name\": planted}":         "it is not JSON: see line 2, column 11",
		"planted":                         "it is not JSON: see line 1, column 1",
		`{"name":"planted`:                "it is cut off after 16 bytes",
		"{\"name\":\"planted\n":           "it is cut off after 17 bytes",
		`{`:                               "it is cut off after 1 bytes",
		`{} "planted"`:                    "it is followed by something else at line 1, column 4",
		`{"planted":1}`:                   "",
		`["planted"]`:                     "it is an array where an object is expected",
		`{"name":4242}`:                   "name: a number where a string is expected",
		`{"count":"planted"}`:             "count: a string where a whole number is expected",
		`{"count":4.2}`:                   "count: a number where a whole number is expected",
		`{"on":"planted"}`:                "on: a string where a boolean is expected",
		`{"list":{"planted":1}}`:          "list: an object where an array is expected",
		`{"any":[4242]}`:                  "any: an array where an object is expected",
		`{"inner":{"size":true}}`:         "inner.size: a boolean where a number is expected",
		`{"number":"planted"}`:            "it is not JSON that can be read",
		`{"deep":[{"text":4242}]}`:        "deep.text: a number where a string is expected",
		`{"own":"planted"}`:               "own: never right",
		strings.Repeat("[", 10_001) + "1": "it is not JSON: see line 1, column 10001",
	} {
		err := strictjson.Unmarshal([]byte(text), new(document))
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%.40q: %q, want %q", text, got, want)
		}
		if strings.Contains(got, "planted") || strings.Contains(got, "42") {
			t.Errorf("%.40q: the error holds a value: %s", text, got)
		}
	}
}

func TestUnmarshalKnown(t *testing.T) {
	t.Parallel()
	var e *strictjson.Error
	err := strictjson.UnmarshalKnown([]byte(`{"inner":{"colour":1}}`), new(document))
	if !errors.As(err, &e) || !e.Unknown || e.Field != "colour" || e.Error() != "colour: no such field" {
		t.Errorf("%#v", err)
	}
	if err := strictjson.UnmarshalKnown([]byte(`{"inner":{"size":1}}`), new(document)); err != nil {
		t.Error(err)
	}
}

func FuzzUnmarshal(f *testing.F) {
	f.Add([]byte(`{"name":"x"}`))
	f.Add([]byte(`{"on":1} x`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var e *strictjson.Error
		if err := strictjson.Unmarshal(data, new(document)); err != nil && !errors.As(err, &e) {
			t.Errorf("%q: %T", data, err)
		}
	})
}
