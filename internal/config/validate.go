package config

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
)

// Validate reports all errors in the document's own fields. Each error names the check and the field.
func (c *Config) Validate() error {
	var errs []error
	if _, err := ParseURL(c.ATC.URL); err != nil {
		errs = append(errs, fmt.Errorf("atc.url: it %w", err))
	}
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
		// The 2016 form may list a resource several times, each time with another filter.
		name := ref.String()
		if first, ok := seen[name]; ok && c.Version > 0 {
			errs = append(errs, fmt.Errorf("%s: check: the same as checks[%d]", label(i, check), first))
		}
		seen[name] = i
	}
	return errors.Join(errs...)
}

// ParseURL reads an ATC's external URL. Its errors have no subject ("is missing"), so that the caller can name the setting.
// They never quote the URL, which may hold a password.
func ParseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case raw == "":
		return nil, errors.New("is missing; give the ATC's external URL, such as https://ci.example.com")
	case err != nil:
		return nil, errors.New("is not a URL")
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, errors.New("must start with https:// or http:// and name a host")
	case u.User != nil:
		return nil, errors.New("must not hold a user or password; configure a login instead")
	case u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("must not hold a query or fragment")
	}
	return u, nil
}

// label names the check in an error, by its index and by its name if it has one.
func label(i int, c *Check) string {
	if c.Check == "" {
		return fmt.Sprintf("checks[%d]", i)
	}
	return fmt.Sprintf("checks[%d] (%s/%s)", i, cmp.Or(c.Team, DefaultTeam), c.Check)
}
