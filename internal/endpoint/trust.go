package endpoint

import (
	"errors"
	"fmt"

	"github.com/dpb587/concourse-resource-endpoints/internal/config"
	"github.com/dpb587/concourse-resource-endpoints/internal/secret"
)

// Whoever can write the config must not get what the endpoint knows: the login and the secrets go only where the operator says.

// checkTrust reports settings that would let the config say where the login or other secrets go.
func (s Settings) checkTrust() error {
	if err := s.References.Validate(); err != nil {
		return fmt.Errorf("CONFIG_REFERENCES: %w", err)
	}
	if s.ConcourseURL != "" {
		if _, err := config.ParseURL(s.ConcourseURL); err != nil {
			return fmt.Errorf("CONCOURSE_URL: it %w", err)
		}
		return nil
	}
	const need = "CONCOURSE_URL (--concourse-url) is not set: %s goes only to the Concourse that you name there, whatever the config says; " +
		"set it to Concourse's external URL, such as https://ci.example.com"
	switch {
	case s.Login.Given():
		return fmt.Errorf(need, "the login")
	case len(s.References) > 0:
		return fmt.Errorf(need, "a secret of CONFIG_REFERENCES")
	}
	return nil
}

// checkATC refuses a config for another Concourse than the operator's.
func (s Settings) checkATC(url string) error {
	if url == "" {
		return errors.New("atc.url: the config has none: generate it with --concourse-url, or set CONCOURSE_URL here, to Concourse's external URL")
	}
	if s.ConcourseURL != "" && !config.SameURL(s.ConcourseURL, url) {
		return fmt.Errorf("atc.url: the config is for %s, but this endpoint is for %s (CONCOURSE_URL)", url, s.ConcourseURL)
	}
	return nil
}

// checkReference refuses a reference in the config that the operator does not allow there.
func (s Settings) checkReference(reference string) error {
	if secret.IsReference(reference) && !s.References.Allows(reference) {
		return fmt.Errorf("the config may not refer to %s: if it should, add it, or a prefix of it, to CONFIG_REFERENCES (--config-references)",
			reference)
	}
	return nil
}
