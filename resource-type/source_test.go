package main_test

import (
	"maps"
	"strings"
	"testing"
)

// All three programs refuse a wrong source, with the path of the field and without secrets.
func TestBadSources(t *testing.T) {
	t.Parallel()
	login := object{"url": "https://ci.example.com", "username": "robot", "password": password}
	with := func(base object, changes object) object {
		out := maps.Clone(base)
		maps.Copy(out, changes)
		return out
	}
	bucket := object{"url": configURL, "access_key_id": "key", "secret_access_key": "planted-secret"}
	for name, tt := range map[string]struct {
		source object
		want   string
	}{
		"nothing":             {object{}, "source.concourse.url: it is missing"},
		"null":                {nil, "source.concourse.url: it is missing"},
		"no login":            {object{"concourse": object{"url": "https://ci.example.com"}}, "source.concourse: a login is missing"},
		"half a login":        {object{"concourse": object{"url": "https://ci.example.com", "password": password}}, "source.concourse: username is missing beside password"},
		"half a client":       {object{"concourse": object{"url": "https://ci.example.com", "client_id": "x"}}, "source.concourse: client_secret is missing beside client_id"},
		"two logins":          {object{"concourse": with(login, object{"token": "planted"})}, "source.concourse: more than one login is given"},
		"a URL of another":    {object{"concourse": with(login, object{"url": "ci.example.com"})}, "source.concourse: the Concourse's URL must start with https://"},
		"a URL with password": {object{"concourse": with(login, object{"url": "https://a:planted@ci.example.com"})}, "source.concourse: the Concourse's URL must not hold a user"},
		"a bad certificate":   {object{"concourse": with(login, object{"ca_cert": "planted"})}, "source.concourse: "},
		"unknown":             {object{"concourse": login, "confg": bucket}, "source.confg: no such field; the fields are concourse, config, teams, include_paused, include_unused, vars"},
		"unknown within":      {object{"concourse": with(login, object{"usrname": "planted"})}, "source.concourse.usrname: no such field; the fields are url, username"},
		"unknown in config":   {object{"concourse": login, "config": with(bucket, object{"bucket": "x"})}, "source.config.bucket: no such field"},
		"concourse a string":  {object{"concourse": "planted"}, "source.concourse: a string where an object is expected"},
		"a number":            {object{"concourse": with(login, object{"password": 12345})}, "source.concourse.password: a number where a string is expected"},
		"a list of no list":   {object{"concourse": login, "config": bucket, "redeploy": "webhook"}, "source.redeploy: a string where an array is expected; give fly a var that is not a string with -y"},
		"a boolean in text":   {object{"concourse": login, "include_paused": "true"}, "source.include_paused: a string where a boolean is expected"},
		"no config URL":       {object{"concourse": login, "config": object{"region": "eu-central-1"}}, "source.config.url: it is missing"},
		"no key":              {object{"concourse": login, "config": object{"url": "s3://bucket"}}, "source.config.url: it is not of the form s3://BUCKET/KEY"},
		"a file":              {object{"concourse": login, "config": object{"url": "/config.json"}}, "source.config.url: it is not of the form"},
		"a query":             {object{"concourse": login, "config": object{"url": "s3://bucket/key?region=x"}}, "source.config.url: it is not of the form"},
		"half a key":          {object{"concourse": login, "config": object{"url": configURL, "secret_access_key": "planted"}}, "access_key_id and secret_access_key are needed together"},
		"a session alone":     {object{"concourse": login, "config": object{"url": configURL, "session_token": "planted"}}, "source.config.access_key_id: it is missing beside session_token"},
		"redeploy of nothing": {object{"concourse": login, "redeploy": []string{"webhook"}}, "source.redeploy: it needs source.config"},
		"no function":         {object{"concourse": login, "config": bucket, "redeploy": []string{"a b"}}, `source.redeploy: function "a b"`},
		"an unknown alias":    {object{"concourse": login, "type_aliases": object{"mine": "gti"}}, `source.type_aliases.mine: type "gti" is not known`},
		"a webhook token":     {object{"concourse": login, "webhook_token": "planted"}, "source.webhook_token: it is not a reference"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, program := range []string{"check", "in", "out"} {
				r := run(t, program, object{"source": tt.source, "version": version{Digest: "sha256:0"}}, nil, t.TempDir())
				if !r.failed || !strings.Contains(r.stderr, tt.want) {
					t.Errorf("%s: failed %t, says %s want %s", program, r.failed, r.stderr, tt.want)
				}
			}
		})
	}
}

func TestBadRequests(t *testing.T) {
	t.Parallel()
	a, b := newATC(t, app), newBucket(t)
	good := source(a, b)
	wrong := source(a, b)
	wrong["concourse"] = object{"url": a.URL, "username": "robot", "password": "planted-wrong"}
	lost := source(a, b)
	lost["config"].(object)["url"] = "s3://nowhere/config.json"
	for name, tt := range map[string]struct {
		program string
		request object
		args    []string
		want    string
	}{
		"another name":       {"other", object{}, nil, `the program's name is "other"`},
		"no version":         {"in", object{"source": good}, []string{t.TempDir()}, "the request has no version to get"},
		"in without dir":     {"in", object{"source": good, "version": object{"digest": "x"}}, nil, "in takes one argument"},
		"out without dir":    {"out", object{"source": good}, nil, "out takes one argument"},
		"unknown param":      {"out", object{"source": good, "params": object{"file": "x"}}, []string{t.TempDir()}, "params.file: no such field; the fields are config, force"},
		"no such document":   {"out", object{"source": good, "params": object{"config": "x/config.json"}}, []string{t.TempDir()}, "params.config: there is no x/config.json"},
		"outside":            {"out", object{"source": good, "params": object{"config": "../config.json"}}, []string{t.TempDir()}, "params.config: the path is outside of"},
		"a wrong password":   {"check", object{"source": wrong}, nil, "robot"},
		"no such bucket":     {"check", object{"source": lost}, nil, `there is no bucket "nowhere"`},
		"no JSON altogether": {"check", nil, nil, "source.concourse.url: it is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := run(t, tt.program, tt.request, nil, tt.args...)
			if !r.failed || !strings.Contains(r.stderr, tt.want) {
				t.Errorf("failed %t, says %s want %s", r.failed, r.stderr, tt.want)
			}
		})
	}
}
