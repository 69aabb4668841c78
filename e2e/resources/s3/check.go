package main

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// checkRegexp lists the keys that the whole regexp matches, in the order of what its group "version", else
// its first group, holds: the given version and those after it, else the last one only.
func checkRegexp(ctx context.Context, req request) ([]version, error) {
	re, err := regexp.Compile("^(?:" + req.Source.Regexp + ")$")
	if err != nil {
		return nil, fmt.Errorf("reading regexp: %w", err)
	}
	keys, err := listKeys(ctx, req.Source)
	if err != nil {
		return nil, err
	}
	keys = slices.DeleteFunc(keys, func(key string) bool { return !re.MatchString(key) })
	slices.SortStableFunc(keys, func(a, b string) int {
		return compareVersions(versionOf(re, a), versionOf(re, b))
	})
	from := max(len(keys)-1, 0)
	if req.Version != nil {
		given := versionOf(re, req.Version.Path)
		from = slices.IndexFunc(keys, func(key string) bool { return compareVersions(versionOf(re, key), given) >= 0 })
	}
	versions := []version{}
	if from < 0 {
		return versions, nil
	}
	for _, key := range keys[from:] {
		versions = append(versions, version{Path: key})
	}
	return versions, nil
}

// versionOf is the part of a key that orders it; the whole key where the regexp has no group.
func versionOf(re *regexp.Regexp, key string) string {
	groups := re.FindStringSubmatch(key)
	if len(groups) < 2 {
		return key
	}
	if i := re.SubexpIndex("version"); i > 0 {
		return groups[i]
	}
	return groups[1]
}

// compareVersions orders "1.9.0" before "1.10.0": runs of digits by value, all else as text.
func compareVersions(a, b string) int {
	pa, pb := parts(a), parts(b)
	return slices.CompareFunc(pa, pb, func(x, y string) int {
		nx, errx := strconv.ParseUint(x, 10, 64)
		ny, erry := strconv.ParseUint(y, 10, 64)
		if errx == nil && erry == nil {
			return cmp.Compare(nx, ny)
		}
		return strings.Compare(x, y)
	})
}

// parts cuts text into runs of digits and runs of anything else.
func parts(text string) []string {
	var out []string
	digits := false
	for i, r := range text {
		if d := unicode.IsDigit(r); i == 0 || d != digits {
			out = append(out, "")
			digits = d
		}
		out[len(out)-1] += string(r)
	}
	return out
}

// listKeys lists all the keys of the bucket.
func listKeys(ctx context.Context, src source) ([]string, error) {
	pages := s3.NewListObjectsV2Paginator(client(src), &s3.ListObjectsV2Input{Bucket: aws.String(src.Bucket)})
	var keys []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing bucket %s: %w", src.Bucket, err)
		}
		for _, object := range page.Contents {
			keys = append(keys, aws.ToString(object.Key))
		}
	}
	return keys, nil
}

// checkVersionedFile lists the object's versions, oldest first: the given one and those after it, else the
// latest only. S3 lists an object's versions latest first. No such object yet: no versions.
func checkVersionedFile(ctx context.Context, req request) ([]version, error) {
	found, err := listVersions(ctx, req.Source)
	if err != nil {
		return nil, err
	}
	versions := []version{}
	for _, v := range found {
		versions = append(versions, version{VersionID: aws.ToString(v.VersionId)})
		if req.Version == nil || versions[len(versions)-1] == *req.Version {
			break
		}
	}
	slices.Reverse(versions)
	return versions, nil
}

// listVersions lists the versions of source's versioned_file, latest first.
func listVersions(ctx context.Context, src source) ([]types.ObjectVersion, error) {
	pages := s3.NewListObjectVersionsPaginator(client(src), &s3.ListObjectVersionsInput{
		Bucket: aws.String(src.Bucket),
		Prefix: aws.String(src.VersionedFile),
	})
	var found []types.ObjectVersion
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing the versions of %s in bucket %s: %w", src.VersionedFile, src.Bucket, err)
		}
		for _, v := range page.Versions {
			if aws.ToString(v.Key) == src.VersionedFile {
				found = append(found, v)
			}
		}
	}
	return found, nil
}
