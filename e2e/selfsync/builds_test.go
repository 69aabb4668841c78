package selfsync_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

func readFile(path string) (string, error) {
	content, err := os.ReadFile(path)
	return string(content), err
}

// status is that of a build of TEAM/PIPELINE[/VARS]/JOB; "" before there is one.
func (s *scene) status(job string, number int) string {
	s.t.Helper()
	var builds []struct {
		Name   string `json:"name"`
		Status string `json:"status"`
	}
	team, job, _ := strings.Cut(job, "/")
	s.must(json.Unmarshal([]byte(s.fly("builds", "--team", team, "-j", job, "--json")), &builds))
	for _, b := range builds {
		if b.Name == strconv.Itoa(number) {
			return b.Status
		}
	}
	return ""
}

// succeeded waits until a job's build has succeeded.
func (s *scene) succeeded(job string, number int) {
	s.t.Helper()
	s.finished(job, number, "succeeded")
}

// finished waits until a job's build has ended, with one of these statuses.
func (s *scene) finished(job string, number int, statuses ...string) {
	s.t.Helper()
	status := ""
	s.until(fmt.Sprintf("%s build %d", job, number), limit, func() error {
		if status = s.status(job, number); status == "" || status == "pending" || status == "started" {
			return fmt.Errorf("it is %q", status)
		}
		return nil
	})
	if !slices.Contains(statuses, status) {
		team, name, _ := strings.Cut(job, "/")
		out, _ := s.stack.Fly(s.ctx, "watch", "--team", team, "-j", name, "-b", strconv.Itoa(number))
		s.t.Fatalf("%s build %d has %s, want %v:\n%s", job, number, status, statuses, out)
	}
}

// hasBuilt is nil where a job's build has succeeded.
func (s *scene) hasBuilt(job string, number int) error {
	if status := s.status(job, number); status != "succeeded" {
		return fmt.Errorf("build %d of %s is %q", number, job, status)
	}
	return nil
}

// hasVersions is nil where a resource has as many versions.
func (s *scene) hasVersions(resource string, want int) error {
	s.t.Helper()
	var versions []struct{}
	s.must(json.Unmarshal([]byte(s.fly("resource-versions", "-r", resource, "--json")), &versions))
	if len(versions) != want {
		return fmt.Errorf("%s has %d versions, want %d", resource, len(versions), want)
	}
	return nil
}
