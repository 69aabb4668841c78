package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// rootfsCommand builds the folder of one resource type, as `concourse worker --resource-types` reads it, and as Concourse's
// releases have it in resource-types/NAME.
type rootfsCommand struct {
	Output string `short:"o" default:"dist/resource-type" placeholder:"DIR" help:"The folder for the two files."`
	Type   string `default:"concourse-resource-endpoints" placeholder:"NAME" help:"The name that pipelines use for the type."`
	Arch   string `default:"${arch}" help:"The workers' architecture, as Go names it."`
	CA     string `placeholder:"FILE" help:"The certificate authorities to trust, in PEM. Default: those of this machine."`
}

// caFiles are the places of the certificate authorities on Debian and Alpine, Fedora, openSUSE, and macOS.
var caFiles = []string{
	"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem",
}

// licenses is the folder of the license and the notices, as in the images.
const licenses = "usr/local/share/licenses/concourse-resource-endpoints/"

func (c *rootfsCommand) Run(ctx context.Context) error {
	dir, remove, err := scratch()
	if err != nil {
		return err
	}
	defer remove()
	tree, err := c.tree(ctx, dir)
	if err != nil {
		return err
	}
	rootfs, err := tarball(tree)
	if err != nil {
		return err
	}
	metadata, err := c.metadata(rootfs)
	if err != nil {
		return err
	}
	if err := write(filepath.Join(c.Output, "rootfs.tgz"), rootfs); err != nil {
		return err
	}
	return write(filepath.Join(c.Output, "resource_metadata.json"), metadata)
}

// metadata describes the type to the worker
// (https://github.com/concourse/concourse/blob/master/worker/workercmd/worker_linux.go, loadResources). The version is the
// digest of the content, because a worker unpacks the type again only when its version changes.
func (c *rootfsCommand) metadata(rootfs []byte) ([]byte, error) {
	metadata, err := json.Marshal(struct {
		Type                 string `json:"type"`
		Version              string `json:"version"`
		Privileged           bool   `json:"privileged"`
		UniqueVersionHistory bool   `json:"unique_version_history"`
	}{Type: c.Type, Version: fmt.Sprintf("%x", sha256.Sum256(rootfs))[:12]})
	if err != nil {
		return nil, fmt.Errorf("describing the resource type: %w", err)
	}
	return append(metadata, '\n'), nil
}

// entry is a file, folder or link of the tree.
type entry struct {
	name, link string
	content    []byte
	mode       fs.FileMode
}

// tree holds the few files that the programs need, and the syncer for debugging inside a container.
func (c *rootfsCommand) tree(ctx context.Context, dir string) ([]entry, error) {
	authorities, err := readAuthorities(c.CA)
	if err != nil {
		return nil, err
	}
	programs := map[string][]byte{}
	for _, name := range []string{"resource-type", "syncer"} {
		path := filepath.Join(dir, name)
		if err := compile(ctx, "./"+name, c.Arch, "", path); err != nil {
			return nil, err
		}
		if programs[name], err = os.ReadFile(path); err != nil {
			return nil, fmt.Errorf("reading the compiled program: %w", err)
		}
	}
	license, err := os.ReadFile("LICENSE")
	if err != nil {
		return nil, fmt.Errorf("reading the license: %w", err)
	}
	text, err := notices(ctx, []string{c.Arch}, "./resource-type", "./syncer")
	if err != nil {
		return nil, err
	}
	return []entry{
		{name: "etc/", mode: 0o755},
		{name: "etc/group", mode: 0o644, content: []byte("root:x:0:\n")},
		{name: "etc/passwd", mode: 0o644, content: []byte("root:x:0:0:root:/root:/sbin/nologin\n")},
		{name: "etc/ssl/", mode: 0o755},
		{name: "etc/ssl/certs/", mode: 0o755},
		{name: "etc/ssl/certs/ca-certificates.crt", mode: 0o644, content: authorities},
		{name: "opt/", mode: 0o755},
		{name: "opt/resource/", mode: 0o755},
		{name: "opt/resource/check", mode: 0o755, content: programs["resource-type"]},
		{name: "opt/resource/in", mode: 0o777, link: "check"},
		{name: "opt/resource/out", mode: 0o777, link: "check"},
		{name: "root/", mode: 0o700},
		{name: "tmp/", mode: 0o777 | fs.ModeSticky},
		{name: "usr/", mode: 0o755},
		{name: "usr/local/", mode: 0o755},
		{name: "usr/local/bin/", mode: 0o755},
		{name: "usr/local/bin/syncer", mode: 0o755, content: programs["syncer"]},
		{name: "usr/local/share/", mode: 0o755},
		{name: "usr/local/share/licenses/", mode: 0o755},
		{name: licenses, mode: 0o755},
		{name: licenses + "LICENSE", mode: 0o644, content: license},
		{name: licenses + noticesFile, mode: 0o644, content: text},
	}, nil
}

// readAuthorities reads the certificate authorities from file, or those of this machine if file is empty.
func readAuthorities(file string) ([]byte, error) {
	files := caFiles
	if file != "" {
		files = []string{file}
	}
	for _, name := range files {
		pem, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading the certificate authorities: %w", err)
		}
		if !x509.NewCertPool().AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("reading the certificate authorities: %s holds no certificate in PEM", name)
		}
		return pem, nil
	}
	return nil, fmt.Errorf("looking for the certificate authorities: found none of %s; name a file with --ca FILE",
		strings.Join(files, ", "))
}

// tarball packs the tree. Everything in it belongs to root and has the same date.
func tarball(tree []entry) ([]byte, error) {
	var packed bytes.Buffer
	zipped := gzip.NewWriter(&packed)
	w := tar.NewWriter(zipped)
	for _, e := range tree {
		if err := w.WriteHeader(e.header()); err != nil {
			return nil, fmt.Errorf("packing %s: %w", e.name, err)
		}
		if _, err := w.Write(e.content); err != nil {
			return nil, fmt.Errorf("packing %s: %w", e.name, err)
		}
	}
	if err := errors.Join(w.Close(), zipped.Close()); err != nil {
		return nil, fmt.Errorf("packing the tree: %w", err)
	}
	return packed.Bytes(), nil
}

// header describes the entry to tar. Names begin with "./", as in the image layers of Debian and Alpine.
func (e entry) header() *tar.Header {
	h := &tar.Header{
		Name: "./" + e.name, Linkname: e.link, Mode: int64(e.mode.Perm()), Size: int64(len(e.content)),
		ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR,
	}
	if e.mode&fs.ModeSticky != 0 {
		h.Mode |= 0o1000
	}
	switch {
	case e.link != "":
		h.Typeflag = tar.TypeSymlink
	case strings.HasSuffix(e.name, "/"):
		h.Typeflag = tar.TypeDir
	default:
		h.Typeflag = tar.TypeReg
	}
	return h
}
