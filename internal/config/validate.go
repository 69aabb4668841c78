package config

import (
	"errors"
	"fmt"
	"net/url"
)

// Validate reports all errors in the document's own fields. A check that is wrong in itself is not among them: package match leaves it
// out, so that no pipeline's author can stop the others.
func (c *Config) Validate() error {
	err := c.validate()
	if c.ATC.URL == "" {
		_, missing := ParseURL("")
		err = errors.Join(fmt.Errorf("atc.url: it %w", missing), err)
	}
	return err
}

// validate is Validate without the question whether there is a URL.
func (c *Config) validate() error {
	var errs []error
	if _, err := ParseURL(c.ATC.URL); err != nil && c.ATC.URL != "" {
		errs = append(errs, fmt.Errorf("atc.url: it %w", err))
	}
	if c.Version < 0 || c.Version > CurrentVersion {
		errs = append(errs, fmt.Errorf("version: %d is not known", c.Version))
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
