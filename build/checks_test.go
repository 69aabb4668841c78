package build_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// needTool skips the test where build/tool can't build a tool, except in CI.
func needTool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.CommandContext(t.Context(), "./tool", name).Output()
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatalf("build/tool %s: %v", name, err)
	} else if err != nil {
		t.Skipf("build/tool %s: %v", name, err)
	}
	return strings.TrimSpace(string(path))
}

// run runs a script of build/ in a folder, and returns its output and whether it succeeded.
func run(t *testing.T, dir, script string, args ...string) (string, bool) {
	t.Helper()
	path, err := filepath.Abs(script)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HTTPS_PROXY=http://127.0.0.1:1") // no network
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

// writeFiles writes files to a new folder.
func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// The check of the licenses fails for a dependency with another license or with none.
func TestLicenses(t *testing.T) {
	t.Parallel()
	needTool(t, "go-licenses")
	const unlicense = `This is free and unencumbered software released into the public domain.

Anyone is free to copy, modify, publish, use, compile, sell, or distribute this software, either in source code form or as a
compiled binary, for any purpose, commercial or non-commercial, and by any means.

In jurisdictions that recognize copyright laws, the author or authors of this software dedicate any and all copyright interest
in the software to the public domain. We make this dedication for the benefit of the public at large and to the detriment of our
heirs and successors. We intend this dedication to be an overt act of relinquishment in perpetuity of all present and future
rights to this software under copyright law.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS BE LIABLE FOR ANY CLAIM,
DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE
SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.

For more information, please refer to <http://unlicense.org/>
`
	for name, test := range map[string]struct {
		license, want string
	}{
		"allowed": {license: read(t, "LICENSE")},
		"another": {license: unlicense, want: "license Unlicense found for library example.com/dependency"},
		"unknown": {license: "All rights reserved.\n", want: "example.com/dependency"},
		"none":    {want: "example.com/dependency"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{
				"go.mod": "module example.com/program\n\ngo 1.26\n\nrequire example.com/dependency v1.0.0\n\n" +
					"replace example.com/dependency => ./dependency\n",
				"LICENSE":                  read(t, "LICENSE"),
				"main.go":                  "package main\n\nimport _ \"example.com/dependency\"\n\nfunc main() {}\n",
				"dependency/go.mod":        "module example.com/dependency\n\ngo 1.26\n",
				"dependency/dependency.go": "package dependency\n",
			}
			if test.license != "" {
				files["dependency/LICENSE"] = test.license
			}
			out, ok := run(t, writeFiles(t, files), "licenses", "./...")
			if ok != (test.want == "") || !strings.Contains(out, test.want) {
				t.Errorf("it succeeds: %t; %q is not in the output:\n%s", ok, test.want, out)
			}
		})
	}
}

// The SBOM of a program names itself, Go and each module that the program is built from, with a version and a hash. It is the same
// the next time.
func TestSBOM(t *testing.T) {
	t.Parallel()
	needTool(t, "cyclonedx-gomod")
	dir, again := t.TempDir(), t.TempDir()
	for _, d := range []string{dir, again} {
		if out, ok := run(t, "..", "sbom", d, "lambda/webhook"); !ok {
			t.Fatal(out)
		}
	}
	for _, arch := range []string{"amd64", "arm64"} {
		name := "webhook-" + arch + ".cdx.json"
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if second, err := os.ReadFile(filepath.Join(again, name)); err != nil || !bytes.Equal(text, second) {
			t.Errorf("the second %s is another one, or none: %v", name, err)
		}
		var sbom struct {
			BOMFormat, SpecVersion string
			Metadata               struct {
				Component struct{ Name, PURL string }
			}
			Components []struct {
				Name, Version string
				Hashes        []struct{ Alg, Content string }
			}
		}
		if err := json.Unmarshal(text, &sbom); err != nil {
			t.Fatal(err)
		}
		main := sbom.Metadata.Component
		if sbom.BOMFormat != "CycloneDX" || sbom.SpecVersion != "1.6" || !strings.HasSuffix(main.PURL, "goarch="+arch+"&goos=linux&type=module#lambda/webhook") {
			t.Errorf("%s is of %s %s, for %s", name, sbom.BOMFormat, sbom.SpecVersion, main.PURL)
		}
		var got []string
		for _, c := range sbom.Components {
			got = append(got, c.Name+" "+c.Version)
			if c.Name != "std" && (len(c.Hashes) == 0 || len(c.Hashes[0].Content) != 64) {
				t.Errorf("%s has no hash of %s", name, c.Name)
			}
		}
		if diff := cmp.Diff(modules(t, arch), got); diff != "" {
			t.Errorf("%s lists other modules than the program has (-want +got):\n%s", name, diff)
		}
	}
}

// modules are those of lambda/webhook, as Go names them, and the standard library, in order.
func modules(t *testing.T, arch string) []string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-tags=lambda.norpc",
		"-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}", "../lambda/webhook")
	list.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	all := append(strings.Split(strings.TrimSpace(string(out)), "\n"), "std "+runtime.Version())
	slices.Sort(all)
	return slices.Compact(all)
}

// The check for vulnerabilities fails for one that is called, and only says so if the database can't be reached.
func TestVulnerabilities(t *testing.T) {
	t.Parallel()
	needTool(t, "govulncheck")
	const module = "github.com/alecthomas/kong"
	database := writeFiles(t, map[string]string{
		"index/db.json":      `{"modified": "2026-01-01T00:00:00Z"}`,
		"index/modules.json": `[{"path": "` + module + `", "vulns": [{"id": "GO-2026-0001", "modified": "2026-01-01T00:00:00Z"}]}]`,
		"ID/GO-2026-0001.json": `{"id": "GO-2026-0001", "modified": "2026-01-01T00:00:00Z", "summary": "planted", "affected": [{
			"package": {"name": "` + module + `", "ecosystem": "Go"},
			"ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}],
			"ecosystem_specific": {"imports": [{"path": "` + module + `", "symbols": ["Parse"]}]}}]}`,
	})
	for name, test := range map[string]struct {
		database, pkg string
		ok            bool
		want          string
	}{
		"one that is called":     {database: "file://" + database, pkg: "./build/pack", want: "GO-2026-0001"},
		"none":                   {database: "file://" + database, pkg: "./internal/version", ok: true},
		"no network":             {database: "https://vuln.go.dev", pkg: "./internal/version", ok: true, want: "NOT CHECKED"},
		"another failure":        {database: "file://" + database, pkg: "./nowhere", want: "nowhere"},
		"a database that is not": {database: "file:///nowhere", pkg: "./internal/version", want: "nowhere"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, ok := run(t, "..", "vulnerabilities", "-db", test.database, test.pkg)
			if ok != test.ok || !strings.Contains(out, test.want) {
				t.Errorf("it succeeds: %t, want %t; %q is not in the output:\n%s", ok, test.ok, test.want, out)
			}
		})
	}
}
