package envelope_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/envelope"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// FuzzDecode checks any payload: there is no panic, every error is a *MalformedError, each message is of exactly one kind, and
// its results have an answer.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		f.Fatalf("no testdata: %v", err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		inv, err := envelope.Decode(payload)
		if err != nil {
			wantMalformed(t, err)
			return
		}
		var results []envelope.Result
		for _, m := range inv.Messages {
			kinds := 0
			if m.HTTP != nil {
				kinds++
				if err := m.ReadBody(8); err != nil && !errors.Is(err, envelope.ErrTooLarge) {
					wantMalformed(t, err)
				}
				if len(m.HTTP.Body) > 8 {
					t.Errorf("a body of %d bytes where 8 are taken", len(m.HTTP.Body))
				}
				if m.HTTP.Path == "" || m.HTTP.Path[0] != '/' || m.HTTP.Header == nil {
					t.Errorf("request = %+v, want a path from the root, and a header", m.HTTP)
				}
			}
			if m.Notification != nil {
				kinds++
			}
			if m.Err != nil {
				kinds++
				wantMalformed(t, m.Err)
			}
			if kinds != 1 {
				t.Errorf("message has %d kinds: %+v", kinds, m)
			}
			results = append(results, envelope.Result{Status: 200, Body: []byte(`{}`)})
		}
		if _, err := inv.Answer(results); err != nil {
			t.Errorf("Answer: %v", err)
		}
	})
}

func wantMalformed(t *testing.T, err error) {
	t.Helper()
	var malformed *provider.MalformedError
	if !errors.As(err, &malformed) {
		t.Errorf("error = %v (%T), want a *provider.MalformedError", err, err)
	}
}
