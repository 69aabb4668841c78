package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// noticesFile is the file with the notices, beside what else is packed.
const noticesFile = "THIRD-PARTY-NOTICES.txt"

// noticesCommand collects the licenses and notices of the modules that the programs are built from, which these ask for where a
// program is passed on.
type noticesCommand struct {
	Output string   `short:"o" default:"dist/THIRD-PARTY-NOTICES.txt" placeholder:"FILE" help:"The file."`
	Arch   []string `default:"arm64,amd64" help:"The architectures of the programs, as Go names them."`
}

func (c *noticesCommand) Run(ctx context.Context) error {
	text, err := notices(ctx, c.Arch, "./syncer", "./server", "./resource-type", "./lambda/webhook", "./lambda/notification")
	if err != nil {
		return err
	}
	return write(c.Output, text)
}

// dependency is what `go list -json` says of a package. See `go help list`.
type dependency struct {
	Dir    string
	Module *struct {
		Path, Version, Dir string
		Main               bool
	}
}

// notices are the licenses and notices of all modules that the programs of these packages are built from, and of Go. It fails
// for a module without a license. For the source, which MPL-2.0 asks for, it names the module and its version.
func notices(ctx context.Context, archs []string, packages ...string) ([]byte, error) {
	texts := map[string]map[string]string{} // by module, by file
	for _, arch := range archs {
		list, err := goCommand(ctx, arch, append([]string{"list", "-deps", "-tags=lambda.norpc", "-json=Dir,Module"}, packages...)...)
		if err != nil {
			return nil, fmt.Errorf("listing what the programs are built from: %w", err)
		}
		if err := readAll(list, texts); err != nil {
			return nil, err
		}
	}
	var err error
	if texts["Go "+runtime.Version()], err = goNotices(ctx); err != nil {
		return nil, err
	}
	return printNotices(texts)
}

// readAll reads the texts of all modules in a list of packages.
func readAll(list []byte, texts map[string]map[string]string) error {
	for d := json.NewDecoder(bytes.NewReader(list)); ; {
		var p dependency
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading what go list says: %w", err)
		}
		if p.Module == nil || p.Module.Main {
			continue
		}
		name := p.Module.Path + " " + p.Module.Version
		if texts[name] == nil {
			texts[name] = map[string]string{}
		}
		if err := readNotices(p.Dir, p.Module.Dir, texts[name]); err != nil {
			return fmt.Errorf("reading the license of %s: %w", name, err)
		}
	}
}

// noticeName matches what the modules call such files.
var noticeName = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)(\.(txt|md))?$`)

// readNotices reads such files in dir, and in the folders from there up to root, into texts, by their path below root.
func readNotices(dir, root string, texts map[string]string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !noticeName.MatchString(entry.Name()) || entry.IsDir() {
			continue
		}
		path := filepath.Join(dir, entry.Name())
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		texts[filepath.ToSlash(name)] = strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n"))
	}
	if dir == root || !strings.HasPrefix(dir, root) {
		return nil
	}
	return readNotices(filepath.Dir(dir), root, texts)
}

// goNotices are those of Go itself, which is in every program. Some distributions keep them elsewhere.
func goNotices(ctx context.Context) (map[string]string, error) {
	root, err := goCommand(ctx, runtime.GOARCH, "env", "GOROOT")
	if err != nil {
		return nil, fmt.Errorf("looking for Go's own license: %w", err)
	}
	texts, dir := map[string]string{}, strings.TrimSpace(string(root))
	if err := readNotices(dir, dir, texts); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading Go's own license: %w", err)
	}
	if len(texts) == 0 {
		texts["LICENSE"] = "See https://go.dev/LICENSE."
	}
	return texts, nil
}

// printNotices prints each text once, below the names of all whose text it is.
func printNotices(texts map[string]map[string]string) ([]byte, error) {
	owners := map[string][]string{}
	for _, module := range slices.Sorted(maps.Keys(texts)) {
		if len(texts[module]) == 0 {
			return nil, fmt.Errorf("reading the license of %s: it has none; use another module", module)
		}
		for _, file := range slices.Sorted(maps.Keys(texts[module])) {
			text := texts[module][file]
			owners[text] = append(owners[text], module+": "+file)
		}
	}
	order := slices.SortedFunc(maps.Keys(owners), func(a, b string) int { return strings.Compare(owners[a][0], owners[b][0]) })
	var out bytes.Buffer
	out.WriteString("The programs are built from the modules below, each with its version. Their source, unchanged, is at\n" +
		"https://pkg.go.dev/MODULE@VERSION, and `go mod download MODULE@VERSION` fetches it.\n")
	for _, text := range order {
		fmt.Fprintf(&out, "\n%s\n\n%s\n\n%s\n", strings.Repeat("=", 80), strings.Join(owners[text], "\n"), text)
	}
	return out.Bytes(), nil
}
