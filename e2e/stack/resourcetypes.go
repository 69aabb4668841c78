package stack

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// resourceTypes lays out the folder that `concourse worker --resource-types` reads: NAME/rootfs.tgz and
// NAME/resource_metadata.json for git, s3 and those of the options.
func (s *Stack) resourceTypes() (string, error) {
	types := map[string]string{}
	for _, name := range []string{"git", "s3"} {
		types[name] = filepath.Join(CacheDir(), "resource-types", name)
	}
	maps.Copy(types, s.options.ResourceTypes)
	dir := filepath.Join(s.dir, "resource-types")
	for name, source := range types {
		target := filepath.Join(dir, name)
		if err := os.MkdirAll(target, 0o755); err != nil {
			return "", fmt.Errorf("laying out the resource type %s: %w", name, err)
		}
		if err := s.resourceType(name, source, target); err != nil {
			return "", fmt.Errorf("laying out the resource type %s: %w", name, err)
		}
	}
	return dir, nil
}

// resourceType links a resource type's two files; git's root file system gets a configuration of git's own
// where the options want the stack's git server to stand in for others.
func (s *Stack) resourceType(name, source, target string) error {
	metadata := "resource_metadata.json"
	if err := os.Symlink(filepath.Join(source, metadata), filepath.Join(target, metadata)); err != nil {
		return err
	}
	rootfs := filepath.Join(source, "rootfs.tgz")
	if name != "git" || len(s.options.GitInsteadOf) == 0 {
		return os.Symlink(rootfs, filepath.Join(target, "rootfs.tgz"))
	}
	return addToTarball(rootfs, filepath.Join(target, "rootfs.tgz"), "etc/gitconfig", s.gitConfig())
}

// gitConfig makes git fetch from the stack's server what has a URL that begins with one of GitInsteadOf.
// See url.<base>.insteadOf in git-config(1).
func (s *Stack) gitConfig() string {
	var config strings.Builder
	fmt.Fprintf(&config, "[url %q]\n", s.Git.URL+"/")
	for _, prefix := range slices.Sorted(slices.Values(s.options.GitInsteadOf)) {
		fmt.Fprintf(&config, "\tinsteadOf = %q\n", prefix)
	}
	return config.String()
}

// addToTarball copies a .tgz with one more file, of mode 0644, at its end.
func addToTarball(source, target, name, content string) (err error) {
	in, err := os.Open(source)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	unzipped, err := gzip.NewReader(in)
	if err != nil {
		return fmt.Errorf("reading %s: %w", source, err)
	}
	out, err := os.Create(target)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	zipped, err := gzip.NewWriterLevel(out, gzip.BestSpeed)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, zipped.Close()) }()
	writer := tar.NewWriter(zipped)
	defer func() { err = errors.Join(err, writer.Close()) }()
	if err := copyEntries(writer, tar.NewReader(unzipped)); err != nil {
		return fmt.Errorf("copying %s: %w", source, err)
	}
	if err := writer.WriteHeader(&tar.Header{Name: "./" + name, Mode: 0o644, Size: int64(len(content))}); err != nil {
		return fmt.Errorf("adding %s: %w", name, err)
	}
	_, err = io.WriteString(writer, content)
	return err
}

func copyEntries(to *tar.Writer, from *tar.Reader) error {
	for {
		header, err := from.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := to.WriteHeader(header); err != nil {
			return err
		}
		if _, err := io.Copy(to, from); err != nil {
			return err
		}
	}
}
