package resource

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

// terraformFilter is the filter of https://github.com/ljfranklin/terraform-resource: the state of one environment, or of any where
// env_name is not set, as an object that Terraform's backend writes, or in the resource's own storage of earlier releases.
type terraformFilter struct {
	EnvName       string         `json:"env_name,omitempty"`
	BackendType   string         `json:"backend_type,omitempty"`
	BackendConfig *stateBackend  `json:"backend_config,omitempty"`
	Storage       *legacyStorage `json:"storage,omitempty"`
	MigratedFrom  *legacyStorage `json:"migrated_from_storage,omitempty"`

	watched
}

// stateBackend is the part of backend_config that says where states are. Which of the fields there are depends on the backend.
type stateBackend struct {
	Bucket   string `json:"bucket,omitempty"`
	Endpoint string `json:"endpoint,omitempty"`
	Key      string `json:"key,omitempty"`
	// WorkspaceKeyPrefix is env: where it is not set, and . where it is set to nothing.
	WorkspaceKeyPrefix string `json:"workspace_key_prefix,omitempty"`
	Prefix             string `json:"prefix,omitempty"`
	StorageAccountName string `json:"storage_account_name,omitempty"`
	ContainerName      string `json:"container_name,omitempty"`
}

// legacyStorage is a folder of a bucket of S3.
type legacyStorage struct {
	Bucket     string `json:"bucket"`
	BucketPath string `json:"bucket_path,omitempty"`
	Endpoint   string `json:"endpoint,omitempty"`
}

// eventlessBackends are the backends of Terraform whose states nobody hears of
// (https://developer.hashicorp.com/terraform/language/backend).
var eventlessBackends = []string{
	"artifactory", "cloud", "consul", "cos", "etcd", "etcdv3", "http", "kubernetes", "local", "manta", "oci", "oss", "pg", "remote", "swift",
}

func (f *terraformFilter) fill(r *reader) {
	f.EnvName, f.BackendType = r.text("env_name"), r.text("backend_type")
	if source, ok := r.object("backend_config"); ok && f.BackendType != "" {
		inner := &reader{source: source}
		f.BackendConfig = backendOf(f.BackendType, inner)
		r.errs = append(r.errs, inner.errs...)
	}
	f.Storage, f.MigratedFrom = legacyOf(r, "storage"), legacyOf(r, "migrated_from_storage")
}

func backendOf(backend string, r *reader) *stateBackend {
	switch backend {
	case "gcs":
		return &stateBackend{Bucket: r.text("bucket"), Prefix: r.text("prefix")}
	case "azurerm":
		return &stateBackend{StorageAccountName: r.text("storage_account_name"), ContainerName: r.text("container_name"), Key: r.text("key")}
	}
	b := &stateBackend{Bucket: r.text("bucket"), Endpoint: stateEndpoint(r), Key: r.text("key"), WorkspaceKeyPrefix: r.text("workspace_key_prefix")}
	if b.WorkspaceKeyPrefix == "" && r.source["workspace_key_prefix"] != nil {
		b.WorkspaceKeyPrefix = "."
	}
	return b
}

// stateEndpoint is endpoint or, since Terraform 1.6, endpoints.s3, as googleEndpoint has it
// (https://developer.hashicorp.com/terraform/language/backend/s3#endpoints).
func stateEndpoint(r *reader) string {
	endpoints, _ := r.source["endpoints"].(map[string]any)
	return cmp.Or(googleEndpoint(r), googleEndpoint(&reader{source: Source{"endpoint": endpoints["s3"]}}), varIn(r.source["endpoints"]))
}

func legacyOf(r *reader, field string) *legacyStorage {
	source, ok := r.object(field)
	if !ok || len(source) == 0 {
		return nil
	}
	inner := &reader{source: source}
	s := &legacyStorage{Bucket: inner.text("bucket"), BucketPath: inner.text("bucket_path"), Endpoint: googleEndpoint(inner)}
	r.errs = append(r.errs, inner.errs...)
	return s
}

func (f *terraformFilter) index() error {
	if f.BackendType != "" {
		keys, err := f.backendKeys()
		if err != nil {
			return err
		}
		f.keys = keys
	}
	for _, s := range []*legacyStorage{f.Storage, f.MigratedFrom} {
		if s == nil {
			continue
		}
		keys, err := bucketKeys(s.Bucket)
		if err != nil {
			return fmt.Errorf("storage: %w", err)
		}
		f.keys = f.keys.and(keys)
	}
	if f.BackendType == "" && f.Storage == nil {
		return errors.New("neither backend_type nor storage is set, or it is a ((var)) that was not resolved")
	}
	return nil
}

func (f *terraformFilter) backendKeys() (Keys, error) {
	b := f.BackendConfig
	switch {
	case slices.Contains(eventlessBackends, f.BackendType):
		return Keys{}, errors.New("the backend " + f.BackendType + " tells nobody of a new state, so go on polling")
	case HasVar(f.BackendType):
		return Keys{}, errUnresolved("backend_type")
	case f.BackendType != "s3" && f.BackendType != "gcs" && f.BackendType != "azurerm":
		return Keys{}, errors.New("backend_type is none of s3, gcs and azurerm: of others nothing is known here, so go on polling")
	case b == nil:
		return Keys{}, errors.New("backend_config is missing, or a ((var)) that was not resolved")
	case f.BackendType == "azurerm":
		return containerKeys(b.StorageAccountName, b.ContainerName)
	}
	return bucketKeys(b.Bucket)
}

// Decide follows src/terraform-resource/check/check.go there.
func (f *terraformFilter) Decide(e event.Event, b *Budget) Decision {
	return decide("terraform", &f.watched, e, b, f.object)
}

func (f *terraformFilter) object(o event.ObjectCreated) Decision {
	d := otherStore(o)
	if b := f.BackendConfig; b != nil && inStore(storeOf(f.BackendType), b.Endpoint, o) {
		if d = f.state(o, b); d.Check {
			return d
		}
	}
	for _, s := range []*legacyStorage{f.Storage, f.MigratedFrom} {
		if s != nil && inStore(event.S3, s.Endpoint, o) {
			if d = s.state(o); d.Check {
				return d
			}
		}
	}
	return d
}

// storeOf is where a backend keeps its states.
func storeOf(backend string) event.Store {
	switch backend {
	case "gcs":
		return event.GCS
	case "azurerm":
		return event.Azure
	}
	return event.S3
}

// state decides on an object where the backend has its states.
func (f *terraformFilter) state(o event.ObjectCreated, b *stateBackend) Decision {
	if d := checkUnlessVar(objectKey, o.String(), "env_name", f.EnvName, "key", b.Key, "prefix", b.Prefix,
		"workspace_key_prefix", b.WorkspaceKeyPrefix); d.Rule == uncertainVar {
		return d
	}
	if !f.isState(path.Clean(o.Key), b) {
		return Skip(objectKey, "%s, which is not the state of env_name %s", o, f.EnvName)
	}
	return Check(objectKey, "%s is a state", o)
}

// isState reports whether an object's key is that of the environment's state, or of any environment's. The names are those of
// https://github.com/hashicorp/terraform/tree/main/internal/backend/remote-state: s3/backend_state.go, gcs/backend_state.go and
// azure/backend_state.go.
func (f *terraformFilter) isState(key string, b *stateBackend) bool {
	switch f.BackendType {
	case "gcs":
		folder := path.Clean(b.Prefix + "/")
		if f.EnvName != "" {
			return key == strings.TrimPrefix(path.Join(b.Prefix, f.EnvName+".tfstate"), "/")
		}
		return path.Dir(key) == cmp.Or(strings.Trim(folder, "/"), ".") && strings.HasSuffix(key, ".tfstate")
	case "azurerm":
		own := path.Clean(b.Key)
		switch f.EnvName {
		case "":
			return key == own || strings.HasPrefix(key, own+"env:")
		case "default":
			return key == own
		}
		return key == own+"env:"+f.EnvName
	}
	prefix, own := cmp.Or(b.WorkspaceKeyPrefix, "env:"), path.Clean(b.Key)
	switch f.EnvName {
	case "":
		return key == own || strings.HasSuffix(key, "/"+own) && (prefix == "." || strings.HasPrefix(key, path.Clean(prefix)+"/"))
	case "default":
		return key == own
	}
	return key == path.Join(prefix, f.EnvName, b.Key)
}

// state decides on an object in the bucket of the resource's own storage: the newest state below the path is the version.
func (s *legacyStorage) state(o event.ObjectCreated) Decision {
	switch {
	case HasVar(s.BucketPath):
		return checkUnlessVar(objectKey, o.String(), "bucket_path", s.BucketPath)
	case strings.HasPrefix(o.Key, s.BucketPath) && strings.Contains(o.Key, ".tfstate"):
		return Check(objectKey, "%s is a state below bucket_path", o)
	}
	return Skip(objectKey, "%s, which is no state below bucket_path %s", o, s.BucketPath)
}
