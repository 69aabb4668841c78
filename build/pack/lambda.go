package main

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// lambdaCommand makes the zips that Lambda takes for the runtime provided.al2023: the program, named bootstrap
// (https://docs.aws.amazon.com/lambda/latest/dg/golang-package.html).
type lambdaCommand struct {
	Output string   `short:"o" default:"dist/lambda" placeholder:"DIR" help:"Where they go."`
	Arch   []string `default:"arm64,amd64" help:"The architectures, as Go names them."`
}

func (c *lambdaCommand) Run(ctx context.Context) error {
	dir, remove, err := scratch()
	if err != nil {
		return err
	}
	defer remove()
	for _, function := range []string{"webhook", "notification"} {
		for _, arch := range c.Arch {
			bootstrap := filepath.Join(dir, "bootstrap")
			// lambda.norpc leaves out what only the retired go1.x runtime needed.
			if err := compile(ctx, program{pkg: "./lambda/" + function, arch: arch, tags: "lambda.norpc"}, bootstrap); err != nil {
				return err
			}
			zipped, err := functionZip(bootstrap)
			if err != nil {
				return err
			}
			if err := write(filepath.Join(c.Output, function+"-"+arch+".zip"), zipped); err != nil {
				return err
			}
		}
	}
	return nil
}

// functionZip is a zip with the program at path as bootstrap, executable, and dated with the first day a zip can have.
func functionZip(path string) ([]byte, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading what was compiled: %w", err)
	}
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
	header.SetMode(0o755)
	var zipped bytes.Buffer
	w := zip.NewWriter(&zipped)
	file, err := w.CreateHeader(header)
	if err != nil {
		return nil, fmt.Errorf("zipping bootstrap: %w", err)
	}
	if _, err := file.Write(content); err != nil {
		return nil, fmt.Errorf("zipping bootstrap: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("zipping bootstrap: %w", err)
	}
	return zipped.Bytes(), nil
}
