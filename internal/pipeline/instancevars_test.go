package pipeline_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/concourse/concourse/atc"
	"github.com/google/go-cmp/cmp"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
)

// texts are the values of random instance vars. Many of them are not plain strings in YAML, or have its special characters.
var texts = []string{
	"main", "feature/x", "5", "05", "1.2.3", "1.2", "1_000", "0x1F", "0b1", "1e5", "1e999", "+1", "-1", "-", "-x", "?", "?x", ".", ".5", "..",
	"yes", "Yes", "yEs", "n", "on", "true", "null", "~", "~x", ".inf", "-.Inf", ".nan", "<<", "=", "2024-01-02", "a b", "a:b", "a,b",
	"#x", "x#y", "&x", "x&y", "*x", "x*", "%x", "@x", "x@y", "`x", "{x}", "x{y}", "[x]", "x[y]", "x'y", "x\"y", `x\y`, "a<b>", "é", "---", "...", "", "tag-((v))",
}

var segments = []string{"a", "ab", "a-b", "a_b", "a.b", "a:b", "a b", "a/b", "a,b", `q"q`, "Z", "é"}

func randomValue(r *rand.Rand, depth int) any {
	switch n := r.IntN(10); {
	case n == 0 && depth < 2:
		m := map[string]any{}
		for range 1 + r.IntN(3) {
			m[segments[r.IntN(len(segments))]] = randomValue(r, depth+1)
		}
		return m
	case n == 1:
		return []any{texts[r.IntN(len(texts))], 1.5}
	case n == 2:
		return float64(r.IntN(1000)) / 4
	case n == 3:
		return r.IntN(2) == 0
	case n == 4:
		return nil
	case n == 5: // any text of special characters
		const letters = `ab01-+._~=<>?@%&*#:/,"'\ {}[]eExXyn`
		b := make([]byte, 1+r.IntN(5))
		for i := range b {
			b[i] = letters[r.IntN(len(letters))]
		}
		return string(b)
	}
	return texts[r.IntN(len(texts))]
}

func randomVars(r *rand.Rand) map[string]any {
	vars := map[string]any{}
	for range 1 + r.IntN(3) {
		vars[segments[r.IntN(len(segments))]] = randomValue(r, 0)
	}
	return vars
}

// otherwise reports whether config prints some name or value otherwise than fly: with quotes, so that what follows can't be taken
// for a part of it. These are the values that YAML would shorten, as it reads 'x' as x, and names with a double quote.
func otherwise(v any) bool {
	switch v := v.(type) {
	case string:
		return v != "" && strings.ContainsRune(`'"!|>&`, rune(v[0]))
	case map[string]any:
		for name, inner := range v {
			if strings.Contains(name, `"`) || otherwise(inner) {
				return true
			}
		}
	}
	return false
}

// Config names instances as fly does, and the ATC reads the same vars back from config's queries.
func TestInstanceVarsAsInConcourse(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	compared := 0
	for range 20_000 {
		vars := randomVars(r)
		raw, err := json.Marshal(vars)
		if err != nil {
			t.Fatal(err)
		}
		ref := config.Ref{Team: "main", Pipeline: "p", InstanceVars: vars, Resource: "r"}
		if !otherwise(vars) {
			compared++
			want := "main/" + atc.PipelineRef{Name: "p", InstanceVars: vars}.String() + "/r"
			if got := ref.String(); got != want {
				t.Fatalf("String() of %s is\n%s, fly prints\n%s", raw, got, want)
			}
		}
		read, err := atc.InstanceVarsFromQueryParams(ref.Query())
		if err != nil {
			t.Fatalf("the ATC does not read the query of %s: %v", raw, err)
		}
		if diff := cmp.Diff(vars, map[string]any(read)); diff != "" {
			t.Fatalf("the ATC reads the query of %s as (-want +got):\n%s", raw, diff)
		}
	}
	if compared < 10_000 {
		t.Errorf("only %d of the vars were compared with fly's", compared)
	}
}
