package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providers"
	"github.com/dpb587/concourse-resource-endpoints/internal/receiver"
)

// providerTables are the rows of the tables of providers.
type providerTables struct{ rows, replays, events [][]string }

// served are all providers by name.
func served() map[string]provider.Provider {
	all := map[string]provider.Provider{notification.Name: notification}
	for _, p := range providers.All() {
		all[p.Name] = p
	}
	return all
}

// readProviders makes the rows of the docs, which must have all providers. The root has the folders of their packages. The error
// names everything that the providers contradict.
func readProviders(docs []providerDoc, root string) (providerTables, error) {
	var t providerTables
	var errs []error
	undocumented := served()
	for _, d := range docs {
		p, ok := undocumented[d.name]
		if !ok {
			errs = append(errs, fmt.Errorf("%s: no such provider, or two entries", d.name))
			continue
		}
		delete(undocumented, d.name)
		events, err := d.events(p, filepath.Join(root, d.dir, "testdata"))
		for _, err := range []error{err, d.checkRecognised(p), d.checkAuthentic(p)} {
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", d.name, err))
			}
		}
		t.rows = append(t.rows, []string{d.title, d.path(), d.authentic, d.recognisedBy()})
		t.events = append(t.events, events...)
		t.replays = d.addReplay(t.replays)
	}
	for _, name := range slices.Sorted(maps.Keys(undocumented)) {
		errs = append(errs, fmt.Errorf("%s: build/docs/providers.go has no entry for this provider", name))
	}
	return t, errors.Join(errs...)
}

const urlSecret = "the secret in the URL"

func (d providerDoc) path() string {
	switch {
	case d.name == notification.Name:
		return "the notification function"
	case strings.HasPrefix(d.authentic, urlSecret):
		return quoted("/" + d.name + "/SECRET")
	}
	return quoted("/" + d.name)
}

func (d providerDoc) recognisedBy() string {
	headers := make([]string, len(d.recognised))
	for i, h := range d.recognised {
		headers[i] = quoted(h)
	}
	return listed(headers)
}

// checkRecognised lets all providers look at each of the headers.
func (d providerDoc) checkRecognised(p provider.Provider) error {
	if (p.Recognise == nil) != (len(d.recognised) == 0) {
		return errors.New("the entry has recognised, or the provider Recognise, but not both")
	}
	for _, header := range d.recognised {
		name, value, _ := strings.Cut(header, ": ")
		req := &provider.Request{Path: "/", Header: http.Header{}}
		req.Header.Set(name, cmp.Or(value, "x"))
		if by := receiver.Recognise(providers.All(), req); by == nil || by.Name != d.name {
			return fmt.Errorf("%s does not make a delivery this provider's", header)
		}
	}
	return nil
}

// inHeader finds a header in backticks, without its value.
var inHeader = regexp.MustCompile("`(Authorization|[A-Za-z]+(?:-[A-Za-z0-9]+)+)(?::[^`]*)?`")

// checkAuthentic asks the provider whether it looks at each header that is named: then it says something else of a wrong
// value than of none. The secret in the URL must be enough where it is named, and nowhere else.
func (d providerDoc) checkAuthentic(p provider.Provider) error {
	if p.Refuse == nil {
		return nil
	}
	const secret = "right"
	refuse := func(path string, h http.Header) string {
		err := p.Refuse(&provider.Request{Method: http.MethodPost, Path: path, Header: h}, []string{secret})
		return fmt.Sprint(err)
	}
	none := refuse("/"+d.name, http.Header{})
	for _, match := range inHeader.FindAllStringSubmatch(d.authentic, -1) {
		h := http.Header{}
		h.Set(match[1], "wrong")
		if refuse("/"+d.name, h) == none {
			return fmt.Errorf("authentic names %s, which the provider does not look at", match[1])
		}
	}
	accepted := refuse("/"+d.name+"/"+secret, http.Header{}) != none
	if named := strings.Contains(d.authentic, urlSecret); named != accepted {
		return fmt.Errorf("authentic says %q: %v; the provider takes it: %v", urlSecret, named, accepted)
	}
	return nil
}

// addReplay adds the path to the row with the same words, or a new row. What is not signed has a row of its own in the prose.
func (d providerDoc) addReplay(rows [][]string) [][]string {
	if d.signed == "" {
		return rows
	}
	for _, row := range rows {
		if row[1] == d.signed && row[2] == d.replayed {
			row[0] += ", " + d.path()
			return rows
		}
	}
	return append(rows, []string{d.path(), d.signed, d.replayed})
}

// becomes are the page's words for the kinds of events.
var becomes = map[string]string{
	"push": "push", "repository": "repository changed", "object": "object", "image": "image", "release": "release",
	"pull_request": "pull request", "status": "status", "build": "build", "check": "the check itself",
}

// events lets the provider read the deliveries, and makes one row for each kind of event that a sender's become.
func (d providerDoc) events(p provider.Provider, testdata string) ([][]string, error) {
	var rows [][]string
	var errs []error
	unread := maps.Clone(p.Events)
	for _, s := range d.sends {
		title, first := s.title, len(rows)
		for _, one := range s.deliveries {
			name, kind, err := one.read(p, testdata)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", cmp.Or(one.file, one.event, one.body), err))
				continue
			}
			delete(unread, name)
			what := one.words(name)
			i := slices.IndexFunc(rows[first:], func(row []string) bool { return row[2] == kind })
			if i >= 0 {
				rows[first+i][1] += ", " + what
				continue
			}
			rows = append(rows, []string{title, what, kind})
			title = ""
		}
	}
	for _, name := range slices.Sorted(maps.Keys(unread)) {
		errs = append(errs, fmt.Errorf("no delivery in sends has the event %s", name))
	}
	return rows, errors.Join(errs...)
}

func (one delivery) words(name string) string {
	what := cmp.Or(one.as, quoted(name))
	if one.note != "" {
		what += " (" + one.note + ")"
	}
	return what
}

// read lets the provider read the delivery. The name is the key of the provider's Events, or, where it has none, the name that the
// delivery is logged by.
func (one delivery) read(p provider.Provider, testdata string) (name, kind string, err error) {
	body := []byte(one.body)
	if one.file != "" {
		if body, err = os.ReadFile(filepath.Join(testdata, filepath.FromSlash(one.file))); err != nil {
			return "", "", err
		}
	}
	changed := strings.NewReplacer(one.replace...).Replace(string(body))
	if len(one.replace) > 0 && changed == string(body) {
		return "", "", errors.New("nothing is replaced")
	}
	req := &provider.Request{Method: http.MethodPost, Path: "/" + p.Name, Header: http.Header{}, Body: []byte(changed)}
	if p.EventHeader != "" {
		req.Header.Set(p.EventHeader, one.event)
	}
	got, err := p.Parse(req)
	switch {
	case err != nil:
		return "", "", err
	case got.Ignored != "":
		return "", "", errors.New(got.Ignored)
	}
	if name = got.Name; p.Events != nil {
		name = p.Events.Key(name)
	}
	var kinds []string
	for _, e := range got.Events {
		kinds = add(kinds, becomes[e.Kind()])
	}
	if slices.Contains(kinds, "") {
		return "", "", errors.New("becomes has no word for the kind of an event")
	}
	return name, listed(kinds), nil
}
