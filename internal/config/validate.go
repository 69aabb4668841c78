package config

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
)

// Validate reports everything that is wrong with the document's own fields, each error with the check and the field.
func (c *Config) Validate() error {
	errs := []error{validateURL(c.ATC.URL)}
	if c.Version < 0 || c.Version > CurrentVersion {
		errs = append(errs, fmt.Errorf("version: %d is not known", c.Version))
	}
	seen := make(map[string]int, len(c.Checks))
	for i := range c.Checks {
		check := &c.Checks[i]
		ref, err := check.Ref()
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", label(i, check), err))
			continue
		}
		if check.Filter = bytes.TrimSpace(check.Filter); len(check.Filter) == 0 || check.Filter[0] != '{' {
			errs = append(errs, fmt.Errorf("%s: filter: an object is needed", label(i, check)))
		}
		// The original's form may list one resource with several filters; the grown form holds each once.
		name := ref.String()
		if first, ok := seen[name]; ok && c.Version > 0 {
			errs = append(errs, fmt.Errorf("%s: check: the same as checks[%d]", label(i, check), first))
		}
		seen[name] = i
	}
	return errors.Join(errs...)
}

func validateURL(raw string) error {
	if raw == "" {
		return errors.New("atc.url: missing; it is the Concourse's external URL")
	}
	u, err := url.Parse(raw)
	if err != nil {
		return errors.New("atc.url: not a URL") // the parse error would print what may hold a password
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return errors.New("atc.url: must start with https:// or http:// and name a host")
	}
	if u.User != nil {
		return errors.New("atc.url: must not hold a user or password")
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return errors.New("atc.url: must not hold a query or fragment")
	}
	return nil
}

// label names the check for an error: its place, and its name where it has one.
func label(i int, c *Check) string {
	if c.Check == "" {
		return fmt.Sprintf("checks[%d]", i)
	}
	team := c.Team
	if team == "" {
		team = DefaultTeam
	}
	return fmt.Sprintf("checks[%d] (%s/%s)", i, team, c.Check)
}
