package generic

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/oidc"
	"github.com/dpb587/concourse-resource-endpoints/internal/strictjson"
)

// Issuer is one who makes tokens for jobs, such as GitHub Actions or GitLab CI, with those of its tokens that count and what these may
// send. In the patterns, * stands for any text.
type Issuer struct {
	// Issuer is the iss of the tokens: https://token.actions.githubusercontent.com, or the URL of a GitLab.
	Issuer string `json:"issuer"`
	// Audience is the aud that jobs ask for.
	Audience string `json:"audience"`
	// Subjects are patterns of sub: repo:acme/*, or repo:acme@123456/* for the repositories that GitHub names with their ids.
	Subjects []string `json:"subjects"`
	// Also are patterns of the keys of events that a job may send beside those of its own repository: image:ghcr.io/acme/*,
	// bucket:releases, check:main/app/*, repository:github.com/acme/*.
	Also []string `json:"also"`
	// JWKS is where the issuer's keys are: an https URL or a file; "" for where the issuer says.
	JWKS string `json:"jwks"`
}

// Issuers are those whose tokens count. A token may count by several of them.
type Issuers []Issuer

// UnmarshalText reads the issuers from JSON: a list of objects, or one.
func (i *Issuers) UnmarshalText(text []byte) error {
	document := strings.TrimSpace(string(text))
	if strings.HasPrefix(document, "{") {
		document = "[" + document + "]"
	}
	var list []Issuer
	if err := strictjson.UnmarshalKnown([]byte(document), &list); err != nil {
		return fmt.Errorf("reading the issuers: %w", err)
	}
	for n, one := range list {
		if err := one.check(); err != nil {
			return fmt.Errorf("issuer %d: %w", n+1, err)
		}
	}
	*i = list
	return nil
}

// ofAnybody are the issuers that make tokens for anybody's jobs.
var ofAnybody = []string{"https://token.actions.githubusercontent.com", "https://gitlab.com"}

// ownerEnds matches a subject that says where the name of an owner ends, as repo:acme/, repo:acme@ and repository_owner:acme: do.
var ownerEnds = regexp.MustCompile(`^[^:*]+:[^:/@*]+[:/@]`)

func (i Issuer) check() error {
	if err := oidc.CheckIssuer(i.Issuer); err != nil {
		return fmt.Errorf("issuer: %w", err)
	}
	if i.Audience == "" {
		return errors.New("audience is missing: it is what jobs ask for, such as this endpoint's URL")
	}
	if len(i.Subjects) == 0 {
		return errors.New("subjects is missing: patterns of the tokens' sub, such as repo:acme/* and repo:acme@ID/* for GitHub or project_path:acme/* for GitLab")
	}
	for field, patterns := range map[string][]string{"subjects": i.Subjects, "also": i.Also} {
		for _, p := range patterns {
			if strings.Trim(p, "*") == "" {
				return fmt.Errorf("%s: a pattern that is empty or matches anything would let in jobs of anybody: name yours", field)
			}
		}
	}
	for _, p := range i.Subjects {
		if slices.Contains(ofAnybody, i.Issuer) && strings.Contains(p, "*") && !ownerEnds.MatchString(p) {
			return errors.New("subjects: before its first * a pattern must say where the owner's name ends, as in repo:acme/*, repo:acme@ID/* or " +
				"project_path:acme/*: else it lets in jobs of anybody")
		}
	}
	for _, p := range i.Also {
		space, _, _ := strings.Cut(p, ":")
		if !slices.Contains([]event.Space{event.SpaceRepository, event.SpaceBucket, event.SpaceImage, event.SpaceCheck}, event.Space(space)) {
			return errors.New("also: a pattern begins with repository:, bucket:, image: or check:, as in image:ghcr.io/acme/*")
		}
	}
	if err := oidc.CheckPlace(i.JWKS); err != nil {
		return fmt.Errorf("jwks: %w", err)
	}
	return nil
}

// allows reports whether a job of the repository may send an event. An event leads to the resources of each of its keys, so that each
// has to be allowed.
func (i Issuer) allows(repository event.Key, e event.Event) bool {
	return !slices.ContainsFunc(e.Keys(), func(k event.Key) bool {
		return k != repository && !matchesAny(i.Also, k.String())
	})
}

func matchesAny(patterns []string, text string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, text) })
}

// matches compares a text with a pattern, whose * stands for any text.
func matches(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	first, last := parts[0], parts[len(parts)-1]
	if len(parts) == 1 {
		return text == pattern
	}
	if len(text) < len(first)+len(last) || !strings.HasPrefix(text, first) || !strings.HasSuffix(text, last) {
		return false
	}
	text = text[len(first) : len(text)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		_, after, ok := strings.Cut(text, part)
		if !ok {
			return false
		}
		text = after
	}
	return true
}
