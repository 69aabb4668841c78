package provider

import (
	"math/rand/v2"
	"net/url"
	"testing"
)

// The payload of a form is what url.ParseQuery finds.
func TestFormPayload(t *testing.T) {
	t.Parallel()
	forms := []string{"", "payload", "payload=", "payload=&payload=x", "%70ayload=x", "payload=%zz&payload=x", "a=%&payload=%7B+%7d", "payload=%4", "payload=%"}
	parts := []string{"payload", "=", "&", "%", "%7B", "%zz", "+", ";", "a", "\xff"}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		form := ""
		for range random.IntN(9) {
			form += parts[random.IntN(len(parts))]
		}
		forms = append(forms, form)
	}
	for _, form := range forms {
		query, err := url.ParseQuery(form)
		payload, _ := formPayload([]byte(form))
		if want := query.Get("payload"); string(payload) != want {
			t.Fatalf("the payload of %q is %q, want %q", form, payload, want)
		}
		body, got := (&Request{Header: map[string][]string{"Content-Type": {"application/x-www-form-urlencoded"}}, Body: []byte(form)}).BodyOrForm()
		switch want := query.Get("payload"); {
		case want != "":
			if string(body) != want || got != nil {
				t.Fatalf("%q is read as %q, %v", form, body, got)
			}
		case got == nil:
			t.Fatalf("%q is read as %q", form, body)
		case err == nil && got.Error() != "the form-encoded body has no payload value":
			t.Fatalf("%q is not read: %v", form, got)
		}
	}
}
