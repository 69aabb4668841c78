package story

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Resource is what Concourse's API says about one resource.
type Resource struct {
	// Name is PIPELINE/RESOURCE.
	Name string
	// Check is the id of the latest check's build; 0 before the first.
	Check int
	// Status is the status of that build.
	Status string
	// Version is the latest; nil before the first.
	Version map[string]string
	// Jobs are the latest builds of the pipeline's jobs that have finished, by the job's name: "3 succeeded".
	Jobs map[string]string
}

// State is the state of every resource, by its name.
type State map[string]Resource

// Names are the names of the resources, in order.
func (s State) Names() []string { return slices.Sorted(maps.Keys(s)) }

// State asks Concourse for the state of all resources.
func (s *Story) State(ctx context.Context) (State, error) {
	var resources []struct {
		Name     string `json:"name"`
		Pipeline string `json:"pipeline_name"`
		Build    struct {
			ID     int    `json:"id"`
			Status string `json:"status"`
		} `json:"build"`
	}
	if err := s.get(ctx, "/api/v1/resources", &resources); err != nil {
		return nil, err
	}
	state := make(State, len(resources))
	for _, r := range resources {
		resource := Resource{Name: r.Pipeline + "/" + r.Name, Check: r.Build.ID, Status: r.Build.Status}
		base := "/api/v1/teams/main/pipelines/" + r.Pipeline
		var versions []struct {
			Version map[string]string `json:"version"`
		}
		if err := s.get(ctx, base+"/resources/"+r.Name+"/versions?limit=1", &versions); err != nil {
			return nil, err
		}
		if len(versions) > 0 {
			resource.Version = versions[0].Version
		}
		if err := s.jobs(ctx, base, &resource); err != nil {
			return nil, err
		}
		state[resource.Name] = resource
	}
	return state, nil
}

func (s *Story) jobs(ctx context.Context, pipeline string, r *Resource) error {
	var jobs []struct {
		Name     string `json:"name"`
		Finished struct {
			Name   string `json:"name"`
			Status string `json:"status"`
		} `json:"finished_build"`
		Next *struct{} `json:"next_build"`
	}
	if err := s.get(ctx, pipeline+"/jobs", &jobs); err != nil {
		return err
	}
	r.Jobs = make(map[string]string, len(jobs))
	for _, j := range jobs {
		r.Jobs[j.Name] = strings.TrimSpace(j.Finished.Name + " " + j.Finished.Status)
		if j.Next != nil {
			r.Jobs[j.Name] += " (next running)"
		}
	}
	return nil
}

func (s *Story) get(ctx context.Context, path string, into any) error {
	out, err := s.Stack.Fly(ctx, "curl", path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(out), into); err != nil {
		return fmt.Errorf("reading Concourse's answer to %s: %w", path, err)
	}
	return nil
}

// Until polls the state until wanted returns nil; its error says what is missing.
func (s *Story) Until(ctx context.Context, limit time.Duration, wanted func(State) error) (State, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		state, err := s.State(ctx)
		if err == nil {
			if err = wanted(state); err == nil {
				return state, nil
			}
		}
		select {
		case <-ctx.Done():
			return state, errors.Join(fmt.Errorf("not within %s", limit), err)
		case <-tick.C:
		}
	}
}

// Quiet says what is missing until every resource was checked and every job has built what its inputs found at first.
func Quiet(state State) error {
	if len(state) == 0 {
		return errors.New("there are no resources")
	}
	for _, name := range state.Names() {
		r := state[name]
		if r.Check == 0 || r.Status != "succeeded" || r.Version == nil {
			return fmt.Errorf("%s was not checked with success yet (%q)", name, r.Status)
		}
		for job, builds := range r.Jobs {
			if !strings.HasSuffix(builds, "succeeded") {
				return fmt.Errorf("the job %s of %s has not finished a build yet (%q)", job, name, builds)
			}
		}
	}
	return nil
}
