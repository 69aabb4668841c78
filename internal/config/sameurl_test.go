package config_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
)

func TestSameURL(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		a, b string
		want bool
	}{
		"the same":           {"https://ci.example.com", "https://ci.example.com", true},
		"slash":              {"https://ci.example.com/", "https://ci.example.com", true},
		"capitals":           {"HTTPS://CI.example.com", "https://ci.example.com", true},
		"default port":       {"https://ci.example.com:443", "https://ci.example.com", true},
		"path":               {"https://example.com/ci/", "https://example.com/ci", true},
		"another host":       {"https://ci.example.com.evil.com", "https://ci.example.com", false},
		"a long s":           {"https://ci.te\u017ft", "https://ci.test", false},
		"a kelvin sign":      {"https://\u212a.example.com", "https://k.example.com", false},
		"another scheme":     {"http://ci.example.com", "https://ci.example.com", false},
		"another port":       {"https://ci.example.com:8443", "https://ci.example.com", false},
		"another path":       {"https://example.com/ci2", "https://example.com/ci", false},
		"capitals in a path": {"https://example.com/CI", "https://example.com/ci", false},
		"a user":             {"https://ci.example.com@evil.com", "https://ci.example.com", false},
		"no URL":             {"", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := config.SameURL(tt.a, tt.b); got != tt.want {
				t.Errorf("%q and %q: %v", tt.a, tt.b, got)
			}
			if got := config.SameURL(tt.b, tt.a); got != tt.want {
				t.Errorf("%q and %q: %v", tt.b, tt.a, got)
			}
		})
	}
}

// FuzzSameURL: two URLs that count as the same lead to one host and port.
func FuzzSameURL(f *testing.F) {
	for _, u := range []string{"https://ci.example.com", "https://CI.example.com:443/", "https://ci.example.com@evil", "https://ci.example.com\\@evil"} {
		f.Add(u)
	}
	const ours = "https://ci.example.com"
	f.Fuzz(func(t *testing.T, other string) {
		if !config.SameURL(ours, other) {
			return
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, other, nil)
		if err != nil {
			t.Fatal(err)
		}
		if host := strings.ToLower(strings.TrimSuffix(req.URL.Host, ":443")); host != "ci.example.com" && host != "ci.example.com:" || req.URL.User != nil {
			t.Errorf("%q leads to %q", other, req.URL.Host)
		}
	})
}
