package resource

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// filter is what the types of this package make: a Filter whose keys are found once its fields are set.
type filter interface {
	Filter
	// index finds the keys, cheaply: it runs for every check at a cold start. It fails where the identifying fields do
	// not tell what the filter is about.
	index() error
	// compile reports what of the filter can't be understood, or could never have a version.
	compile() error
}

// kindOf is a Type made of its parts. F is the filter's struct.
type kindOf[F any, P interface {
	*F
	filter
}] struct {
	name string
	// read sets the filter's fields from a source.
	read func(*reader, *F)
}

// Name is the type's name.
func (k kindOf[F, P]) Name() string { return k.name }

// Filter reads a source, and reports what will never work in it.
func (k kindOf[F, P]) Filter(source Source) (Filter, error) {
	r := &reader{source: source}
	f := P(new(F))
	k.read(r, (*F)(f))
	if err := r.err(); err != nil {
		return nil, err
	}
	if err := f.index(); err != nil {
		return nil, err
	}
	if err := f.compile(); err != nil {
		return nil, err
	}
	return f, nil
}

// Parse reads a filter of the config document. What it does not compile here, Decide does.
func (k kindOf[F, P]) Parse(raw json.RawMessage) (Filter, error) {
	f := P(new(F))
	if err := decode(raw, f); err != nil {
		return nil, fmt.Errorf("reading a %s filter: %w", k.name, err)
	}
	if err := f.index(); err != nil {
		return nil, fmt.Errorf("reading a %s filter: %w", k.name, err)
	}
	return f, nil
}

// decode reads one JSON object into v and refuses fields that v doesn't have. Its errors hold no values.
func decode(raw []byte, v any) error {
	if !bytes.HasPrefix(bytes.TrimLeft(raw, " \t\r\n"), []byte("{")) {
		return errors.New("not a JSON object")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	var wrong *json.UnmarshalTypeError
	err := d.Decode(v)
	switch {
	case errors.As(err, &wrong):
		value, _, _ := strings.Cut(wrong.Value, " ")
		return fmt.Errorf("%s: unexpected %s", wrong.Field, value)
	case err != nil:
		return errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more after the object")
	}
	return nil
}
