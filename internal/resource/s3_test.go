package resource_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

func object(store event.Store, key string) event.ObjectCreated {
	return event.ObjectCreated{Store: store, Bucket: "builds", Key: key}
}

func TestS3(t *testing.T) {
	t.Parallel()
	const re = `{"bucket":"builds","regexp":"app/app-(.*)\\.tgz"}`
	file := object(event.S3, "app/app-1.2.3.tgz")
	decide(t, "s3", []row{
		{"regexp", re, file, true, "object.regexp", "object app/app-1.2.3.tgz in bucket builds matches regexp"},
		{"regexp is anchored", re, object(event.S3, "old/app/app-1.2.3.tgz"), false, "object.regexp", "does not match regexp"},
		{"the older reading crosses slashes", `{"bucket":"builds","regexp":"app-(.*)"}`, object(event.S3, "app-1/x"), true, "object.regexp", "matches regexp"},
		{"another bucket", `{"bucket":"other","regexp":"(.*)"}`, file, false, "other.bucket", "another bucket"},
		{"versioned_file", `{"bucket":"builds","versioned_file":"app/app-1.2.3.tgz"}`, file, true, "object.key", "is versioned_file"},
		{"another file", `{"bucket":"builds","versioned_file":"app/app-1.2.3"}`, file, false, "object.key", "versioned_file is app/app-1.2.3"},
		{"regexp unresolved", `{"bucket":"builds","regexp":"((re))"}`, file, true, "uncertain.var", "regexp is ((re)), which was not resolved"},
		{"file unresolved", `{"bucket":"builds","versioned_file":"((dir))/x"}`, file, true, "uncertain.var", "versioned_file is ((dir))/x"},
		{"bucket unresolved in part", `{"bucket":"((env))-builds","versioned_file":"app/app-1.2.3.tgz"}`, event.ObjectCreated{Store: event.S3, Bucket: "prod-builds", Key: "app/app-1.2.3.tgz"}, true, "object.key", ""},
		{"another bucket, unresolved in part", `{"bucket":"((env))-builds","versioned_file":"app/app-1.2.3.tgz"}`, file, false, "other.bucket", "another bucket"},
		{"access point", `{"bucket":"arn:aws:s3:eu-west-1:123456789012:accesspoint/ap","versioned_file":"app/app-1.2.3.tgz"}`, file, true, "object.key", ""},
		{"access point, another file", `{"bucket":"arn:aws:s3:eu-west-1:123456789012:accesspoint/ap","versioned_file":"x"}`, file, false, "object.key", ""},
		{"Object Lambda access point alias", `{"bucket":"ap-x1y2--ol-s3","versioned_file":"app/app-1.2.3.tgz"}`, file, true, "object.key", ""},
		{"multi-Region access point alias", `{"bucket":"x1y2.mrap","versioned_file":"app/app-1.2.3.tgz"}`, file, true, "object.key", ""},
		{"access point alias", `{"bucket":"ap-x1y2-s3alias","versioned_file":"app/app-1.2.3.tgz"}`, file, true, "object.key", ""},
		{"Google's store", re, object(event.GCS, "app/app-1.2.3.tgz"), false, "other.bucket", "another store (gcs)"},
		{"Google's store by S3's API", `{"bucket":"builds","regexp":"app/app-(.*)\\.tgz","endpoint":"https://storage.googleapis.com"}`, object(event.GCS, "app/app-1.2.3.tgz"), true, "object.regexp", ""},
		{"Google's store, perhaps", `{"bucket":"builds","regexp":"app/app-(.*)\\.tgz","endpoint":"https://((host))"}`, object(event.GCS, "app/app-1.2.3.tgz"), true, "object.regexp", ""},
		{"Swift", `{"bucket":"builds","regexp":"app/app-(.*)\\.tgz","endpoint":"https://storage.googleapis.com"}`, object(event.Swift, "app/app-1.2.3.tgz"), false, "other.bucket", ""},
	})
}

// s3Walk lists a bucket as the s3 resource does: breadth first, by prefix and delimiter. It is a transcription of the rules
// that takes a whole bucket, where the filter has but one key.
func s3Walk(keys []string, expression string) (matching []string, panics bool) {
	defer func() { panics = recover() != nil }()
	trimmed := strings.TrimSuffix(strings.TrimPrefix(expression, "^"), "$")
	type job struct {
		prefix string
		rest   []string
	}
	special := regexp.MustCompile(`[\\\*\.\[\]\(\)\{\}\?\|\^\$\+]`)
	for queue := []job{{rest: strings.Split(trimmed, "/")}}; len(queue) > 0; queue = queue[1:] {
		prefix, section, rest := queue[0].prefix, queue[0].rest[0], queue[0].rest[1:]
		if len(rest) > 0 && !special.MatchString(section) {
			queue = append(queue, job{prefix + section + "/", rest})
			continue
		}
		end := "$"
		if len(rest) > 0 {
			end = "/$"
		}
		re := regexp.MustCompile("^" + prefix + section + end)
		folders := map[string]bool{}
		for _, key := range keys {
			below, ok := strings.CutPrefix(key, prefix)
			if !ok {
				continue
			}
			folder, _, isFolder := strings.Cut(below, "/")
			switch {
			case isFolder && len(rest) > 0 && !folders[folder] && re.MatchString(prefix+folder+"/"):
				folders[folder] = true
				queue = append(queue, job{prefix + folder + "/", rest})
			case !isFolder && len(rest) == 0 && re.MatchString(key):
				if m := regexp.MustCompile(expression).FindStringSubmatch(key); len(m) > 1 {
					matching = append(matching, key)
				}
			}
		}
	}
	return matching, false
}

var (
	s3Keys = []string{
		"a-1", "a-1.tgz", "x/a-1.tgz", "x/y/a-1.tgz", "x/yy/a-1.tgz", "x/y/z/a-2.tgz", "x.y/a-1", "xzy/a-1", "a", "b", "a/b", "ab",
		"x/", "x//a-1", "x/a|b/c", "dir+1/a-1", "dir1/a-1", "(x)/a-1", "x/a-1.tgz.sha", "é/a-1", "x\ny/a-1",
	}
	s3Expressions = []string{
		"a-(.*)", "^a-(.*)$", "a-(.*).tgz", "x/a-(.*).tgz", "x/y/a-(.*).tgz", "x/y+/a-(.*).tgz", "x/.*/a-(.*).tgz", "(.*)/a-1.tgz",
		"a|(b)", "x/a|(b)", "x|y/a-(.*)", "x/(y|z)/a-(.*)", "x.y/a-(.*)", `x\.y/a-(.*)`, "(x/y)/a-(.*)", "(?P<version>.*)", "x/(?P<version>.*)",
		"x//a-(.*)", "/a-(.*)", "x/(.*)/", "^x/y/^a-(.*)", "(a)(b)?", "dir+1/a-(.*)", `dir\+1/a-(.*)`, ".*/a-(.*)", `\(x\)/a-(.*)`, "x/(.*)", "(.*)",
		"[^/]+/a-(.*)", "x/y{1,2}/a-(.*)", "(?i)A-(.*)", "(?s)x.y/a-(.*)",
	}
)

// Whatever either release of the resource takes, the filter takes; and nothing else.
func TestS3RegexpDifferential(t *testing.T) {
	t.Parallel()
	for _, expression := range s3Expressions {
		f, err := lookup(t, "s3").Filter(map[string]any{"bucket": "builds", "regexp": expression})
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		walked, panics := s3Walk(s3Keys, expression)
		older := regexp.MustCompile("^" + expression + "$")
		for _, key := range s3Keys {
			want := older.MatchString(key)
			for _, w := range walked {
				want = want || w == key
			}
			d := f.Decide(object(event.S3, key), nil)
			if d.Check != want && (!panics || want) {
				t.Errorf("%s of %q: got %v %q, want %v", expression, key, d.Check, d.Reason, want)
			}
		}
	}
}

func FuzzS3Regexp(f *testing.F) {
	for i, expression := range s3Expressions {
		f.Add(expression, s3Keys[i%len(s3Keys)])
	}
	f.Fuzz(func(t *testing.T, expression, key string) {
		if _, err := regexp.Compile(expression); err != nil || len(expression) > 200 || strings.Contains(expression, "((") {
			return
		}
		filter, err := lookup(t, "s3").Filter(map[string]any{"bucket": "builds", "regexp": expression})
		if err != nil {
			return
		}
		walked, _ := s3Walk([]string{key}, expression)
		if d := filter.Decide(object(event.S3, key), nil); len(walked) > 0 && !d.Check {
			t.Errorf("%q of %q: %q", expression, key, d.Reason)
		}
	})
}
