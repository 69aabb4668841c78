package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// lambdaCommand builds the zips that Lambda's runtime provided.al2023 runs: each holds one program, named bootstrap
// (https://docs.aws.amazon.com/lambda/latest/dg/golang-package.html).
type lambdaCommand struct {
	Output string   `short:"o" default:"dist/lambda" placeholder:"DIR" help:"The folder for the zips."`
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
			// lambda.norpc leaves out the code for the retired go1.x runtime.
			if err := compile(ctx, "./lambda/"+function, arch, "lambda.norpc", bootstrap); err != nil {
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
	text, err := notices(ctx, c.Arch, "./lambda/webhook", "./lambda/notification")
	if err != nil {
		return err
	}
	return write(filepath.Join(c.Output, noticesFile), text)
}

// functionZip zips the program at path as an executable file named bootstrap. The file always has the first date that a zip
// allows, so that the same program gives the same zip.
func functionZip(path string) ([]byte, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the compiled program: %w", err)
	}
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
	header.SetMode(0o755)
	var zipped bytes.Buffer
	w := zip.NewWriter(&zipped)
	file, err := w.CreateHeader(header)
	if err == nil {
		_, err = file.Write(content)
	}
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, fmt.Errorf("zipping bootstrap: %w", err)
	}
	return zipped.Bytes(), nil
}
