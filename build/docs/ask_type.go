package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/resource"
)

// typeTables are the rows of the tables of resource types.
type typeTables struct{ rows, images [][]string }

// readTypes makes the rows of the docs, which must have all types. The error names everything that the types contradict.
func readTypes(docs []typeDoc) (typeTables, error) {
	var tables typeTables
	var errs []error
	undocumented := resource.Names()
	for _, d := range docs {
		i := slices.Index(undocumented, d.name)
		if i < 0 {
			errs = append(errs, fmt.Errorf("%s: no such type, or two entries", d.name))
			continue
		}
		undocumented = slices.Delete(undocumented, i, i+1)
		t, _ := resource.Lookup(d.name)
		spaces, events, err := d.ask(t)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", d.name, err))
		}
		tables.rows = append(tables.rows, []string{d.name, listed(spaces), d.found, d.decided, listed(events)})
		tables.images = append(tables.images, imagesOf(d.name))
	}
	for _, name := range undocumented {
		errs = append(errs, fmt.Errorf("%s: build/docs/types.go has no entry for this type", name))
	}
	return tables, errors.Join(errs...)
}

func imagesOf(name string) []string {
	builtIn := "no"
	if resource.BuiltIn(name) {
		builtIn = "yes"
	}
	var images []string
	for _, image := range resource.Images(name) {
		images = append(images, quoted(image))
	}
	return []string{name, builtIn, listed(images)}
}

// spaceWords are the page's words for what is watched.
var spaceWords = map[event.Space]string{
	event.SpaceRepository: "git repository", event.SpaceBucket: "bucket", event.SpaceImage: "image", event.SpaceBuild: "build",
}

// samples are an event of each kind that may concern a resource.
var samples = []event.Event{
	event.Push{},
	event.RepositoryChanged{What: event.DefaultBranch},
	event.ObjectCreated{},
	event.ImagePushed{},
	event.Release{},
	event.PullRequest{},
	event.Status{},
	event.Build{},
}

// ask finds in which spaces the sources are found, and which events the type decides on. It tries the fields, too.
func (d typeDoc) ask(t resource.Type) (spaces, events []string, err error) {
	sources := make([]resource.Source, len(d.sources))
	for i, text := range d.sources {
		if err := json.Unmarshal([]byte(text), &sources[i]); err != nil {
			return nil, nil, fmt.Errorf("reading the source %s: %w", text, err)
		}
		filter, err := t.Filter(sources[i])
		if err != nil {
			return nil, nil, fmt.Errorf("the source %s: %w", text, err)
		}
		for _, key := range filter.Keys().Exact {
			spaces = add(spaces, spaceWords[key.Space])
		}
		for _, e := range samples {
			if filter.Decide(e, resource.NewBudget(1<<20)).Rule != "other.kind" {
				events = add(events, becomes[e.Kind()])
			}
		}
	}
	switch {
	case len(spaces) == 0 || slices.Contains(spaces, ""):
		err = errors.New("the keys of the sources are all patterns, or of a space without a word in spaceWords")
	case len(events) == 0:
		err = errors.New("no event of samples is of its kind")
	}
	return spaces, events, errors.Join(err,
		tryFields(t, sources, "found", d.found, func(f resource.Filter) any { return f.Keys() }),
		tryFields(t, sources, "decided", d.decided, inDocument),
	)
}

// inDocument is the filter as the config document has it.
func inDocument(f resource.Filter) any {
	raw, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return string(raw)
}

func add(words []string, word string) []string {
	if slices.Contains(words, word) {
		return words
	}
	return append(words, word)
}

// inField finds the name of a field in backticks.
var inField = regexp.MustCompile("`([a-z0-9_.]+)`")

// tryFields takes each field that the words name out of the sources, one by one. That must change the part of the filter, or make
// the source one of no filter.
func tryFields(t resource.Type, sources []resource.Source, column, words string, part func(resource.Filter) any) error {
	var errs []error
	for _, match := range inField.FindAllStringSubmatch(words, -1) {
		matters := func(source resource.Source) bool {
			with, err := t.Filter(source)
			less, found := without(source, strings.Split(match[1], "."))
			if err != nil || !found {
				return false
			}
			filter, err := t.Filter(less)
			return err != nil || !reflect.DeepEqual(part(with), part(filter))
		}
		if !slices.ContainsFunc(sources, matters) {
			errs = append(errs, fmt.Errorf("%s names %s, which makes no difference to any of the sources", column, match[1]))
		}
	}
	return errors.Join(errs...)
}

// without is a copy of the source without the field at the path.
func without(source map[string]any, path []string) (less map[string]any, found bool) {
	less = make(map[string]any, len(source))
	for name, value := range source {
		inner, isObject := value.(map[string]any)
		switch {
		case name != path[0]:
			less[name] = value
		case len(path) == 1:
			found = true
		case isObject:
			less[name], found = without(inner, path[1:])
		}
	}
	return less, found
}
